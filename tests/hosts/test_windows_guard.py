# SPDX-License-Identifier: Apache-2.0
"""The guard of Windows hosts through Ansible: written, read back and undone in a real registry.

Wine keeps what is written and enforces nothing of it, and has no Application Identity service: the host gets the key of
one. That Windows blocks by these values is not shown here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.hosts.conftest import Office
from tests.lab.windows.hosts import WindowsHost, WindowsLab
from tests.lab.windows.registry import Value
from tests.lab.windows.workspace import KAV, THUNDER, WPS, rewrite
from zhengban.run.facts import stored_facts
from zhengban.run.guarding import windows_guard_of
from zhengban.run.workspace import Workspace

POLICIES = r"HKLM\Software\Policies\Microsoft\Windows"
SERVICE = r"HKLM\System\CurrentControlSet\Services\AppIDSvc"
FOREIGN: dict[str, dict[str, Value]] = {
    SERVICE: {"Start": 3},
    rf"{POLICIES}\SrpV2\Exe": {"EnforcementMode": 0, "AllowWindows": 0},
    rf"{POLICIES}\SrpV2\Exe\a61c8b2c-a319-4cd0-9690-d2177cad7b51": {"Value": '<FilePathRule Name="原有 %WINDIR%"/>'},
    rf"{POLICIES}\SrpV2\Script": {"EnforcementMode": 1},
    rf"{POLICIES}\Installer": {"DisableMSI": 2, "Logging": "voicewarmup"},
}
KINGSOFT = "O=ZHUHAI KINGSOFT OFFICE SOFTWARE CO., LTD., L=珠海, S=GUANGDONG, C=CN"


@pytest.fixture(scope="module")
def host(windows_lab: WindowsLab) -> WindowsHost:
    (started,) = windows_lab.start(["pc-0001"])
    started.registry.write(FOREIGN)
    return started


def everything(host: WindowsHost) -> str:
    return host.registry.export(POLICIES) + host.registry.export(SERVICE)


def name_programs(here: Office) -> None:
    """Say in the policy what may run of its products."""
    programs = {
        WPS.name: [{"signed_by": KINGSOFT, "product": "WPS OFFICE", "lowest": "11.1.0.0"}],
        KAV.name: [{"path": r"%PROGRAMFILES%\Kingsoft & Co\*"}, {"sha256": "ab" * 32, "file": "kav.exe"}],
        THUNDER.name: [{"signed_by": "O=XUNLEI"}],
    }

    def change(document: Any) -> None:
        for entry in document["software"]:
            for package in entry.get("packages", ()):
                if package["manager"] == "windows" and package["name"] in programs:
                    package["programs"] = programs[package["name"]]

    for file in ("commercial", "forbidden"):
        rewrite(here.workspace / "policies" / f"{file}.yml", change)


def tasks(*states: str) -> list[dict[str, Any]]:
    return [
        {"name": f"{number} {state}", "zhengban.baseline.guard": {"state": state}}
        for number, state in enumerate(states)
    ]


def test_from_a_refusal_to_what_was_there_before(
    host: WindowsHost, windows_lab: WindowsLab, windows_office: Callable[..., Office]
) -> None:
    here = windows_office(windows_lab, {"PC-0001": host})
    here.set_baseline(guard={"mode": "enforce"})
    before = everything(host)

    # One play for what changes nothing: enforced, the policy's products would not start; then only asked.
    refused, audit = tasks("present", "audit")
    asked = [refused | {"ignore_errors": True}, audit | {"check_mode": True, "diff": True}]
    run = here.run(here.playbook([{"hosts": "pc-0001", "gather_facts": False, "tasks": asked}]))
    assert run.code == 0, run.output
    message = run.results("0 present")["pc-0001"]["msg"]
    assert WPS.name.split()[1] in message and "name their programs in the policy" in message
    planned = run.results("1 audit")["pc-0001"]
    assert planned["changed"] and planned["mode"] == "audit" and planned["doors"] == {}
    assert "原有" in planned["diff"]["before"] and "%WINDIR%" in planned["diff"]["after"]
    assert everything(host) == before, "check mode wrote into the registry"

    name_programs(here)
    again, kept = tasks("present", "present"), {"name": "Keep", "zhengban.baseline.collect": {}}
    run = here.run(here.playbook([{"hosts": "pc-0001", "gather_facts": False, "tasks": [*again, kept]}]))
    assert run.code == 0, run.output
    done = run.results("0 present")["pc-0001"]
    assert (done["changed"], done["mode"], done["needs_restart"]) == (True, "enforce", True)
    assert not run.results("1 present")["pc-0001"]["changed"]
    workspace = Workspace(here.workspace)
    facts = stored_facts(workspace, "PC-0001")
    assert facts is not None and facts.guard == done["doors"]
    assert (facts.guard["applocker"], facts.guard["installer"], facts.guard["table"]) == ("shut", "shut", "ok")
    computer = workspace.register.computer_by_number["PC-0001"]
    guard = windows_guard_of(workspace, computer, now=dt.datetime.now(dt.UTC))
    assert facts.guard["policy"] == guard.digest
    text = host.registry.export(rf"{POLICIES}\SrpV2")
    for collection in guard.applocker.collections:
        for line in collection.elements().values():
            escaped = line.replace("\\", "\\\\").replace('"', '\\"')
            assert f'"Value"="{escaped}"' in text, "not the bytes that were meant"
    assert "原有" not in text
    assert KINGSOFT in text and "XUNLEI" in text
    commands = [json.dumps(event) for event in host.asked() if event["event"] == "command"]
    assert not any("powershell" in line.lower() for line in commands)

    run = here.run(
        here.playbook([{"hosts": "pc-0001", "gather_facts": False, "tasks": tasks("audit", "absent", "absent")}])
    )
    assert run.code == 0, run.output
    lowered = run.results("0 audit")["pc-0001"]
    assert (lowered["changed"], lowered["doors"]["applocker"], lowered["doors"]["installer"]) == (
        True,
        "recorded",
        "absent",
    )
    assert run.results("1 absent")["pc-0001"]["changed"] and run.results("1 absent")["pc-0001"]["doors"] == {}
    assert not run.results("2 absent")["pc-0001"]["changed"]
    assert everything(host) == before, "what was there before is there again"
