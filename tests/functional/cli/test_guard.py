# SPDX-License-Identifier: Apache-2.0
"""``zhengban guard status`` says what the hosts said, and is content only with shut doors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import Result

from zhengban.model.facts import Facts
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

SHUT = {"apt": "shut", "dpkg": "shut", "table": "ok", "mode": "enforce"}


@pytest.fixture
def guarded(root: Path, store_facts: Callable[..., Facts]) -> Callable[..., None]:
    """Store facts of a computer whose guard says this."""

    def store(number: str, **guard: str) -> None:
        facts = store_facts(number)
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
        ({**SHUT, "table": "table_corrupt"}, 1),
    ],
    ids=["shut", "no guard", "broken", "audit", "no table"],
)
def test_only_shut_doors_are_well(
    invoke: Callable[..., Result], guarded: Callable[..., None], guard: dict[str, str], code: int
) -> None:
    guarded("PC-0001", **guard)
    result = invoke("guard", "status", "PC-0001", "--format", "json")
    assert result.exit_code == code
    (standing,) = json.loads(result.stdout)
    assert standing == {"computer": "PC-0001", "facts_of": "2026-11-23T08:00:00Z", "guard": guard, "attempts": 1}


def test_a_computer_nobody_knows_is_refused(invoke: Callable[..., Result]) -> None:
    assert invoke("guard", "status", "PC-9999").exit_code == 2
