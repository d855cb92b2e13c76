# SPDX-License-Identifier: Apache-2.0
"""``zhengban facts collect``: this machine, or hosts through the playbook."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from zhengban.host import facts as host_facts
from zhengban.model.facts import COLUMNS, read_facts

Invoke = Callable[..., Result]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What this machine is made to say; its dpkg, if any, is not asked."""
    document = {
        "format": "zhengban.facts/1",
        "host": "pc-0001",
        "identity": {"serial_number": "", "machine_id": ""},
        "collected_at": "2026-11-23T08:00:00Z",
        "platform": {"id": "debian", "version": "12"},
        "managers": {"dpkg": {"read": True, "why": "", "count": 1, "digest": "x"}},
        "digest": "y",
        "guard": {},
        "attempts": [],
        "columns": list(COLUMNS),
        "packages": [
            ["dpkg", "软件\x9b31m", "1.0", "amd64", None, None, True, False, "", False, None, [], [], []],
        ],
    }
    monkeypatch.setattr(host_facts, "collect", lambda: document)
    return document


def test_document_of_this_machine(zhengban: Callable[..., Any]) -> None:
    done = zhengban("facts", "collect")
    facts = read_facts(done.stdout, source="stdout")
    # Where there is no package manager at all, that is a finding.
    assert done.returncode == (0 if facts.managers else 1)
    assert done.stdout.count(b"\n") == 1


def test_document_stays_json_and_cannot_drive_a_terminal(invoke: Invoke, machine: dict[str, Any]) -> None:
    result = invoke("facts", "collect")
    assert result.exit_code == 0
    assert "软件\\u009b31m" in result.stdout
    assert json.loads(result.stdout) == machine


def test_document_into_a_file(invoke: Invoke, machine: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "pc-0001.json"
    result = invoke("facts", "collect", "--output", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(target.read_bytes()) == machine


def test_file_that_cannot_be_written(invoke: Invoke, machine: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "missing" / "pc-0001.json"
    result = invoke("facts", "collect", "--output", str(target))
    assert result.exit_code == 2
    assert result.stderr == f"{target}: No such file or directory\n"


def test_it_needs_no_workspace(invoke: Invoke, machine: dict[str, Any], tmp_path: Path) -> None:
    assert invoke("facts", "collect", workspace=tmp_path / "nowhere").exit_code == 0


def test_manager_that_could_not_be_read_is_never_a_pass(invoke: Invoke, machine: dict[str, Any]) -> None:
    machine["managers"]["dpkg"] = {"read": False, "why": "status:7: no\x1b[2J name", "count": 0, "digest": ""}
    result = invoke("facts", "collect")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == machine
    assert result.stderr == "dpkg was not read: status:7: no\\x1b[2J name\n"


def test_machine_without_any_manager_is_never_a_pass(invoke: Invoke, machine: dict[str, Any]) -> None:
    machine["managers"] = {}
    result = invoke("facts", "collect")
    assert result.exit_code == 1
    assert "no package manager was found" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("--hosts", "all", "--output", "x.json"), "--output"), (("--hosts", " "), "--hosts")],
    ids=["file-and-hosts", "no-pattern"],
)
def test_arguments_that_do_not_go_together(invoke: Invoke, arguments: tuple[str, ...], named: str) -> None:
    result = invoke("facts", "collect", *arguments)
    assert result.exit_code == 2
    assert named in result.stderr
