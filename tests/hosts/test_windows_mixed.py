# SPDX-License-Identifier: Apache-2.0
"""One policy, one play and one ledger for a Debian and a Windows-like host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.hosts.conftest import Office
from tests.lab.hosts import Lab
from tests.lab.office import furnish
from tests.lab.windows.hosts import WindowsLab
from tests.lab.windows.workspace import KAV, THUNDER, WPS_OLD


def test_one_policy_governs_both(
    lab: Lab,
    windows_lab: WindowsLab,
    office_repository: Path,
    windows_office: Callable[..., Office],
) -> None:
    (debian,) = lab.start(("pc-0001",), repository=office_repository)
    (windows,) = windows_lab.start(("pc-0002",))
    furnish({debian: ("wps-office=11.1.0.9000", "xunlei-thunder")})
    windows.install(WPS_OLD, THUNDER)
    here = windows_office(windows_lab, {"PC-0002": windows}, lab=lab, debian={"PC-0001": debian})

    run = here.run("zhengban.baseline.enforce")
    assert run.code == 0, run.output
    assert here.ledger.verify() == ()
    changes = {
        (item.record.computer, item.book, item.record.action, item.record.package, item.record.version)
        for item in here.ledger.all_records()
        if item.record.quantity and item.book.startswith("COM")
    }
    wps, kav = f"windows:{WPS_OLD.name}:x64", f"windows:{KAV.name}:x64"
    assert changes == {
        ("PC-0001", "COM-0001", "uninstall", "dpkg:wps-office:all", "11.1.0.9000"),
        ("PC-0001", "COM-0001", "install", "dpkg:wps-office:all", "11.1.0.11719"),
        ("PC-0001", "COM-0003", "install", "dpkg:kav-endpoint:all", "9.2"),
        ("PC-0002", "COM-0001", "uninstall", wps, "11.1.9000"),
        ("PC-0002", "COM-0001", "install", wps, "11.1.11719"),
        ("PC-0002", "COM-0003", "install", kav, "9.2"),
    }
    assert "xunlei-thunder" not in debian.packages()
    assert windows.entries() & {THUNDER.key} == set()

    again = here.run("zhengban.baseline.enforce")
    assert again.code == 0, again.output
    assert "changed=1" not in again.output
    assert {plan["verdict"] for plan in again.plans.values()} == {"compliant"}
