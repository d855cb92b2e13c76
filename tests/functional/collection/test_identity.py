# SPDX-License-Identifier: Apache-2.0
"""Which computer a host is comes from the inventory; what it says about itself never counts. Source: DESIGN 11."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.lab.workspace import copy_example

INVENTORY = """\
all:
  hosts:
    pc-0001: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  vars:
    asset: PC-0001
    zhengban_computer: "{{ asset }}"
    zhengban_workspace: "{{ playbook_dir }}"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    workspace = copy_example(tmp_path / "workspace")
    (workspace / "hosts.yml").write_text(INVENTORY, encoding="utf-8")
    return workspace


def run(workspace: Path, environment: dict[str, str], tasks: list[object]) -> subprocess.CompletedProcess[str]:
    plays = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    (workspace / "site.yml").write_text(json.dumps(plays), encoding="utf-8")
    return subprocess.run(
        ["ansible-playbook", "-i", "hosts.yml", "site.yml"],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_inventory_variables_may_be_templates(workspace: Path, ansible_environment: dict[str, str]) -> None:
    result = run(workspace, ansible_environment, [{"zhengban.baseline.collect": {}}])
    assert result.returncode == 0, result.stdout
    assert (workspace / "facts" / "PC-0001.json").is_file()


@pytest.mark.parametrize("name", ["zhengban_computer", "zhengban_workspace", "zhengban_plan"])
@pytest.mark.parametrize("action", ["collect", "plan", "recover", "apply", "arm"])
def test_a_host_that_claims_our_names_is_refused(
    workspace: Path, ansible_environment: dict[str, str], name: str, action: str
) -> None:
    """Facts beat inventory variables in Ansible, so any module's result could make a host another computer."""
    claim = {"ansible.builtin.set_fact": {name: "PC-0002", "cacheable": True}}
    result = run(workspace, ansible_environment, [claim, {f"zhengban.baseline.{action}": {}}])
    assert result.returncode == 2, result.stdout
    assert f"pc-0001 claims {name} in its facts" in result.stdout + result.stderr
    assert not (workspace / "facts").exists()
