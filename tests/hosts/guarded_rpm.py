# SPDX-License-Identifier: Apache-2.0
"""A real RPM host with the guard on it: its policy, and its packages."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.golden.workspace import make_workspace
from tests.hosts.guarded import STATE, OnGuard, table_of
from tests.lab.hosts import Host
from tests.lab.rpm import Package, make_rpm_host, rpms
from zhengban.host.guard_way import Way
from zhengban.model.record import History, Holding

POLICY = """\
baseline:
  name: office
  mode: enforce
  protect: [openssh-server]
  guard: {{mode: {mode}, message: "请联系信息中心 0871-0000000"}}
software:
- {{name: Approved, number: FREE-0002, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{{manager: rpm, name: approved, versions: ">=1, <2"}}]}}
- {{name: Signed, number: FREE-0003, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{{manager: rpm, name: signed, signer: "{signer}"}}]}}
- {{name: Required, number: FREE-0004, type: free, category: other, vendor: Lab, made_in: domestic, state: required,
   packages: [{{manager: rpm, name: required}}]}}
- {{name: Recorded, number: FREE-0005, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{{manager: rpm, name: recorded}}, {{manager: rpm, name: swap}}]}}
- {{name: Many, number: FREE-0006, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{{manager: rpm, name: "many*"}}]}}
- {{name: Paint, version: "2019", type: commercial, category: other, vendor: Lab, made_in: domestic,
   lots: [{{number: COM-0001, acquired: gift, quantity: 5}}],
   packages: [{{manager: rpm, name: paint, versions: "<2"}}]}}
- {{name: Paint, version: "2023", type: commercial, category: other, vendor: Lab, made_in: domestic,
   lots: [{{number: COM-0002, acquired: gift, quantity: 5}}],
   packages: [{{manager: rpm, name: paint, versions: ">=2"}}]}}
- {{name: Forbidden, type: free, category: other, state: forbidden, packages: [{{manager: rpm, name: forbidden}}]}}
"""
SIGNED = (Package(name="signed"), Package(name="vendor-app", relations=(("Requires", "signed"),)))
PACKAGES = (
    # Another repository's package of the same name, which nobody has signed.
    Package(name="signed", version="2.0-1"),
    Package(name="approved", relations=(("Requires", "dep"), ("Requires", "/usr/share/lab/filed.txt"))),
    Package(name="approved", version="1.5-1", relations=(("Requires", "libdeep.so.1"),)),
    Package(name="approved", version="2.0-1"),
    Package(name="dep", arch="x86_64", relations=(("Requires", "libdeep.so.1"),)),
    Package(name="deeper", relations=(("Provides", "libdeep.so.1"),)),
    Package(name="deeper", version="1.1-1", relations=(("Provides", "libdeep.so.1"),)),
    Package(name="filed"),
    Package(name="unlisted", relations=(("Requires", "follower"),)),
    Package(name="unlisted", version="2.0-1", relations=(("Requires", "follower"),)),
    Package(name="follower", arch="x86_64"),
    Package(name="forbidden"),
    Package(name="required"),
    Package(name="required", version="1.1-1"),
    Package(name="recorded"),
    Package(name="swap", relations=(("Obsoletes", "recorded"),)),
    Package(name="paint"),
    Package(name="paint", version="2.0-1"),
    *(Package(name=name) for name in ("glibc-common", "python3-libs", "rpm-libs")),
    Package(name="kept"),
    Package(name="kept", version="0.5-1"),
    # The policy protects its name.
    Package(name="openssh-server"),
    *(Package(name=f"many{number}") for number in range(4)),
)
BEFORE = dict.fromkeys(("kept", "openssh-server", "paint", "recorded", "required"), "1.0-1")


BLOCKED = {
    "unlisted": ("install unlisted", "unlisted follower:x86_64"),
    "another signer": ("install signed-2.0", "unlisted signed:noarch"),
    "a private upgrade": ("upgrade paint", "private_upgrade paint:noarch"),
    "a downgrade": ("downgrade kept", "unlisted kept:noarch"),
    "a removal": ("remove required", "required required:noarch"),
}
"""What a person tries, and why it is blocked."""
DAMAGE = {
    "missing": (f"rm {STATE}/guard.json", "防护策略缺失"),
    "corrupt": (f"echo '{{' > {STATE}/guard.json", "防护策略损坏"),
}


def make_tables(folder: Path, signer: str) -> dict[str, str]:
    """The table of PC-0001 in each mode."""
    return {mode: table_text(folder / mode, mode=mode, signer=signer) for mode in ("enforce", "audit")}


def table_text(folder: Path, *, signer: str, mode: str = "enforce") -> str:
    """The table of PC-0001, with ``recorded`` and ``paint`` on record."""
    workspace = make_workspace(folder, POLICY.format(mode=mode, signer=signer))
    holdings = {
        ("PC-0001", f"rpm:{name}:noarch"): Holding(
            number=number, version="1.0-1", quantity=1, date=dt.date(2026, 11, 1)
        )
        for name, number in (("recorded", "FREE-0005"), ("paint", "COM-0001"))
    }
    return table_of(workspace, History(holdings=holdings))


class GuardedRpm(OnGuard):
    """An openEuler host with some of the packages on it."""

    manager = "rpm"
    doors: tuple[str, ...] = ("dnf",)
    program = "dnf"

    def __init__(self, host: Host, code: str) -> None:
        self._files = " ".join(f"/srv/repo/{name}-{version}.noarch.rpm" for name, version in BEFORE.items())
        make_rpm_host(host)
        super().__init__(host, code)
        self.sh(f"rpm -i {self._files}", check=True)

    def dnf(self, arguments: str, *, check: bool = False) -> subprocess.CompletedProcess[str]:
        """As a person with root rights would."""
        return self.sh(f"cd /srv/repo; SUDO_USER=alice {self.program} --quiet --assumeyes {arguments}", check=check)

    def check_passes(self, commands: Iterable[str], there: dict[str, str]) -> None:
        """One after the other passes, each on what the others left, and this is there at the end."""
        for command in commands:
            done = self.dnf(command)
            assert done.returncode == 0, command + done.stdout + done.stderr
        assert (rpms(self.host), self.attempts()) == (there, [])

    def check_blocked(self, command: str, reason: str) -> None:
        """A blocked person reads why and whom to ask, and that is on record."""
        done = self.dnf(command)
        assert (done.returncode, rpms(self.host)) == (1, BEFORE), done.stdout + done.stderr
        assert "已阻止" in done.stderr
        assert "请联系信息中心 0871-0000000" in done.stderr
        assert "zhengban request new --computer PC-0001" in done.stderr
        (attempt,) = self.attempts()
        assert (attempt["door"], attempt["verdict"]) == (self.doors[0], "blocked")
        assert attempt["sudo_user"] == "alice"
        assert attempt["reasons"].startswith(reason)
        assert command in attempt["command"]

    def check_only_recorded(self, audit: str) -> None:
        """An opening and audit mode record once what would be blocked."""
        door = self.doors[0]
        self.sh("zhengban-guard open --minutes 5 --reason x", check=True)
        self.dnf("install unlisted", check=True)
        self.sh("zhengban-guard close", check=True)
        assert self.dnf("install forbidden").returncode == 1
        assert self.install(audit)["doors"][door] == "recorded"
        assert "已记录" in self.dnf("install forbidden", check=True).stderr
        assert [(one["door"], one["verdict"]) for one in self.attempts()] == [
            ("break-glass", "opened"),
            (door, "open"),
            ("break-glass", "closed"),
            (door, "blocked"),
            (door, "audit"),
        ]

    def check_only_repairs(self, damage: str, said: str) -> None:
        """Without a table that can be used what repairs the host passes, and nothing else."""
        self.sh(damage, check=True)
        done = self.dnf("install many1")
        assert (done.returncode, said in done.stderr) == (1, True)
        assert self.dnf("remove kept").returncode == 1
        self.dnf("install glibc-common", check=True)

    def check_removal_is_clean(self, table: str) -> None:
        """The guard that is there stays as it is, and nothing of it stays behind."""
        find = "find / -xdev -name '*zhengban*' -not -path '/opt/*' -not -path '*/__pycache__/*' | sort"
        assert self.install(table)["changed"] is False
        assert self.remove()["doors"] == {}
        assert self.sh(find).stdout == f"{STATE}\n"
        left = self.sh(f"ls {STATE}").stdout.split()
        assert [name for name in left if name.startswith("guard")] == []
        self.dnf("install follower", check=True)

    def try_ways(self, table: str, ways: Iterable[Way]) -> dict[str, dict[str, str]]:
        """What became of each way past the guard; nothing of the test stays."""
        self.shut(table)
        before = rpms(self.host)
        test = self.try_doors()
        assert "error" not in test, test
        assert (test["left"], rpms(self.host)) == ([], before)
        assert (self.status()["table"], self.status()[self.doors[0]]) == ("ok", "shut")
        assert [row["way"] for row in test["ways"]] == [way.name for way in ways]
        return {row["way"]: row for row in test["ways"]}

    def restore(self) -> None:
        """What was installed goes away again, past every plugin."""
        there = rpms(self.host)
        if there != BEFORE:
            came = " ".join(sorted(there.keys() - BEFORE.keys()))
            self.sh(f"rpm -e --nodeps {came}; rpm -U --oldpackage --force --nodeps {self._files}")
        assert rpms(self.host) == BEFORE


class GuardedDnf5(GuardedRpm):
    """The same with dnf 5."""

    doors = ("dnf5",)
    program = "dnf5"
