# SPDX-License-Identifier: Apache-2.0
"""Attempts become events of the ledger, each once, and only from the machine the register knows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from tests.golden.facts import facts_of
from tests.golden.workspace import make_workspace
from zhengban.model.errors import FactsError
from zhengban.model.facts import Facts, facts_from_plain
from zhengban.model.record import Event
from zhengban.run.guarding import note_attempts
from zhengban.run.workspace import Workspace

NOW = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)


def facts(*ids: str) -> Facts:
    attempts = tuple({"id": one, "verdict": "blocked"} if one else {"verdict": "blocked"} for one in ids)
    return msgspec.structs.replace(facts_of({}), attempts=attempts)


def note(workspace: Workspace, number: str, seen: Facts) -> list[tuple[str, object]]:
    note_attempts(workspace, workspace.register.computer_by_number[number], seen, now=NOW)
    return [(event.computer, event.data["id"]) for event in events(workspace)]


def events(workspace: Workspace) -> tuple[Event, ...]:
    return workspace.ledger.events()


def test_each_attempt_is_noted_once(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace", "baseline: {name: office, mode: audit}\n")
    assert note(workspace, "PC-0001", facts()) == []
    assert not (tmp_path / "workspace/ledger").exists()
    assert note(workspace, "PC-0001", facts("a", "b", "a", "")) == [("PC-0001", "a"), ("PC-0001", "b")]
    # The spool dropped its oldest; another process knows only the files.
    again = Workspace(tmp_path / "workspace")
    assert [one for _computer, one in note(again, "PC-0001", facts("b", "c"))] == ["a", "b", "c"]
    assert {event.kind for event in events(again)} == {"guard_attempt"}


def test_another_machine_notes_nothing(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace", "baseline: {name: office, mode: audit}\n")
    assert note(workspace, "PC-0002", facts("a")) == []


@pytest.mark.parametrize(
    "attempts",
    [[{"id": 1}], [{"id": "x" * 2000}], [{"id": "a"}] * 5001, ["a"]],
    ids=["a number", "an endless text", "too many", "no mapping"],
)
def test_a_hostile_spool_is_refused_with_its_facts(attempts: list[object]) -> None:
    document = msgspec.to_builtins(facts_of({})) | {"attempts": attempts}
    with pytest.raises(FactsError, match="collect the facts again"):
        facts_from_plain(document, source="PC-0001")
