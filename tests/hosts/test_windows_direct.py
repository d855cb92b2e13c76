# SPDX-License-Identifier: Apache-2.0
"""Facts of a Windows-like host over a connection of our own: no Ansible, its credentials in one file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.windows.hosts import PASSWORD, USER, WindowsHost, WindowsLab
from tests.lab.windows.workspace import KAV, adopt_windows
from tests.lab.workspace import copy_example

Collect = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture(scope="module")
def host(windows_lab: WindowsLab) -> WindowsHost:
    (started,) = windows_lab.start(["pc-0001"], secure=["pc-0001"])
    started.install(KAV)
    return started


@pytest.fixture
def collect(tmp_path: Path, host: WindowsHost, windows_lab: WindowsLab) -> Collect:
    """Run the command with the file saying this; returns its exit code, its JSON and what else it said."""
    workspace = copy_example(tmp_path / "workspace")
    adopt_windows(workspace, windows_lab, {"PC-0001": host})

    def run(**told: Any) -> tuple[int, list[dict[str, Any]], str]:
        usual = {"address": "127.0.0.1", "port": host.port, "user": USER, "password": PASSWORD, "transport": "basic"}
        access = {**usual, "ca": str(host.certificate), **told}
        path = tmp_path / "winrm.yml"
        path.write_text(yaml.safe_dump({"winrm": {"computers": {"PC-0001": access}}}), encoding="utf-8")
        path.chmod(0o600)
        program = str(Path(sys.executable).with_name("zhengban"))
        command = [program, "--workspace", str(workspace), "facts", "collect", "--hosts", "all", "--winrm", str(path)]
        done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, timeout=120)
        return done.returncode, json.loads(done.stdout), done.stderr

    return run


def test_facts_are_kept(host: WindowsHost, collect: Collect, tmp_path: Path) -> None:
    host.forget()
    code, (found,), said = collect()
    assert (code, found["state"], found["packages"], said) == (0, "collected", 1, "")
    kept = json.loads((tmp_path / "workspace" / "facts" / "PC-0001.json").read_text(encoding="utf-8"))
    assert [row[1] for row in kept["packages"]] == [KAV.name]
    events = [event["event"] for event in host.asked()]
    assert events.count("create") == events.count("delete") == 1, "the shell does not stay"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"password": "wr0ng-one"}, f"does not accept the password of {USER}"),
        ({"ca": ""}, "the certificate of https://127.0.0.1:"),
        ({"port": 1}, "https://127.0.0.1:1/wsman cannot be reached (Connection refused)"),
        ({"ca": "/nowhere/ca.pem"}, "/nowhere/ca.pem"),
    ],
    ids=["password", "certificate", "nobody there", "no such file"],
)
def test_no_connection_is_one_sentence(collect: Collect, told: dict[str, Any], message: str) -> None:
    code, (found,), said = collect(**told)
    assert (code, found["state"]) == (3, "unreachable")
    assert message in found["reason"] and said == f"PC-0001: {found['reason']}\n"
    assert len(found["reason"]) < 250 and "Traceback" not in said
    assert "wr0ng-one" not in said and PASSWORD not in said
