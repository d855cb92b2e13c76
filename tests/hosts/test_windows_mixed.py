# SPDX-License-Identifier: Apache-2.0
"""One policy, one play, one ledger and one report for a Debian, an RPM and a Windows-like host."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.hosts.conftest import Office
from tests.hosts.test_rpm import DESKTOP_RPMS, SIGNED, UNSIGNED, allow_rpms
from tests.lab.hosts import Lab
from tests.lab.office import build_office_repository, furnish
from tests.lab.rpm import RPM, Key, build_repository, dnf, make_rpm_host, rpms
from tests.lab.windows.hosts import WindowsLab
from tests.lab.windows.workspace import KAV, THUNDER, WPS_OLD


def test_one_policy_governs_all(
    lab: Lab,
    windows_lab: WindowsLab,
    windows_office: Callable[..., Office],
    tmp_path: Path,
) -> None:
    repository = build_office_repository(tmp_path / "repository")
    with Key() as key:
        build_repository(repository, UNSIGNED, signed=SIGNED, key=key)
    (debian,) = lab.start(("pc-0001",), repository=repository)
    (rpm,) = lab.start(("pc-0011",), repository=repository, recipe=RPM)
    (windows,) = windows_lab.start(("pc-0002",))
    furnish({debian: ("wps-office=11.1.0.9000", "xunlei-thunder")})
    dnf(make_rpm_host(rpm), "install", *DESKTOP_RPMS)
    windows.install(WPS_OLD, THUNDER)
    here = windows_office(windows_lab, {"PC-0002": windows}, lab=lab, others={"PC-0001": debian, "PC-0011": rpm})
    allow_rpms(here.workspace, key)

    run = here.run("zhengban.baseline.enforce")
    assert run.code == 0, run.output
    assert here.ledger.verify() == ()
    changes = {
        (item.record.computer, item.book, item.record.action, item.record.package, item.record.version)
        for item in here.ledger.all_records()
        if item.record.quantity and item.book.startswith("COM")
    }
    wps, kav = f"windows:{WPS_OLD.name}:x64", f"windows:{KAV.name}:x64"
    wps_rpm = "rpm:wps-office:noarch"
    assert changes == {
        ("PC-0001", "COM-0001", "uninstall", "dpkg:wps-office:all", "11.1.0.9000"),
        ("PC-0001", "COM-0001", "install", "dpkg:wps-office:all", "11.1.0.11719"),
        ("PC-0001", "COM-0003", "install", "dpkg:kav-endpoint:all", "9.2"),
        ("PC-0011", "COM-0001", "uninstall", wps_rpm, "1:11.1.0.9000-1"),
        ("PC-0011", "COM-0001", "install", wps_rpm, "1:11.1.0.11719-1"),
        ("PC-0011", "COM-0003", "install", "rpm:kav-endpoint:noarch", "9.2-1"),
        ("PC-0002", "COM-0001", "uninstall", wps, "11.1.9000"),
        ("PC-0002", "COM-0001", "install", wps, "11.1.11719"),
        ("PC-0002", "COM-0003", "install", kav, "9.2"),
    }
    assert "xunlei-thunder" not in debian.packages()
    assert "xunlei-thunder" not in rpms(rpm)
    assert windows.entries() & {THUNDER.key} == set()

    again = here.run("zhengban.baseline.enforce")
    assert again.code == 0, again.output
    assert "changed=1" not in again.output
    assert {host: plan["verdict"] for host, plan in again.plans.items()} == dict.fromkeys(
        ("pc-0001", "pc-0002", "pc-0011"), "compliant"
    )
    command = [str(Path(sys.executable).with_name("zhengban")), "report", "form", "8"]
    report = subprocess.run(command, cwd=here.workspace, capture_output=True, text=True)
    assert report.returncode == 0, report.stderr
    rows = [line.split(",") for line in report.stdout.splitlines()]
    assert {(row[3], row[5]) for row in rows if len(row) > 5 and row[5].startswith("COM-")} == {
        (number, software) for number in ("PC-0001", "PC-0002", "PC-0011") for software in ("COM-0001", "COM-0003")
    }
