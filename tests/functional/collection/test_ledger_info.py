# SPDX-License-Identifier: Apache-2.0
"""The action ``ledger_info``, and one ``workspace`` for all actions of a play."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.lab.ansible import ansible_environment_in
from tests.lab.workspace import copy_example
from tests.unit.ledger.examples import NOW, RUN, carry_out, make_intent
from zhengban.ledger import Ledger

PLAY = """
- hosts: localhost
  gather_facts: false
  vars: {zhengban_computer: PC-0002, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  module_defaults:
    group/zhengban.baseline.workspace: {workspace: WORKSPACE}
  tasks:
    - zhengban.baseline.ledger_info:
      register: all
    - zhengban.baseline.ledger_info: {computer: pc-0001, number: COM-0002, gather: [installs]}
      register: one
    - zhengban.baseline.ledger_info: {since: "2026-11-24", gather: [records, pending]}
      register: later
    - zhengban.baseline.recover:
      check_mode: true
      register: recover
    - zhengban.baseline.ledger_info: {number: COM-002}
      ignore_errors: true
      register: unknown
    - zhengban.baseline.ledger_info: {since: yesterday}
      ignore_errors: true
      register: wrong
    - ansible.builtin.shell: "printf -- '- {damaged\\n' >> ledger/books/COM-0001.yml"
      args: {chdir: WORKSPACE}
      check_mode: false
    - zhengban.baseline.ledger_info:
      ignore_errors: true
      register: damaged
    - ansible.builtin.copy:
        content: "{{ [all, one, later, recover, unknown, wrong, damaged] | to_json }}"
        dest: ANSWERS
      check_mode: false
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The results of one playbook, run in check mode, which must be no other."""
    folder = tmp_path_factory.mktemp("ledger-info")
    root = copy_example(folder / "workspace")
    ledger = Ledger(root / "ledger")
    carry_out(ledger, make_intent("PC-0001"))
    with ledger.lock_computer("PC-0002"):
        ledger.open_intent(make_intent("PC-0002"))
    (folder / "site.yml").write_text(
        PLAY.replace("WORKSPACE", str(root)).replace("ANSWERS", str(folder / "answers.json")), encoding="utf-8"
    )
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != "COM-0001.yml"}
    result = subprocess.run(
        ["ansible-playbook", "--check", "-i", "localhost,", "-c", "local", "site.yml"],
        cwd=folder,
        env=ansible_environment_in(folder),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != "COM-0001.yml"}
    assert before == after
    read: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return read


def test_everything_in_the_ledger(answers: list[dict[str, Any]]) -> None:
    everything = answers[0]
    assert [(row["book"], row["record"]["action"], row["record"]["package"]) for row in everything["records"]] == [
        ("COM-0001", "uninstall", "dpkg:wps-office:amd64"),
        ("COM-0002", "install", "dpkg:wps-office:amd64"),
        ("FREE-0002", "install", "dpkg:7zip:amd64"),
        ("FREE-0002", "install", "dpkg:lib7z:amd64"),
        ("UNLISTED", "uninstall", "dpkg:game:amd64"),
        ("UNLISTED", "uninstall", "dpkg:game-data:all"),
    ]
    assert [(row["number"], row["package"], row["version"]) for row in everything["installs"]] == [
        ("FREE-0002", "dpkg:7zip:amd64", "23.01"),
        ("FREE-0002", "dpkg:lib7z:amd64", "23.01"),
        ("COM-0002", "dpkg:wps-office:amd64", "12.1.0"),
    ]
    (pending,) = everything["pending"]
    assert pending["computer"] == "PC-0002"
    assert pending["run"] == RUN
    assert pending["numbers"] == ["COM-0001", "COM-0002", "FREE-0002", "UNLISTED"]
    assert pending["at"] == NOW.isoformat().replace("+00:00", "Z")
    assert everything["changed"] is False


def test_an_answer_is_only_what_was_asked_for(answers: list[dict[str, Any]]) -> None:
    one, later = answers[1:3]
    assert [row["package"] for row in one["installs"]] == ["dpkg:wps-office:amd64"]
    assert not {"records", "pending"} & set(one)
    assert (later["records"], later["pending"]) == ([], [])


def test_another_action_of_the_group_has_the_same_workspace(answers: list[dict[str, Any]]) -> None:
    assert answers[3]["pending"] == f"{RUN}/PC-0002"


def test_wrong_questions_and_a_damaged_ledger_fail(answers: list[dict[str, Any]]) -> None:
    unknown, wrong, damaged = answers[4:]
    assert "did you mean 'COM-0002'?" in unknown["msg"]
    assert "'yesterday'" in wrong["msg"]
    assert damaged["failed"]
    assert "ledger/books/COM-0001.yml:4" in damaged["msg"]
