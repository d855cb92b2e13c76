# SPDX-License-Identifier: Apache-2.0
"""The inventory plugin and the guarded import of the core."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lab.workspace import copy_example


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return copy_example(tmp_path / "workspace")


def list_inventory(workspace: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ansible-inventory", "-i", "inventories/hosts.yml", "--list"],
        cwd=workspace,
        env={**environment, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"},
        capture_output=True,
        text=True,
    )


def test_hosts_and_groups_come_from_the_register(workspace: Path, ansible_environment: dict[str, str]) -> None:
    result = list_inventory(workspace, ansible_environment)
    assert result.returncode == 0, result.stderr
    # ansible-inventory marks texts that are no templates; a register's are none.
    inventory: dict[str, Any] = json.loads(result.stdout, object_hook=lambda item: item.get("__ansible_unsafe", item))
    assert inventory["kind_server"]["hosts"] == ["srv-0001"]
    assert inventory["kind_laptop"]["hosts"] == ["nb-0001"], "a spare computer is no host"
    variables = inventory["_meta"]["hostvars"]["pc-0001"]
    assert variables["zhengban_computer"] == "PC-0001"
    assert variables["zhengban_workspace"] == str(workspace.resolve())
    assert f"department_{variables['zhengban_department']}" in inventory


def test_groups_can_be_constructed(workspace: Path, ansible_environment: dict[str, str]) -> None:
    source = workspace / "inventories" / "hosts.yml"
    source.write_text(
        "plugin: zhengban.baseline.computers\nkeyed_groups:\n- {key: zhengban_kind, prefix: office}\n", encoding="utf-8"
    )
    inventory = json.loads(list_inventory(workspace, ansible_environment).stdout)
    assert inventory["office_server"]["hosts"] == ["srv-0001"]


def test_a_wrong_register_is_named(workspace: Path, ansible_environment: dict[str, str]) -> None:
    register = workspace / "inventories" / "register" / "computers.yml"
    register.write_text(register.read_text(encoding="utf-8").replace("kind: server", "kind: sever"), encoding="utf-8")
    result = list_inventory(workspace, ansible_environment)
    assert result.returncode != 0
    assert "inventories/register/computers.yml:" in result.stderr
    assert "did you mean 'server'?" in result.stderr


@pytest.mark.parametrize("command", ["inventory", "plan"])
def test_a_missing_core_names_the_command_that_helps(
    workspace: Path, ansible_environment: dict[str, str], tmp_path: Path, command: str
) -> None:
    shadow = tmp_path / "shadow" / "zhengban"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text("raise ImportError('No module named zhengban')\n", encoding="utf-8")
    environment = {**ansible_environment, "PYTHONPATH": str(shadow.parent)}
    if command == "inventory":
        result = list_inventory(workspace, environment)
    else:
        result = subprocess.run(
            ["ansible", "localhost", "-c", "local", "-m", "zhengban.baseline.plan"],
            env=environment,
            cwd=workspace,
            capture_output=True,
            text=True,
        )
    assert result.returncode != 0
    # Before ansible-core 2.19 a warning is broken into lines of a terminal's width.
    said = "".join((result.stdout + result.stderr).split())
    assert "pipinstall'zhengban[ansible]'" in said
