# SPDX-License-Identifier: Apache-2.0
"""The callback ``summary``: a table at the end, failures at once, and little else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.lab.workspace import copy_example

INVENTORY = """\
all:
  hosts:
    pc-0001: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
    pc-0002: {ansible_host: 127.0.0.1, ansible_port: 1}
    pc-0003: {ansible_connection: local, zhengban_computer: "nobody\\e[31m\\nPC-0001 compliant"}
  vars:
    zhengban_workspace: "{{ lookup('ansible.builtin.env', 'PWD') }}"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    workspace = copy_example(tmp_path / "workspace")
    (workspace / "hosts.yml").write_text(INVENTORY, encoding="utf-8")
    return workspace


def run(workspace: Path, environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ansible-playbook", "-i", "hosts.yml", "zhengban.baseline.audit", *options],
        cwd=workspace,
        env={
            **environment,
            "PWD": str(workspace),
            "ANSIBLE_STDOUT_CALLBACK": "zhengban.baseline.summary",
            "ZHENGBAN_SUMMARY_PROGRESS": "1",
        },
        capture_output=True,
        text=True,
    )


def test_a_run_of_one_read_one_unreachable_and_one_unknown(
    workspace: Path, ansible_environment: dict[str, str]
) -> None:
    result = run(workspace, ansible_environment, "--check")
    assert result.returncode != 0
    lines = result.stdout.splitlines()
    assert any(line.startswith("unreachable: pc-0002: Read, judge and plan: ") for line in lines)
    assert any(line.startswith("failed: pc-0003: Read, judge and plan: ") for line in lines)
    head = next(place for place, line in enumerate(lines) if line.startswith("computer "))
    assert lines[head].split() == ["computer", "verdict", "planned", "done", "left", "out", "failed", "reason"]
    table = [re.split("  +", line) for line in lines[head + 1 : head + 4]]
    assert [row[0] for row in table] == ["PC-0001", "pc-0002", "pc-0003"]
    assert [row[1] for row in table][1:] == ["unread", "unread"]
    assert "\x1b" not in result.stdout
    assert lines[head + 5].startswith("3 computers: ")
    assert lines[head + 6] == "check mode: nothing was changed and nothing was written"
    # Neither what is right nor the lines of the plan.
    assert not any(line.startswith(("ok:", "TASK", "PLAY")) for line in lines)


def test_limit_and_verbosity(workspace: Path, ansible_environment: dict[str, str]) -> None:
    result = run(workspace, ansible_environment, "--limit", "pc-0001", "-v")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "only pc-0001: computers outside are not assessed"
    assert "PC-0001 plan: no changes" in result.stdout.splitlines()


def test_an_inventory_that_cannot_be_read(workspace: Path, ansible_environment: dict[str, str]) -> None:
    (workspace / "hosts.yml").write_text("all: [", encoding="utf-8")
    result = run(workspace, ansible_environment)
    assert result.returncode == 2
    assert result.stdout.startswith("failed: localhost: There are hosts: The inventory has no host for all.")
    assert result.stdout.splitlines()[1:] == ["no computer was looked at"]
