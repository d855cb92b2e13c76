# SPDX-License-Identifier: Apache-2.0
"""The main job on real hosts: what leaves, arrives and is upgraded, and what the ledger says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import DESKTOP, SERVER, furnish

MakeOffice = Callable[[Lab, Mapping[str, Host]], Office]


@pytest.fixture
def hosts(lab: Lab, office_repository: Path) -> dict[str, Host]:
    """A desktop and a server as the example furnishes them, new for each test."""
    started = lab.start(("pc-0001", "srv-0001"), repository=office_repository)
    furnish(dict(zip(started, (DESKTOP, SERVER), strict=True)))
    yield dict(zip(("PC-0001", "SRV-0001"), started, strict=True))
    for host in started:
        host.stop()


def content_of(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def expected_packages(before: dict[str, str], actions: list[dict[str, Any]]) -> dict[str, str]:
    after = {name: version for name, version in before.items() if name not in {item["name"] for item in actions}}
    return after | {item["name"]: item["new"] for item in actions if item["new"]}


def test_audit_check_enforce_again(lab: Lab, hosts: dict[str, Host], office: MakeOffice) -> None:
    here = office(lab, hosts)
    before = {number: host.packages() for number, host in hosts.items()}

    audit = here.run("zhengban.baseline.audit")
    assert audit.code == 0, audit.output
    assert {number: host.packages() for number, host in hosts.items()} == before

    untouched = content_of(here.workspace)
    check = here.run("zhengban.baseline.enforce", "--check", "--diff")
    assert check.code == 0, check.output
    assert content_of(here.workspace) == untouched, "check mode wrote into the workspace"
    assert check.hashes == audit.hashes
    assert "-dpkg:xunlei-thunder:all 1.0.4" in check.output

    enforce = here.run("zhengban.baseline.enforce")
    assert enforce.code == 0, enforce.output
    armed = enforce.results("Arm the whole run")["pc-0001"]
    assert armed["computers"] == {"PC-0001": check.hashes["pc-0001"], "SRV-0001": check.hashes["srv-0001"]}

    for number, host in hosts.items():
        actions = check.plans[host.name]["actions"]
        assert host.packages() == expected_packages(before[number], actions)
        recorded = sorted((booked.record.package, booked.record.version) for booked in here.records(number))
        assert recorded == sorted(
            (f"dpkg:{item['name']}:{item['arch']}", version)
            for item in actions
            for version in (item["old"], item["new"])
            if version
        )
    desktop = hosts["PC-0001"].packages()
    assert desktop["wps-fonts"] == "1.0", "a library that approved software needs must stay"
    assert not {"xunlei-thunder", "libxunlei-p2p", "steam-launcher", "libsteam-runtime", "steam-icons"} & set(desktop)
    assert here.ledger.verify() == ()

    again = here.run("zhengban.baseline.enforce")
    assert again.code == 0, again.output
    assert "changed=1" not in again.output
    assert [plan["verdict"] for plan in again.plans.values()] == ["compliant", "compliant"]


def test_roles_books_and_marks(lab: Lab, hosts: dict[str, Host], office: MakeOffice) -> None:
    """Followers count nothing and go with what they came for; upgraded automatic packages stay automatic."""
    here = office(lab, hosts)
    host = hosts["PC-0001"]
    host.run(["apt-mark", "auto", "wps-office"], check=True)
    host.run(["apt-mark", "manual", "wps-fonts"], check=True)
    run = here.run("zhengban.baseline.enforce", "--limit", "pc-0001")
    assert run.code == 0, run.output
    actions = {item["name"]: item for item in run.plans["pc-0001"]["actions"]}
    assert {name: item["role"] for name, item in actions.items()} == {
        "libsteam-runtime": "follower",
        "libxunlei-p2p": "follower",
        "steam-icons": "follower",
        "steam-launcher": "named",
        "xunlei-thunder": "named",
        "wps-office": "named",
        "kav-endpoint": "named",
        "kav-engine": "dependency",
        "libqtwps5": "dependency",
    }
    books = {(item.record.package.split(":")[1], item.record.action): item for item in here.records("PC-0001")}
    assert books["kav-engine", "install"].book == "COM-0003"
    assert books["libqtwps5", "install"].book == "COM-0001"
    assert books["libqtwps5", "install"].record.quantity == 0
    assert books["wps-office", "uninstall"].record.version == "11.1.0.9000"
    assert books["wps-office", "install"].record.version == "11.1.0.11719"
    assert books["kav-endpoint", "install"].record.user == "陈志强"
    automatic = set(host.run(["apt-mark", "showauto"], check=True).stdout.split())
    assert "wps-office" in automatic
    assert {"kav-engine", "libqtwps5"} <= automatic
    assert "kav-endpoint" not in automatic
    for book in (here.workspace / "ledger" / "books").iterdir():
        assert yaml.safe_load(book.read_text(encoding="utf-8"))["records"]


def test_deploy_installs_and_removes_by_number(lab: Lab, hosts: dict[str, Host], office: MakeOffice) -> None:
    here = office(lab, hosts)
    here.set_baseline(mode="audit")
    options = '{"zhengban_install": ["FREE-0002"], "zhengban_remove": ["FREE-0003"], "zhengban_notice": "2026-031"}'
    run = here.run("zhengban.baseline.deploy", "-e", options, "--limit", "pc-0001")
    assert run.code == 0, run.output
    packages = hosts["PC-0001"].packages()
    assert "p7zip-desktop" in packages
    assert "sogoupinyin" not in packages
    assert "xunlei-thunder" in packages, "a deployment changes what it names and nothing else"
    records = {(item.book, item.record.action, item.record.cause) for item in here.records("PC-0001")}
    assert records == {("FREE-0002", "install", "deployment"), ("FREE-0003", "uninstall", "deployment")}

    again = here.run("zhengban.baseline.deploy", "-e", options, "--limit", "pc-0001")
    assert again.code == 0, again.output
    assert "changed=1" not in again.output
