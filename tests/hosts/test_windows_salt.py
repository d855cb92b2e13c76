# SPDX-License-Identifier: Apache-2.0
"""A Windows-like host that has no minion, through Salt's runner: asked over WinRM by the master itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hosts.conftest import Office
from tests.hosts.test_windows_guard import FOREIGN, everything, name_programs
from tests.lab.windows.hosts import PASSWORD, USER, WindowsHost, WindowsLab
from tests.lab.windows.workspace import KAV, WPS, WUKONG
from zhengban.ledger import Ledger


@pytest.fixture(scope="module")
def host(windows_lab: WindowsLab) -> WindowsHost:
    (started,) = windows_lab.start(["pc-0001"], secure=["pc-0001"])
    windows_lab.build([WPS, WUKONG])
    for product in (WPS, WUKONG):
        started.install(product)
    started.registry.write(FOREIGN)
    return started


@pytest.fixture
def runner() -> Any:
    """The runner's module. Salt is imported only for these tests, and only in this order."""
    from tests.lab import salt_library  # noqa: F401, I001
    from saltext.zhengban.runners import zhengban

    return zhengban


@pytest.fixture
def here(
    runner: Any,
    windows_lab: WindowsLab,
    host: WindowsHost,
    windows_office: Callable[..., Office],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    office = windows_office(windows_lab, {"PC-0001": host})
    usual = {"address": "127.0.0.1", "port": host.port, "user": USER, "password": PASSWORD, "transport": "basic"}
    access = tmp_path / "winrm.yml"
    computers = {"PC-0001": {**usual, "ca": str(host.certificate)}}
    access.write_text(yaml.safe_dump({"winrm": {"computers": computers}}), encoding="utf-8")
    access.chmod(0o600)
    settings = {"zhengban": {"workspace": str(office.workspace), "winrm": str(access)}}
    monkeypatch.setattr(runner, "__opts__", settings, raising=False)
    from saltext.zhengban.utils.office import Office as SaltOffice

    # There is no master: nobody's key was accepted, and progress goes to no bus.
    monkeypatch.setattr(SaltOffice, "accepted", lambda _self: frozenset())
    monkeypatch.setattr(SaltOffice, "_say", lambda *_: None)

    def without_minions(document: Any) -> None:
        for computer in document["computers"]:
            computer.get("names", {}).pop("minion", None)

    register = office.workspace / "inventories" / "register" / "computers.yml"
    document = yaml.safe_load(register.read_text(encoding="utf-8"))
    without_minions(document)
    register.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return office


def test_from_the_audit_to_the_ledger_and_the_guard(runner: Any, here: Office, host: WindowsHost) -> None:
    seen = runner.audit("*")
    assert (seen["retcode"], seen["computers"]["PC-0001"]["state"]) == (1, "planned"), seen
    tried = runner.enforce(test=True)
    done = runner.enforce("PC-0001", details=True)
    (look,) = done["computers"].values()
    assert (done["retcode"], look["state"], look["minion"]) == (0, "done", ""), done
    assert look["hash"] == tried["computers"]["PC-0001"]["hash"]
    recorded = {(item.book, item.record.action, item.record.package) for item in here.records("PC-0001")}
    assert {
        ("COM-0003", "install", f"windows:{KAV.name}:x64"),
        ("UNLISTED", "uninstall", f"windows:{WUKONG.name}:x64"),
    } <= recorded
    ledger = Ledger(here.workspace / "ledger")
    assert (ledger.verify(), ledger.pending()) == ((), ())
    assert runner.enforce()["computers"]["PC-0001"]["state"] == "unchanged"
    assert runner.recover() == {
        "retcode": 0,
        "run": "",
        "test": False,
        "refused": [],
        "unknown": [],
        "computers": {},
    }

    here.set_baseline(guard={"mode": "enforce"})
    before = everything(host)
    (refused,) = runner.guard()["computers"].values()
    assert refused["state"] == "refused" and "name their programs" in refused["reason"]
    name_programs(here)
    (planned,) = runner.guard(test=True)["computers"].values()
    assert planned["state"] == "planned" and everything(host) == before
    (put,) = runner.guard()["computers"].values()
    assert (put["state"], put["mode"], put["doors"]["applocker"]) == ("done", "enforce", "shut"), put
    (again,) = runner.guard()["computers"].values()
    assert again["state"] == "unchanged"
    (away,) = runner.guard(ensure="absent")["computers"].values()
    assert away["state"] == "done" and everything(host) == before


def test_a_computer_nobody_can_reach_is_unread(runner: Any, here: Office, host: WindowsHost, tmp_path: Path) -> None:
    access = tmp_path / "winrm.yml"
    access.write_text(access.read_text(encoding="utf-8").replace(PASSWORD, "wr0ng-one"), encoding="utf-8")
    seen = runner.audit()
    (look,) = seen["computers"].values()
    assert (seen["retcode"], look["state"]) == (1, "unread")
    assert f"does not accept the password of {USER}" in look["reason"] and "wr0ng-one" not in look["reason"]
    access.chmod(0o644)
    refused = runner.audit()
    assert refused["retcode"] == 2 and "others may read the passwords in it" in refused["errors"][0]
