# SPDX-License-Identifier: Apache-2.0
"""``zhengban validate``: everything wrong at once, each at its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import install

Invoke = Callable[..., Result]


@pytest.fixture
def broken(root: Path) -> Path:
    """The example with a mistake in the policy and one in the register."""
    for path, old, new in (
        ("policies/free.yml", "made_in: domestic", "made_inn: domestic"),
        ("inventories/register/people.yml", "department: D03", "department: D33"),
    ):
        text = (root / path).read_text(encoding="utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    return root


def test_example_is_valid(invoke: Invoke) -> None:
    result = invoke("validate")
    assert result.exit_code == 0
    assert result.stdout.startswith("ok: ")
    assert "8 computers" in result.stdout
    listed = invoke("validate", "--format", "json")
    assert (listed.exit_code, listed.stdout) == (0, "[]\n")


def test_a_computer_that_was_scrapped_by_hand_is_named(invoke: Invoke, root: Path) -> None:
    install(root, "PC-0002")
    path = root / "inventories" / "register" / "computers.yml"
    text = path.read_text(encoding="utf-8")
    assert "user: E0007" in text
    assert "scrapped by hand" not in invoke("validate").stdout
    path.write_text(text.replace("user: E0007", "status: scrapped"), encoding="utf-8")
    result = invoke("validate")
    assert result.exit_code == 0
    assert (
        "inventories/register/computers.yml: PC-0002 was scrapped by hand, and still holds COM-0001, COM-0004, "
        "FREE-0002, OEM-0001; put its status back and give the command: zhengban computer scrap PC-0002 …"
    ) in result.stdout


def test_problems_of_policy_and_register_come_together(invoke: Invoke, broken: Path) -> None:
    result = invoke("validate")
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["inventories/register/people.yml", "policies/free.yml"]
    assert "there is no department 'D33'" in lines[0]
    assert "unknown key 'made_inn'; did you mean 'made_in'?" in lines[1]
    place = lines[1].split(":")
    assert int(place[1]) > 1
    assert int(place[2]) >= 1


def test_problems_as_json(invoke: Invoke, broken: Path) -> None:
    result = invoke("validate", "--format", "json")
    assert result.exit_code == 2
    problems = json.loads(result.stdout)
    assert [problem["file"] for problem in problems] == ["inventories/register/people.yml", "policies/free.yml"]
    assert set(problems[0]) == {"file", "line", "column", "path", "message", "hint"}


def test_file_that_is_not_yaml(invoke: Invoke, root: Path) -> None:
    (root / "policies" / "free.yml").write_text("software: [\n", encoding="utf-8")
    result = invoke("validate")
    assert result.exit_code == 2
    assert "policies/free.yml:" in result.stdout
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("command", ["validate", "assess", "plan"])
def test_what_is_no_workspace(invoke: Invoke, tmp_path: Path, command: str) -> None:
    result = invoke(command, workspace=tmp_path / "nowhere")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"{tmp_path / 'nowhere'}: not a workspace" in result.stderr
    assert "zhengban init" in result.stderr


@pytest.mark.parametrize("command", ["assess", "plan"])
def test_other_commands_report_the_same_problems(invoke: Invoke, broken: Path, command: str) -> None:
    result = invoke(command)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "there is no department 'D33'" in result.stderr
