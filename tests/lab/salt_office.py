# SPDX-License-Identifier: Apache-2.0
"""The example office, some of whose computers are minions of one real master."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zhengban.ledger import Ledger
from zhengban.model.record import BookedRecord

from .hosts import Host
from .office import DEBS, enforce_everything
from .repository import Deb, build_repository
from .salt import SaltLab
from .workspace import assemble_workspace

# dpkg is at work long enough for us to find it there.
SLOW = Deb(name="slow-tool", version="1.0", scripts={"prerm": "#!/bin/sh\nsleep 3\n"})
UNLISTED = "/srv/repo/libsteam-runtime_1.0.0.79_all.deb"
PACKAGE = "dpkg:libsteam-runtime:all"
BEACON = {"beacons": {"zhengban": [{"interval": 1}]}}
ENGINE = {"engines": [{"zhengban": {}}]}
REACTOR = {
    "reactor": [
        {"salt/beacon/*/zhengban/changed": ["salt://zhengban/reactor/changed.sls"]},
        {"salt/minion/*/start": ["salt://zhengban/reactor/started.sls"]},
    ]
}


class SaltOffice:
    """The example office, five of whose computers are minions."""

    def __init__(self, lab: SaltLab, workspace: Path, hosts: dict[str, Host]) -> None:
        self.lab = lab
        self.workspace = workspace
        self.hosts = hosts
        self._expected: dict[str, int] = {}

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.workspace / "ledger")

    def records(self, number: str, package: str = PACKAGE) -> list[BookedRecord]:
        return [
            booked
            for booked in self.ledger.all_records()
            if (booked.record.computer, booked.record.package) == (number, package)
        ]

    def run(self, function: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        code, answer = self.lab.salt_run(f"zhengban.{function}", *arguments)
        assert answer["retcode"] == code
        return code, answer

    def states(self, function: str, *arguments: str) -> dict[str, str]:
        _code, answer = self.run(function, *arguments)
        return {number: look["state"] for number, look in answer["computers"].items()}

    def install(self, number: str) -> None:
        """What a user does on their own: a package that nobody has approved."""
        self._expected[number] = len(self.records(number)) + 1
        self.hosts[number].run(["dpkg", "-i", UNLISTED], check=True)

    def has(self, number: str, name: str = "libsteam-runtime") -> bool:
        return name in self.hosts[number].packages()

    def wait_for_removal(self, *numbers: str) -> None:
        """Wait until what :meth:`install` put there is gone and recorded, once."""
        self.lab.wait_for(
            lambda: all(len(self.records(number)) >= self._expected[number] for number in numbers),
            "it is removed and recorded",
        )
        assert {number: len(self.records(number)) for number in numbers} == {
            number: self._expected[number] for number in numbers
        }
        assert not any(self.has(number) for number in numbers)

    def restart_master(self, **settings: object) -> None:
        self.lab.kill(self.lab.master)
        self.lab.start_master(**settings)
        self.lab.wait_for_minions([host.name for host in self.hosts.values()])

    def content(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.workspace.rglob("*") if path.is_file()}


@contextmanager
def open_office(shared: Path, numbers: Sequence[str]) -> Iterator[SaltOffice]:
    """Start a master and a minion for each of these computers of the example, which enforce everything.

    Minions have what ``zhengban salt install`` lays out and ``saltutil.sync_all`` brings, and watch for changes.

    Raises:
        LabUnavailable: this machine cannot.
    """
    (shared / "salt").mkdir()
    install = [sys.executable, "-m", "zhengban.cli.main", "salt", "install", "--file-root", str(shared / "salt")]
    subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    repository = build_repository(shared / "repository", (*DEBS, SLOW))
    workspace = shared / "workspace"
    with SaltLab(shared, master={"zhengban": {"workspace": str(workspace), "timeout_seconds": 4}}) as lab:
        lab.start_master()
        names = [f"{number.lower()}.office.local" for number in numbers]
        hosts = dict(zip(numbers, lab.start_minions(names, repository=repository, settings=BEACON), strict=True))
        synced = lab.salt(names, "saltutil.sync_all")
        assert all("modules.zhengban" in answer["modules"] for answer in synced.values())
        assemble_workspace(workspace, lab=lab.lab, computers=hosts)
        enforce_everything(workspace)
        yield SaltOffice(lab, workspace, hosts)
