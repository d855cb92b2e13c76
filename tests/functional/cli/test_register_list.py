# SPDX-License-Identifier: Apache-2.0
"""``zhengban computer list``, ``person list`` and ``department list``."""

from __future__ import annotations

import json
from collections.abc import Callable

from typer.testing import Result

Invoke = Callable[..., Result]


def listed(invoke: Invoke, *arguments: str) -> list[dict[str, object]]:
    result = invoke(*arguments, "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    rows: list[dict[str, object]] = json.loads(result.stdout)
    return rows


def test_computers_with_their_users(invoke: Invoke, adopt: Callable[[str], None]) -> None:
    adopt("PC-0002")
    rows = {row["computer"]: row for row in listed(invoke, "computer", "list")}
    assert list(rows) == sorted(rows)
    assert rows["PC-0002"] == {
        "computer": "PC-0002",
        "kind": "desktop",
        "status": "in_use",
        "user": "E0007",
        "name": "张三",
        "department": "财务处",
        "brand": "联想 M750K",
        "adopted": True,
        "ansible": "pc-0002",
        "oem": [],
    }
    assert rows["NB-0001"]["oem"] == ["OEM-0001"]
    assert (rows["NB-0002"]["user"], rows["NB-0002"]["name"], rows["NB-0002"]["department"]) == ("", "", "")
    text = invoke("computer", "list").stdout.splitlines()
    assert text[0].split() == ["computer", "kind", "status", "user", "name", "department", "brand", "adopted"]
    assert {line.split()[0]: line.split()[-1] for line in text[1:]} == {
        number: "yes" if number == "PC-0002" else "no" for number in rows
    }


def test_computers_of_one_status(invoke: Invoke) -> None:
    assert [row["computer"] for row in listed(invoke, "computer", "list", "--status", "scrapped")] == ["PC-0005"]
    assert [row["computer"] for row in listed(invoke, "computer", "list", "--status", "spare")] == ["NB-0002"]
    assert invoke("computer", "list", "--status", "lost").exit_code == 2


def test_people_and_how_many_computers_are_theirs(invoke: Invoke) -> None:
    rows = {row["person"]: row for row in listed(invoke, "person", "list")}
    assert rows["E0006"] == {
        "person": "E0006",
        "name": "周伟",
        "department_id": "D03",
        "department": "信息中心",
        "title": "工程师",
        "phone": rows["E0006"]["phone"],
        "computers": 2,
        "left_on": None,
    }
    assert rows["E0009"]["left_on"] == "2026-08-31"
    assert len(invoke("person", "list").stdout.splitlines()) == len(rows) + 1


def test_departments_and_who_is_there(invoke: Invoke) -> None:
    rows = {row["department"]: row for row in listed(invoke, "department", "list")}
    assert rows["D02"] == {
        "department": "D02",
        "name": "财务处",
        "formerly": ["计财处"],
        "head": "E0003",
        "people": 2,
        "computers": 1,
    }
    # Who left is not there any more.
    assert rows["D04"]["people"] == 2
    assert "D02         财务处    计财处    E0003  2       1" in invoke("department", "list").stdout.splitlines()
