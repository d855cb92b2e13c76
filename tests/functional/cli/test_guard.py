# SPDX-License-Identifier: Apache-2.0
"""``zhengban guard``: the status says what the hosts said, the door test what became of trying."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from typer.testing import Result

from zhengban.cli import playbook
from zhengban.guard.table import digest_policy
from zhengban.model.errors import FactsError
from zhengban.model.facts import Facts, ManagerFacts
from zhengban.run.doors import keep_door_test, stored_door_tests
from zhengban.run.facts import keep_facts
from zhengban.run.guarding import windows_guard_of
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
        "doors": ["apt", "dpkg"],
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


def test_windows_has_doors_of_its_own(
    invoke: Callable[..., Result], root: Path, store_facts: Callable[..., Facts]
) -> None:
    facts = store_facts("PC-0001")
    windows = msgspec.structs.replace(facts, managers={"windows": ManagerFacts(read=True, digest="1" * 64)})
    workspace = Workspace(root)
    computer = workspace.register.computer_by_number["PC-0001"]
    policy = windows_guard_of(workspace, computer, now=dt.datetime.now(dt.UTC)).digest
    guard = {"applocker": "shut", "installer": "shut", "table": "ok", "mode": "enforce", "policy": policy}
    keep_facts(workspace, "PC-0001", msgspec.structs.replace(windows, guard=guard))
    assert invoke("guard", "status", "PC-0001").exit_code == 0
    keep_facts(workspace, "PC-0001", msgspec.structs.replace(windows, guard={**guard, "installer": "broken"}))
    result = invoke("guard", "status", "PC-0001")
    header, row = (line.split() for line in result.stdout.splitlines())
    assert (result.exit_code, header[1:5], row[1:3]) == (
        1,
        ["applocker", "apt", "dpkg", "installer"],
        ["shut", "broken"],
    )


def test_applocker_policy_is_printed_with_what_it_does_not_name(
    invoke: Callable[..., Result], root: Path, tmp_path: Path
) -> None:
    """The example approves WPS Office on Windows without saying what may run of it."""
    result = invoke("guard", "applocker", "PC-0001")
    assert result.exit_code == 1
    assert ElementTree.fromstring(result.stdout).tag == "AppLockerPolicy"
    assert "WPS Office 2019: the policy does not name its programs" in result.stderr
    path = root / "policies" / "commercial.yml"
    named = 'name: "WPS Office*", programs: [{signed_by: O=KINGSOFT}],'
    path.write_text(path.read_text(encoding="utf-8").replace('name: "WPS Office*",', named), encoding="utf-8")
    target = tmp_path / "applocker.xml"
    result = invoke("guard", "applocker", "PC-0001", "--output", str(target), "--audit")
    assert (result.exit_code, result.stdout) == (0, "")
    text = target.read_text(encoding="utf-8")
    assert 'PublisherName="O=KINGSOFT"' in text and 'EnforcementMode="Enabled"' not in text


def test_a_computer_nobody_knows_is_refused(invoke: Callable[..., Result]) -> None:
    assert invoke("guard", "status", "PC-9999").exit_code == 2


WAY = {"way": "apt", "manager": "dpkg", "expected": "shut", "result": "shut", "reason": "unlisted x", "said": "…"}
OPEN_WAY = {**WAY, "way": "pip\x1b[2J", "expected": "open", "result": "open", "reason": ""}


@pytest.fixture
def doors(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[Any, ...]]]:
    """Let the playbook keep these door tests, and end with this code; returns how it was called."""

    def make(code: int = 0, **tests: dict[str, Any]) -> list[tuple[Any, ...]]:
        calls: list[tuple[Any, ...]] = []

        def run(workspace: Workspace, *arguments: Any, **options: Any) -> int:
            calls.append((*arguments, options))
            for number, test in tests.items():
                keep_door_test(workspace, number.replace("_", "-"), test, now=dt.datetime.now(dt.UTC))
            return code

        monkeypatch.setattr(playbook, "run_playbook", run)
        return calls

    keep_door_test(Workspace(root), "PC-0003", {"ways": [WAY]}, now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return make


def test_doors_are_tried_through_the_playbook(
    invoke: Callable[..., Result], doors: Callable[..., list[tuple[Any, ...]]]
) -> None:
    calls = doors(PC_0002={"ways": [WAY]}, PC_0001={"ways": [WAY, OPEN_WAY], "left": []})
    result = invoke("guard", "doors", "pc-0001", "department_D02", "--unguarded")
    assert result.exit_code == 0, result.output
    assert calls == [
        (
            "zhengban.baseline.doors",
            "pc-0001,department_D02",
            {"variables": {"zhengban_unguarded": True}, "is_shown": False},
        )
    ]
    # What an earlier test found is not shown again.
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [
        ["PC-0001", "apt", "shut"],
        ["PC-0001", "pip\\x1b[2J", "open"],
        ["PC-0002", "apt", "shut"],
    ]


@pytest.mark.parametrize(
    ("change", "left", "code"),
    [
        ({"result": "shut"}, [], 0),
        ({"result": "not applicable"}, [], 0),
        ({"result": "detected-only"}, [], 1),
        ({"result": "open"}, [], 1),
        ({"result": "untested"}, [], 1),
        ({"result": "shut"}, ["/opt/zhengban-door-test"], 1),
    ],
    ids=["shut", "not applicable", "detected", "open", "untested", "left behind"],
)
def test_a_door_that_is_not_as_expected_is_a_finding(
    invoke: Callable[..., Result],
    doors: Callable[..., list[tuple[Any, ...]]],
    change: dict[str, str],
    left: list[str],
    code: int,
) -> None:
    doors(PC_0001={"ways": [{**WAY, **change}], "left": left})
    assert invoke("guard", "doors", "all").exit_code == code
    result = invoke("guard", "doors", "all", "--format", "json")
    (test,) = json.loads(result.stdout)
    assert (test["computer"], test["ways"], test["left"]) == ("PC-0001", [{**WAY, **change}], left)


def test_a_door_test_that_failed_somewhere_is_a_failure(
    invoke: Callable[..., Result], doors: Callable[..., list[tuple[Any, ...]]]
) -> None:
    doors(2, PC_0001={"ways": [WAY]})
    result = invoke("guard", "doors", "all")
    assert (result.exit_code, "PC-0001" in result.stdout) == (3, True)


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"ways": []}, {"ways": [{**WAY, "result": "fine"}]}, {"ways": [WAY] * 501}],
    ids=["nothing", "no ways", "none", "a word of its own", "far too many"],
)
def test_what_is_no_door_test_is_not_kept(root: Path, answer: object) -> None:
    workspace = Workspace(root)
    with pytest.raises(FactsError, match="PC-0001: not a door test"):
        keep_door_test(workspace, "PC-0001", answer, now=dt.datetime.now(dt.UTC))
    assert stored_door_tests(workspace, since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) == ()
