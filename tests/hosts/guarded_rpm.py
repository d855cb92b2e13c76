# SPDX-License-Identifier: Apache-2.0
"""A real RPM host with the guard on it: its policy, and its packages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.golden.workspace import make_workspace
from tests.hosts.guarded import OnGuard, table_of
from tests.lab.hosts import Host
from tests.lab.rpm import Package, make_rpm_host, rpms
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
    doors = ("dnf",)

    def __init__(self, host: Host, code: str) -> None:
        self._files = " ".join(f"/srv/repo/{name}-{version}.noarch.rpm" for name, version in BEFORE.items())
        make_rpm_host(host)
        super().__init__(host, code)
        self.sh(f"rpm -i {self._files}", check=True)

    def restore(self) -> None:
        """What was installed goes away again, past every plugin."""
        there = rpms(self.host)
        if there != BEFORE:
            came = " ".join(sorted(there.keys() - BEFORE.keys()))
            self.sh(f"rpm -e --nodeps {came}; rpm -U --oldpackage --force --nodeps {self._files}")
        assert rpms(self.host) == BEFORE
