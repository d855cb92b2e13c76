# SPDX-License-Identifier: Apache-2.0
"""The directory of one organisation: where everything lies, and what is decided in it, loaded once.

Source: DESIGN 2.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from zhengban.documents.suggestion import suggest
from zhengban.ledger.files import make_directory, replace_file
from zhengban.ledger.ledger import Ledger
from zhengban.ledger.locks import wait_for
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Policy
from zhengban.model.record import History
from zhengban.model.register import Computer, Register
from zhengban.policy.compile import PolicyCompiler
from zhengban.policy.load import load_policy
from zhengban.register.load import load_register

# Longer than any arming lasts: what may still be carried out, or still counts against a limit, is never removed.
KEPT_DAYS = 7


class Workspace:
    """One organisation's files. Making the object reads nothing; what is loaded is loaded once.

    Raises:
        InputError: the directory is not a workspace, or (on first use) its policy or register is wrong.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()
        missing = [name for name in ("policies", "inventories/register") if not (self.root / name).is_dir()]
        if missing:
            raise InputError(
                [
                    Problem(
                        file=str(self.root),
                        message=f"not a workspace: it has no {' and no '.join(missing)}",
                        hint="name one with --workspace or ZHENGBAN_WORKSPACE, or make one with `zhengban init`",
                    )
                ]
            )

    @cached_property
    def register(self) -> Register:
        return load_register(self.root)

    @cached_property
    def policy(self) -> Policy:
        return load_policy(self.root, self.register)

    @cached_property
    def compiler(self) -> PolicyCompiler:
        return PolicyCompiler(self.policy, self.register)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.root / "ledger")

    def history(self, now: dt.datetime) -> History:
        """What the ledger knows at this moment, losses over the policy's window."""
        hours = self.policy.baseline.limits.window_hours
        return self.ledger.history(now=now, window_hours=hours, armed_dir=self.armed_dir)

    def computer_named(self, name: str) -> Computer:
        """The register's row for a computer number or an Ansible host name.

        Raises:
            InputError: no such computer; a host without a computer gets no action.
        """
        register = self.register
        computer = register.computer_by_number.get(name) or register.computer_by_ansible_name.get(name)
        if computer is None:
            raise InputError(
                [
                    Problem(
                        file="inventories/register/computers.yml",
                        message=f"no computer has the number or the Ansible name {name!r}",
                        hint=suggest(name, (*register.computer_by_number, *register.computer_by_ansible_name)),
                    )
                ]
            )
        return computer

    @property
    def armed_dir(self) -> Path:
        return self.root / "plans" / "armed"

    def facts_file(self, computer: str) -> Path:
        return self.root / "facts" / f"{_file_name(computer)}.json"

    def simulations_file(self, computer: str) -> Path:
        return self.root / "facts" / "simulations" / f"{_file_name(computer)}.json"

    def doors_file(self, computer: str) -> Path:
        return self.root / "facts" / "doors" / f"{_file_name(computer)}.json"

    def plan_file(self, computer: str, plan_hash: str) -> Path:
        return self.root / "plans" / _file_name(computer) / f"{quote(plan_hash, safe='')}.json"


def stamp_of(root: Path) -> tuple[tuple[str, int, int], ...]:
    """What shows that a file of policy or register was edited: names, times and sizes, not contents."""
    files = sorted(path for part in ("policies", "inventories/register") for path in (root / part).rglob("*.yml"))
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)


def write_cache(path: Path, content: bytes) -> None:
    """Write a cache file whole or not at all, and onto the disk: an armed run is one of them."""
    make_directory(path.parent)
    # Two runs may look at one computer at the same time, and the temporary file has one name.
    with wait_for(path.parent / ".lock"):
        replace_file(path, content)


def prune(folder: Path, *, now: dt.datetime) -> None:
    """Remove a folder's plans or armed runs that were last written more than :data:`KEPT_DAYS` ago."""
    oldest = (now - dt.timedelta(days=KEPT_DAYS)).timestamp()
    for path in folder.glob("*.json"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _file_name(computer: str) -> str:
    # plans/armed/ is taken; everything else that quote() leaves is a name of its own.
    return "%61rmed" if computer == "armed" else quote(computer, safe="")
