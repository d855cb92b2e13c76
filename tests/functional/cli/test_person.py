# SPDX-License-Identifier: Apache-2.0
"""``zhengban person``: who leaves gives the computers back, and no licence is lost. Source: DESIGN 8, C9."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import COMMERCIAL, commercial_seats, held, install, snapshot
from zhengban.ledger import Ledger
from zhengban.model.register import Person
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
LAST_DAY = (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=200)).isoformat()


def person(root: Path, identity: str) -> Person:
    return Workspace(root).register.person_by_id[identity]


def in_use_by(root: Path, identity: str) -> list[str]:
    return [computer.number for computer in Workspace(root).register.computers if computer.user == identity]


def test_leaving_makes_the_computers_spares(invoke: Invoke, root: Path) -> None:
    invoke("computer", "assign", "PC-0003", "--user", "E0007")
    install(root, "PC-0002")
    before, commits = held(root, "PC-0002"), len(Ledger(root / "ledger").commits())
    result = invoke("person", "leave", "E0007", "--on", LAST_DAY, "--by", "E0002", "--format", "json")
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert [(step["what"], step["says"]) for step in shown["steps"]] == [
        ("computer_returned", "PC-0002: is a spare"),
        ("computer_returned", "PC-0003: is a spare"),
        ("person_left", f"E0007 (张三): left on {LAST_DAY}"),
    ]
    assert person(root, "E0007").left_on == dt.date.fromisoformat(LAST_DAY)
    register = Workspace(root).register
    assert [register.computer_by_number[number].status for number in ("PC-0002", "PC-0003")] == ["spare", "spare"]
    assert in_use_by(root, "E0007") == []
    assert held(root, "PC-0002") == before
    assert commercial_seats(root) == COMMERCIAL
    ledger = Ledger(root / "ledger")
    assert [commit.computer for commit in ledger.commits()[commits:]] == [
        "PC-0002",
        "PC-0003",
        "inventories/register/people.yml",
    ]
    event = ledger.events()[-1]
    assert (event.kind, event.data) == (
        "person_left",
        {"by": "E0002", "person": "E0007", "computers": ["PC-0002", "PC-0003"], "on": LAST_DAY},
    )
    again = invoke("person", "leave", "E0007")
    assert (again.exit_code, again.stderr) == (3, f"E0007: left on {LAST_DAY} already\n")
    assert ledger.verify() == ()


def test_leaving_goes_on_where_it_was_cut_off(invoke: Invoke, root: Path) -> None:
    """The second of two computers is busy: the first is a spare, the person is still there, and again is enough."""
    invoke("computer", "assign", "PC-0003", "--user", "E0007")
    with Ledger(root / "ledger").lock_computer("PC-0003"):
        assert invoke("person", "leave", "E0007").exit_code == 3
    assert (in_use_by(root, "E0007"), person(root, "E0007").left_on) == (["PC-0003"], None)
    # Nothing is told that did not happen.
    assert [event.computer for event in Ledger(root / "ledger").events()] == ["PC-0003", "PC-0002"]
    assert invoke("person", "leave", "E0007").exit_code == 0
    assert in_use_by(root, "E0007") == []
    assert person(root, "E0007").left_on is not None


def test_the_offices_that_are_left_are_named(invoke: Invoke, root: Path) -> None:
    result = invoke("person", "leave", "E0002", "--check")
    assert [line for line in result.stdout.splitlines() if line.startswith("note: ")] == [
        "note: E0002 is still the head of D03 (信息中心): departments.yml",
        "note: E0002 still approves as it: organisation.yml",
        "note: E0002 is still in the leadership group: organisation.yml",
    ]
    assert "E0006 still fills in the forms" not in result.stdout


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("leave", "E007"), 2, "people.yml: there is no person 'E007'; did you mean 'E0007'?"),
        (("leave", "E0009"), 3, "E0009: left on 2026-08-31 already"),
        (("leave", "E0007", "--on", "2999-01-01"), 3, "E0007: 2999-01-01 is still to come"),
        (("leave", "E0007", "--on", "yesterday"), 2, "yesterday"),
        (("leave", "E0007", "--on", "1926-11-23"), 3, "E0007: 1926-11-23 is more than 366 days ago"),
        (("leave", "E0006"), 3, "SRV-0001: a server in the name of E0006; first: zhengban computer assign SRV-0001"),
        (("add", "E0007", "--name", "张三", "--department", "D01"), 3, "E0007: is in the register already"),
        (("add", "E0100", "--name", "张三", "--department", "D9"), 2, "departments.yml: there is no department 'D9'"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_written(
    invoke: Invoke, root: Path, command: tuple[str, ...], code: int, said: str
) -> None:
    install(root, "PC-0002")
    before = snapshot(root)
    result = invoke("person", *command)
    assert result.exit_code == code
    assert said in result.stderr
    assert snapshot(root) == before


def test_adding_a_person(invoke: Invoke, root: Path) -> None:
    assert invoke("person", "add", "E0100", "--name", "钱 进: #1", "--department", "D02").exit_code == 0
    assert person(root, "E0100") == Person(id="E0100", name="钱 进: #1", department="D02")
    assert invoke("computer", "assign", "NB-0002", "--user", "E0100").exit_code == 0
    assert [event.kind for event in Ledger(root / "ledger").events()] == ["person_added", "computer_assigned"]
