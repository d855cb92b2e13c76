# SPDX-License-Identifier: Apache-2.0
"""A few tiny hosts whose software a policy can turn over again and again, so that every run has something to do."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.chroot import ChrootRuntime
from tests.lab.hosts import Host, Lab
from tests.lab.office import enforce_everything
from tests.lab.repository import Deb, build_repository
from tests.lab.workspace import assemble_workspace
from zhengban.ledger import Ledger

SEATS = "COM-1901", "COM-2301"
DEBS = (
    Deb(name="draw-2019", version="19.1", relations={"Depends": "libdraw"}),
    Deb(name="draw-2023", version="23.0", relations={"Depends": "libdraw, draw-fonts", "Conflicts": "draw-2019"}),
    Deb(name="libdraw", version="1.0"),
    Deb(name="draw-fonts", version="1.0"),
    # dpkg is at work long enough for a signal to find it there.
    Deb(name="archiver", version="9.20", scripts=dict.fromkeys(("postinst", "prerm"), "#!/bin/sh\nsleep 0.2\n")),
)

# The states of draw 2019, draw 2023 and the archiver by goal: what the policy wants on every computer.
GOALS: Mapping[str, tuple[str, str, str]] = {
    "2019": ("required", "forbidden", "required"),
    "2023": ("allowed", "allowed", "forbidden"),
    "nothing": ("forbidden", "forbidden", "forbidden"),
}
_SOFTWARE = """\
software:
- {{name: Debian, number: FREE-0001, type: free, category: os, vendor: Debian, made_in: foreign,
   packages: [{{manager: platform, name: debian, versions: ">=12, <13"}}]}}
- name: 制图软件
  version: "2019"
  type: commercial
  category: other
  lots: [{{number: COM-1901, quantity: {seats}}}]
  packages: [{{manager: dpkg, name: draw-2019}}]
  state: {goal[0]}
- name: 制图软件
  version: "2023"
  type: commercial
  category: other
  lots: [{{number: COM-2301, quantity: {seats}}}]
  packages: [{{manager: dpkg, name: draw-2023}}]
  state: {goal[1]}
- {{name: 归档, number: FREE-0002, type: free, category: other, packages: [{{manager: dpkg, name: archiver}}],
   state: {goal[2]}}}
"""
_UPGRADES = """\
upgrades:
- {software: 制图软件, from: "2019", to: "2023", request: REQ-2026-0001, rollout: [{percent: 100, from: 2026-01-01}]}
"""
_OURS = frozenset(deb.name for deb in DEBS)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Hosts that start with none of our packages, and the workspace that holds them."""

    root: Path
    hosts: Mapping[str, Host]
    environment: Mapping[str, str] = field(repr=False)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.root / "ledger")

    def journal(self, number: str) -> bytes:
        """What the host of a computer has in its journal, read from outside: it costs no process."""
        try:
            return self._state(number).joinpath("journal.jsonl").read_bytes()
        except FileNotFoundError:
            return b""

    def lock_files(self) -> list[Path]:
        """Every file somebody may hold a lock on: the ledger's, and one on each host."""
        return [*self.root.glob("ledger/.locks/*"), *(self._state(number) / "lock" for number in self.hosts)]

    def _state(self, number: str) -> Path:
        pid = self.hosts[number].handle.partition(":")[0]
        return Path(f"/proc/{pid}/root/var/lib/zhengban")

    def aim_for(self, goal: str) -> None:
        """Write the policy that wants ``goal`` on every computer."""
        software = _SOFTWARE.format(goal=GOALS[goal], seats=len(self.hosts))
        (self.root / "policies" / "software.yml").write_text(software, encoding="utf-8")
        upgrades = _UPGRADES if goal == "2023" else "upgrades: []\n"
        (self.root / "policies" / "upgrades.yml").write_text(upgrades, encoding="utf-8")

    def start(self, playbook: str, *options: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a playbook in a process group of its own, its output in ``ansible.log`` beside the workspace."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                ["ansible-playbook", "-i", "inventories/hosts.yml", playbook, *options],
                cwd=self.root,
                env={**self.environment, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, playbook: str, *options: str) -> tuple[int, str]:
        """Run a playbook to its end: its exit code and what it said."""
        return self.start(playbook, *options).wait(timeout=300), self.said()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def log(self) -> Path:
        return self.root.with_name("ansible.log")

    def packages(self) -> dict[tuple[str, str], str]:
        """Version by (computer, package) of everything of ours that is on the hosts now."""
        return {
            (number, name): version
            for number, host in self.hosts.items()
            for name, version in host.packages().items()
            if name in _OURS
        }

    def choose_goal(self, chance: random.Random) -> str:
        """One of the goals that give the most computers something to do."""
        there = {number: set[str]() for number in self.hosts}
        for number, name in self.packages():
            there[number].add(name)
        work = {
            "2019": sum(not {"draw-2019", "archiver"} <= names for names in there.values()),
            "2023": sum("draw-2019" in names for names in there.values()),
            "nothing": sum(bool(names) for names in there.values()),
        }
        return chance.choice([goal for goal, count in work.items() if count == max(work.values())])


def start_lab() -> Lab:
    """A lab of the lightest hosts there are: 200 runs have to be cheap.

    Raises:
        LabUnavailable: this machine cannot make them (they need root).
    """
    runtime = ChrootRuntime()
    runtime.prepare()
    return Lab(runtime)


def build_fleet(lab: Lab, directory: Path, environment: Mapping[str, str], *, size: int) -> Fleet:
    """Start ``size`` hosts and put a workspace over them below ``directory``."""
    numbers = [f"PC-{index:04}" for index in range(1, size + 1)]
    repository = build_repository(directory / "repository", DEBS)
    started = lab.start([number.lower() for number in numbers], repository=repository)
    hosts = dict(zip(numbers, started, strict=True))
    root = assemble_workspace(directory / "workspace", lab=lab, computers=hosts)
    shutil.rmtree(root / "policies" / "tests")
    for name in ("commercial", "free", "oem", "forbidden", "exceptions"):
        (root / "policies" / f"{name}.yml").unlink()
    enforce_everything(root, actions={"forbidden": "remove", "missing_required": "install", "upgrade_due": "upgrade"})
    fleet = Fleet(
        root=root,
        hosts=hosts,
        environment={
            **environment,
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_FORKS": str(size),
            "PATH": os.pathsep.join([environment["PATH"], "/usr/sbin", "/sbin"]),
        },
    )
    fleet.aim_for("nothing")
    return fleet
