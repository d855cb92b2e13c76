# SPDX-License-Identifier: Apache-2.0
"""The main job on Windows-like hosts, four at a time, through Ansible's own winrm connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from tests.hosts.conftest import Office
from tests.hosts.test_enforce import content_of
from tests.lab.windows.hosts import WindowsHost, WindowsLab
from tests.lab.windows.products import Entry, Product
from tests.lab.windows.workspace import (
    KAV,
    LATE,
    PRINTING,
    RUNTIME,
    THUNDER,
    TODESK,
    UPDATE,
    WPS,
    WPS_OLD,
    WUKONG,
)

FURNITURE: dict[str, tuple[Product | Entry, ...]] = {
    "PC-0001": (WPS_OLD, WUKONG, THUNDER, UPDATE),
    "PC-0002": (WPS, TODESK, RUNTIME),
    "PC-0003": (PRINTING, LATE),
    "PC-0004": (WPS, KAV, UPDATE),
}
KAV_REF = f"windows:{KAV.name}:x64"
# The one account Wine has.
USERS = f"windows:{TODESK.name}:S-1-5-21-0-0-0-1000"
COMPONENT = "windows:Visual C++ 运行库:x64"


@pytest.fixture(scope="module")
def hosts(windows_lab: WindowsLab) -> Iterator[dict[str, WindowsHost]]:
    started = windows_lab.start([number.lower() for number in FURNITURE], secure=["pc-0004"])
    windows_lab.build([item for items in FURNITURE.values() for item in items if not isinstance(item, Entry)])
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(furnish, started, FURNITURE.values()))
    yield dict(zip(FURNITURE, started, strict=True))


def furnish(host: WindowsHost, items: tuple[Product | Entry, ...]) -> None:
    for item in items:
        host.add_entry(item) if isinstance(item, Entry) else host.install(item)


def installed(here: Office, number: str) -> dict[str, str]:
    """Name and version of what the kept facts say is installed."""
    document = yaml.safe_load((here.workspace / "facts" / f"{number}.json").read_text(encoding="utf-8"))
    return {row[1]: row[2] for row in document["packages"]}


def test_four_hosts_from_audit_to_the_second_run(
    windows_lab: WindowsLab, hosts: dict[str, WindowsHost], windows_office: Callable[..., Office]
) -> None:
    here = windows_office(windows_lab, hosts)
    before = {number: host.entries() | host.entries(bits=32) for number, host in hosts.items()}

    untouched = content_of(here.workspace)
    check = here.run("zhengban.baseline.enforce", "--check", "--diff")
    assert check.code == 0, check.output
    assert content_of(here.workspace) == untouched, "check mode wrote into the workspace"
    assert {number: host.entries() | host.entries(bits=32) for number, host in hosts.items()} == before
    assert f"-windows:{WUKONG.name}:x64 3.2.1" in check.output
    planned = {
        host: {(item["kind"], item["name"], item["old"], item["new"]) for item in plan["actions"]}
        for host, plan in check.plans.items()
    }
    assert planned == {
        "pc-0001": {
            ("upgrade", WPS.name, "11.1.9000", "11.1.11719"),
            ("remove", WUKONG.name, "3.2.1", ""),
            ("remove", THUNDER.name, "12.0", ""),
            ("install", KAV.name, "", "9.2"),
        },
        "pc-0002": {("install", KAV.name, "", "9.2")},
        "pc-0003": {
            ("remove", PRINTING.name, "2.0.1", ""),
            ("remove", LATE.name, "1.0", ""),
            ("install", KAV.name, "", "9.2"),
        },
        "pc-0004": set(),
    }
    refusals = {item["package"]: item["reason"] for item in check.plans["pc-0002"]["refusals"]}
    assert "installed for one user" in refusals[USERS]
    assert refusals[COMPONENT].startswith("it is a component")

    enforce = here.run("zhengban.baseline.enforce")
    assert enforce.code == 0, enforce.output
    assert enforce.hashes == check.hashes
    assert installed(here, "PC-0001") == {WPS.name: "11.1.11719", KAV.name: "9.2", "安全更新 (KB5031356)": "1"}
    assert installed(here, "PC-0002") == {
        WPS.name: "11.1.11719",
        KAV.name: "9.2",
        "ToDesk": "4.7",
        "Visual C++ 运行库": "14.3",
    }
    assert installed(here, "PC-0003") == {KAV.name: "9.2"}
    assert hosts["PC-0003"].entries(bits=32) == set()
    assert not any((hosts["PC-0001"].drive / "Program Files" / "zhengban").iterdir()), "a copy of an installer stays"

    recorded = {
        (item.book, item.record.action, item.record.package, item.record.version) for item in here.records("PC-0001")
    }
    assert recorded == {
        ("COM-0001", "uninstall", f"windows:{WPS.name}:x64", "11.1.9000"),
        ("COM-0001", "install", f"windows:{WPS.name}:x64", "11.1.11719"),
        ("COM-0003", "install", KAV_REF, "9.2"),
        ("UNLISTED", "uninstall", f"windows:{WUKONG.name}:x64", "3.2.1"),
        ("UNLISTED", "uninstall", f"windows:{THUNDER.name}:x64", "12.0"),
    }
    assert here.ledger.verify() == ()
    assert here.ledger.pending() == ()

    again = here.run("zhengban.baseline.enforce")
    assert again.code == 0, again.output
    assert "changed=1" not in again.output
    found = {host: {(item["code"], item["package"]) for item in plan["findings"]} for host, plan in again.plans.items()}
    assert found == {
        "pc-0001": set(),
        "pc-0002": {
            ("unlisted", USERS),
            ("unlisted", COMPONENT),
        },
        "pc-0003": {("no_pledge", "")},
        "pc-0004": set(),
    }

    commands = [event["line"] for host in hosts.values() for event in host.asked() if event["event"] == "command"]
    assert not any("powershell" in line.lower() for line in commands)
