# SPDX-License-Identifier: Apache-2.0
"""The hooks other repositories may use: each runs a command there is, on a workspace that is all right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.conftest import ROOT
from tests.lab.workspace import copy_example
from zhengban.cli.main import app

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_the_hooks() -> None:
    assert [hook["id"] for hook in HOOKS] == ["zhengban-validate", "zhengban-lint", "zhengban-test"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_its_entry_is_a_command(hook: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHENGBAN_WORKSPACE", raising=False)
    monkeypatch.chdir(copy_example(tmp_path / "workspace"))
    program, *arguments = hook["entry"].split()
    assert program == "zhengban"
    result = CliRunner().invoke(app, arguments)
    # The lint may have something to say about an example; a wrong command or option would be 2 with a usage.
    assert result.exit_code in ((0, 1) if arguments[-1] == "lint" else (0,)), result.output
    assert "Usage" not in result.output


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_it_runs_when_policy_or_register_change(hook: dict[str, Any]) -> None:
    # Whole workspaces are checked, never single files.
    assert hook["pass_filenames"] is False
    assert hook["language"] == "python"
    pattern = re.compile(hook["files"])
    for name in ("policies/free.yml", "policies/tests/a.yml", "inventories/register/people.yml", "org/policies/a.yaml"):
        assert pattern.search(name), name
    for name in ("README.md", "ledger/books/COM-0001.yml", "my-policies/a.yml", "inventories/hosts.yml"):
        assert not pattern.search(name), name
