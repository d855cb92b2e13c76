# SPDX-License-Identifier: Apache-2.0
"""How each computer is asked: through its minion, or, where it has none, over WinRM. Source: DESIGN 9."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from zhengban.model.errors import Refused, ZhengbanError
from zhengban.model.register import Computer
from zhengban.remote.access import AccessFile
from zhengban.remote.host import HostOverWinRM
from zhengban.run.guarding import State, order_guard, order_windows_guard
from zhengban.run.host import Host
from zhengban.run.workspace import Workspace
from zhengban.windows.guard_journal import GuardError

from .guards import GuardLook, read_answer
from .minions import HostOverSalt, Minions

Header = Mapping[str, Any] | ZhengbanError


class Ways:
    """The ways to the computers of one workspace.

    Args:
        access: says how those without a minion are reached, None when there are none. Asked only for these: whoever
            looks at minions alone opens no vault.
        workspace: its directory, where the policy's installers lie.
    """

    def __init__(self, minions: Minions, access: Callable[[], AccessFile | None], workspace: Path) -> None:
        self._minions = minions
        self._access = access
        self._root = workspace

    def read_headers(
        self, computers: Iterable[Computer], *, outside: Mapping[str, Any] | None, test: bool
    ) -> dict[str, Header]:
        """The facts without packages of all computers that have a minion, by number, or why there are none."""
        numbers = {computer.names.minion: computer.number for computer in computers if computer.names.minion}
        question = {"header_only": True, "test": test, **({"outside": dict(outside)} if outside else {})}
        answers = self._minions.ask(list(numbers), "software_info", question)
        return {numbers[minion]: answer for minion, answer in answers.items()}

    def host(self, computer: Computer, *, header: Mapping[str, Any] | None = None, test: bool = False) -> Host:
        """A computer as the core asks it; for ``header`` and ``test`` see :class:`HostOverSalt`.

        Raises:
            InputError: the file does not say how it is reached.
        """
        if computer.names.minion:
            return HostOverSalt(self._minions, computer.names.minion, header=header, test=test)
        return self._windows(computer)

    def guard(
        self, workspace: Workspace, computer: Computer, state: State, *, test: bool, now: dt.datetime
    ) -> GuardLook:
        """Order the guard of one computer; with ``test``, nothing is changed.

        Raises:
            InputError, LedgerError: the policy, the register or the ledger cannot be used.
        """
        number, minion = computer.number, computer.names.minion
        if not minion:
            return self._guard_windows(workspace, computer, state, test=test, now=now)
        order = order_guard(workspace, computer, state, now=now)
        try:
            answer = HostOverSalt(self._minions, minion, test=test).guard(order.plain())
            return read_answer(number, minion, answer, mode=order.mode)
        except ZhengbanError as err:
            return GuardLook(computer=number, minion=minion, state="unread", reason=str(err))

    def _guard_windows(
        self, workspace: Workspace, computer: Computer, state: State, *, test: bool, now: dt.datetime
    ) -> GuardLook:
        number = computer.number
        try:
            order = order_windows_guard(workspace, computer, state, now=now)
        except Refused as err:
            return GuardLook(computer=number, minion="", state="refused", reason=str(err))
        host = self._windows(computer)
        try:
            change, doors = host.guard(order.guard, order.identity, check=test)
        except GuardError as err:
            return GuardLook(computer=number, minion="", state="refused", reason=str(err))
        except ZhengbanError as err:
            return GuardLook(computer=number, minion="", state="unread", reason=str(err))
        return GuardLook(
            computer=number,
            minion="",
            state="unchanged" if not change.changes else "planned" if test else "done",
            reason="it takes effect after a restart" if change.needs_restart else "",
            mode=order.mode,
            changes=tuple(change.changes),
            doors=doors,
        )

    def _windows(self, computer: Computer) -> HostOverWinRM:
        # select_targets lets no computer pass that neither has a minion nor is in the file.
        access = self._access()
        assert access is not None, computer.number
        return HostOverWinRM(access.of(computer), self._root, now=lambda: dt.datetime.now(dt.UTC))
