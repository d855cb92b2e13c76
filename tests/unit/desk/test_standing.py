# SPDX-License-Identifier: Apache-2.0
"""How a package stands under one policy and under another."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.golden.facts import facts_of
from tests.golden.workspace import make_workspace
from zhengban.desk.replay import Replay, replay_computer
from zhengban.desk.standing import compare_standings
from zhengban.model.facts import Facts
from zhengban.model.record import EMPTY_HISTORY

FACTS = facts_of({"packages": [{"name": "a", "needs": ["lib"]}, {"name": "lib"}]})
ENTRY = "- {{name: A, number: F-1, type: free, category: other, packages: [{{manager: dpkg, name: a}}], {more}}}\n"
EXCEPTION = """\
exceptions:
- {package: {manager: dpkg, name: a}, computers: [PC-0001], until: 2999-12-31, reason: x, approved_by: E0001}
"""
NOBODY = "for: {computers: [PC-0002]}"


def replay(root: Path, software: str, exceptions: str = "", facts: Facts = FACTS) -> Replay:
    workspace = make_workspace(root, f"software:\n{software}")
    if exceptions:
        (root / "policies" / "exceptions.yml").write_text(exceptions, encoding="utf-8")
    computer = workspace.register.computer_by_number["PC-0001"]
    return replay_computer(
        workspace.compiler.for_computer(computer),
        computer,
        facts,
        history=EMPTY_HISTORY,
        today=dt.date(2026, 11, 23),
        simulations={},
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("allowed", "allowed", []),
        ("allowed", "forbidden", [("loses", "a", "approved", "forbidden"), ("loses", "lib", "approved", "unlisted")]),
        ("retired", "allowed", [("gains", "a", "retired", "approved"), ("gains", "lib", "unlisted", "approved")]),
        ("retired", "forbidden", [("changes", "a", "retired", "forbidden")]),
    ],
)
def test_standing_of_an_entry_and_what_it_needs(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, ...]]
) -> None:
    before, after = (
        replay(tmp_path / name, ENTRY.format(more=f"state: {state}")) for name, state in (("old", old), ("new", new))
    )
    found = [
        (item.direction, item.software.removeprefix("dpkg:"), item.old, item.new)
        for item in compare_standings(FACTS, before, after)
    ]
    assert sorted(found) == sorted(expected)


def test_an_exception_is_gained(tmp_path: Path) -> None:
    before = replay(tmp_path / "old", ENTRY.format(more=NOBODY))
    after = replay(tmp_path / "new", ENTRY.format(more=NOBODY), EXCEPTION)
    assert [(item.direction, item.old, item.new) for item in compare_standings(FACTS, before, after)] == [
        ("gains", "out_of_scope", "excused"),
        ("gains", "unlisted", "excused"),
    ]


def test_newly_required_software_is_a_change_and_no_loss(tmp_path: Path) -> None:
    other = ENTRY.replace("F-1", "F-2").replace("name: A", "name: C").replace("name: a}", "name: c}")
    before = replay(tmp_path / "old", ENTRY.format(more="state: allowed") + other.format(more="state: allowed"))
    after = replay(tmp_path / "new", ENTRY.format(more="state: allowed") + other.format(more="state: required"))
    (change,) = compare_standings(FACTS, before, after)
    assert (change.direction, change.software, change.product) == ("changes", "dpkg:c", "C")
    assert (change.old, change.new) == ("", "missing_required")
