# SPDX-License-Identifier: Apache-2.0
"""``zhengban guard status`` says what the hosts said, and is content only with shut doors."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import Result

from zhengban.guard.table import digest_policy
from zhengban.model.facts import Facts
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

SHUT = {"apt": "shut", "dpkg": "shut", "table": "ok", "mode": "enforce", "policy": "current"}


def current_policy(workspace: Workspace, number: str) -> str:
    computer = workspace.register.computer_by_number[number]
    history = workspace.history(dt.datetime.now(dt.UTC))
    return digest_policy(workspace.compiler.for_computer(computer), computer, history)


@pytest.fixture
def guarded(root: Path, store_facts: Callable[..., Facts]) -> Callable[..., None]:
    """Store facts of a computer whose guard says this; with a table, one of today's policy and books."""

    def store(number: str, **guard: str) -> None:
        facts = store_facts(number)
        if guard.get("policy") == "current":
            guard["policy"] = current_policy(Workspace(root), number)
        attempts = ({"id": "a", "verdict": "blocked"},)
        keep_facts(Workspace(root), number, msgspec.structs.replace(facts, guard=guard, attempts=attempts))

    return store


def test_doors_are_shown_by_computer(invoke: Callable[..., Result], guarded: Callable[..., None]) -> None:
    guarded("PC-0001", **SHUT)
    reason = "打印机\x1b[2J"
    guarded("PC-0002", **{**SHUT, "apt": "open", "open_until": "2026-11-23T09:00:00Z", "open_reason": reason})
    result = invoke("guard", "status", "PC-0002", "PC-0001", "SRV-0001")
    assert result.exit_code == 1
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[1] == ["PC-0001", "shut", "shut", "1", "2026-11-23T08:00:00Z"]
    assert lines[2][:4] == ["PC-0002", "open", "shut", "1"]
    assert result.stdout.splitlines()[2].endswith("open until 2026-11-23T09:00:00Z: 打印机\\x1b[2J")
    assert lines[3] == ["SRV-0001", "0", "never", "asked"]


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        (SHUT, 0),
        ({}, 1),
        ({**SHUT, "dpkg": "broken"}, 1),
        ({**SHUT, "apt": "recorded", "dpkg": "recorded", "mode": "audit"}, 1),
        ({"apt": "shut", "dpkg": "shut", "table": "table_corrupt"}, 1),
    ],
    ids=["shut", "no guard", "broken", "audit", "no table"],
)
def test_only_shut_doors_are_well(
    invoke: Callable[..., Result], root: Path, guarded: Callable[..., None], guard: dict[str, str], code: int
) -> None:
    guarded("PC-0001", **guard)
    result = invoke("guard", "status", "PC-0001", "--format", "json")
    assert result.exit_code == code
    (standing,) = json.loads(result.stdout)
    assert standing == {
        "computer": "PC-0001",
        "facts_of": "2026-11-23T08:00:00Z",
        "guard": guard | ({"policy": current_policy(Workspace(root), "PC-0001")} if "policy" in guard else {}),
        "attempts": 1,
        "stale": False,
    }


def test_a_table_of_an_older_policy_is_not_well(
    invoke: Callable[..., Result], root: Path, guarded: Callable[..., None]
) -> None:
    guarded("PC-0001", **SHUT)
    assert invoke("guard", "status", "PC-0001").exit_code == 0
    path = root / "policies" / "forbidden.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("name: xunlei", "name: xunley"), encoding="utf-8")
    result = invoke("guard", "status", "PC-0001")
    assert (result.exit_code, "table of an older policy" in result.stdout) == (1, True)


def test_a_computer_nobody_knows_is_refused(invoke: Callable[..., Result]) -> None:
    assert invoke("guard", "status", "PC-9999").exit_code == 2
