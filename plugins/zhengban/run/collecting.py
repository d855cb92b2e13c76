# SPDX-License-Identifier: Apache-2.0
"""Facts of Windows computers over connections of our own, several side by side. Source: DESIGN 3, 9."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import msgspec

from zhengban.model.errors import ZhengbanError
from zhengban.model.register import Computer
from zhengban.remote.access import AccessFile
from zhengban.remote.connect import Unreachable
from zhengban.remote.host import HostOverWinRM

from .facts import ask_facts
from .threads import prepare_for_threads
from .workspace import Workspace

_SIDE_BY_SIDE = 8


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one computer; ``unread`` are its managers that were not, with why."""

    computer: str
    state: Literal["collected", "unreachable", "failed"]
    packages: int = 0
    unread: dict[str, str] = {}
    reason: str = ""


def collect_over_winrm(
    workspace: Workspace, computers: Iterable[Computer], access: AccessFile, *, now: dt.datetime
) -> tuple[Collected, ...]:
    """Ask these computers for their facts and keep them; sorted by number.

    Raises:
        InputError: the file says too little of one of them; nobody was asked.
    """
    ways = {computer.number: access.of(computer) for computer in computers}
    # By one thread, before the others want it.
    prepare_for_threads()
    _ = workspace.policy

    def collect(number: str) -> Collected:
        try:
            host = HostOverWinRM(ways[number], workspace.root, now=lambda: now)
            facts = ask_facts(workspace, number, host, now=now, keep=True)
        except Unreachable as err:
            return Collected(computer=number, state="unreachable", reason=str(err))
        except ZhengbanError as err:
            return Collected(computer=number, state="failed", reason=str(err))
        unread = {name: state.why for name, state in sorted(facts.managers.items()) if not state.read}
        return Collected(computer=number, state="collected", packages=len(facts.packages), unread=unread)

    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        return tuple(pool.map(collect, sorted(ways)))
