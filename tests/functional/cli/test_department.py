# SPDX-License-Identifier: Apache-2.0
"""``zhengban department``: departments change, licences and the meaning of scopes stay. Source: DESIGN 8, C9."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import COMMERCIAL, commercial_seats, install, snapshot
from zhengban.ledger import Ledger
from zhengban.model.register import Department
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]


def departments(root: Path) -> dict[str, Department]:
    return Workspace(root).register.department_by_id


def replace(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_renamed_department_is_the_same_for_every_scope(invoke: Invoke, root: Path) -> None:
    install(root, "PC-0002")
    policy = Workspace(root).policy
    result = invoke("department", "rename", "D02", "财务与资产处", "--by", "E0003")
    assert result.exit_code == 0
    assert departments(root)["D02"] == Department(
        id="D02", name="财务与资产处", head="E0003", formerly=("计财处", "财务处")
    )
    assert Workspace(root).policy == policy
    assert commercial_seats(root) == COMMERCIAL
    event = Ledger(root / "ledger").events()[-1]
    assert (event.kind, event.data) == (
        "department_renamed",
        {"by": "E0003", "department": "D02", "name": "财务与资产处", "name_before": "财务处"},
    )
    # A record of today has the name of today; those written keep theirs.
    assert invoke("computer", "assign", "PC-0002", "--user", "E0003").exit_code == 0
    records = Ledger(root / "ledger").records("COM-0001")
    assert [record.department for record in records] == ["财务处", "财务与资产处", "财务与资产处"]
    again = invoke("department", "rename", "D02", "财务与资产处")
    assert (again.exit_code, again.stderr) == (3, "D02: is called '财务与资产处' already\n")
    assert invoke("department", "rename", "D02", "财务处").exit_code == 0
    assert departments(root)["D02"].formerly == ("计财处", "财务与资产处")


def test_a_name_that_would_change_a_scope_is_refused(invoke: Invoke, root: Path) -> None:
    """计财处 is what D02 was called, and a scope still says so; D01 must not take it over by taking the name."""
    replace(root, "policies/commercial.yml", "for: {departments: [财务处]}", "for: {departments: [计财处]}")
    before = snapshot(root)
    result = invoke("department", "rename", "D01", "计财处", "--check")
    assert result.exit_code == 3
    assert "a scope of the policy would mean another department then" in result.stderr
    assert snapshot(root) == before


def test_merging_moves_people_and_names(invoke: Invoke, root: Path) -> None:
    install(root, "PC-0001")
    result = invoke("department", "merge", "D01", "D04", "--by", "E0001")
    assert result.exit_code == 0, result.stderr
    assert "note: E0004 (陈志强) was its head; D04 keeps E0005" in result.stdout
    register = Workspace(root).register
    assert list(register.department_by_id) == ["D02", "D03", "D04"]
    assert register.department_by_id["D04"].formerly == ("办公室",)
    assert {register.person_by_id[identity].department for identity in ("E0001", "E0004")} == {"D04"}
    assert commercial_seats(root) == COMMERCIAL
    event = Ledger(root / "ledger").events()[-1]
    assert (event.kind, event.data) == (
        "department_merged",
        {"by": "E0001", "from": "D01", "into": "D04", "name": "办公室", "head": "E0004", "people": ["E0001", "E0004"]},
    )
    assert invoke("validate").exit_code == 0
    again = invoke("department", "merge", "D01", "D04")
    assert again.exit_code == 2
    assert "departments.yml: there is no department 'D01'" in again.stderr


def test_a_department_that_a_scope_names_is_not_merged(invoke: Invoke, root: Path) -> None:
    before = snapshot(root)
    result = invoke("department", "merge", "D02", "D01", "--check")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "policies/commercial.yml:25:25: software[0].lots[1].for.departments[0]: names D02 (财务处)",
        "policies/commercial.yml:65:25: software[2].lots[0].for.departments[0]: names D02 (财务处)",
        "policies/commercial.yml:70:23: software[2].for.departments[0]: names D02 (财务处)",
        "decide for whom these are once D02 is part of another, and write that there first",
    ]
    assert snapshot(root) == before


def test_a_department_the_organisation_names_is_not_merged(invoke: Invoke, root: Path) -> None:
    replace(root, "inventories/register/organisation.yml", "responsible_department: D03", "responsible_department: D01")
    before = snapshot(root)
    result = invoke("department", "merge", "D01", "D04", "--check")
    assert result.exit_code == 2
    assert "organisation.yml:4:27: organisation.responsible_department: there is no department 'D01'" in result.stderr
    assert snapshot(root) == before


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("rename", "D1", "x"), 2, "departments.yml: there is no department 'D1'; did you mean 'D01'?"),
        (("rename", "D01", "财务处"), 2, "the department name '财务处' is used already in line"),
        (("rename", "D01", "a\nb"), 2, "departments.yml:2:19: departments[0].name"),
        (("merge", "D01", "D01"), 3, "D01: cannot be merged into itself"),
        (("merge", "D01", "D9"), 2, "there is no department 'D9'"),
        (("merge", "D01", "D04", "--by", "E0009"), 3, "E0009 (孙晓东): left on 2026-08-31"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_written(
    invoke: Invoke, root: Path, command: tuple[str, ...], code: int, said: str
) -> None:
    install(root, "PC-0002")
    before = snapshot(root)
    result = invoke("department", *command)
    assert result.exit_code == code
    assert said in result.stderr
    assert snapshot(root) == before
