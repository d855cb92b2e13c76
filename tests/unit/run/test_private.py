# SPDX-License-Identifier: Apache-2.0
"""A private finding closes by request, undoing or correction, not by being seen twice. Source: DESIGN 4, DOMAIN S4."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.golden.workspace import make_workspace
from zhengban.judge.passed_over import LEFT, list_packages
from zhengban.ledger.ids import new_run_id
from zhengban.life.adopting import adopt_computers
from zhengban.life.correcting import Correction, correct_books
from zhengban.model.facts import ManagerFacts
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.facts import ask_facts
from zhengban.run.planning import note_departures, plan_host
from zhengban.run.workspace import Workspace

from .memory_host import MemoryHost

POLICY = """\
baseline:
  name: office
  mode: enforce
  actions: {private_removal: restore}
  grace_days: 30
software:
- {name: Tool, number: FREE-1, type: free, category: other, packages: [{manager: dpkg, name: tool}]}
- {name: Viewer, number: FREE-2, type: free, category: other, packages: [{manager: dpkg, name: viewer}]}
- {name: WPS, version: "1", type: commercial, category: office, lots: [{number: COM-1, quantity: 1}],
   packages: [{manager: dpkg, name: wps, versions: "<2"}]}
- {name: WPS, version: "2", type: commercial, category: office, lots: [{number: COM-2, quantity: 1}],
   packages: [{manager: dpkg, name: wps, versions: ">=2"}]}
organisation:
  name: 测试厅
  approvers: {it: [E0001]}
"""
DAY = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
COMPUTER = "PC-0001"
VERBS = {
    ("private_install", "dpkg:viewer:amd64"),
    ("private_removal", "dpkg:tool:amd64"),
    ("private_upgrade", "dpkg:wps:amd64"),
}

Audit = Callable[[int], set[tuple[str, str]]]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace", POLICY)


@pytest.fixture
def host(workspace: Workspace) -> MemoryHost:
    """Adopted on the first day with tool and wps; since then one was removed, one upgraded and viewer installed."""
    host = MemoryHost("tool", "wps", offers={"tool": "1.0"})
    host.collected_at = DAY.strftime("%Y-%m-%dT%H:%M:%SZ")
    ask_facts(workspace, COMPUTER, host, now=DAY, keep=True)
    (adopted,) = adopt_computers(workspace, [workspace.computer_named(COMPUTER)], now=DAY)
    assert [item.book for item in adopted.records] == ["FREE-1", "COM-1", "FREE-0001"]
    host.packages = {"wps": "2.0", "viewer": "1.0"}
    return host


@pytest.fixture
def audit(workspace: Workspace, host: MemoryHost) -> Audit:
    """Audit the computer so many days later: the private findings."""

    def run(days: int) -> set[tuple[str, str]]:
        now = DAY + dt.timedelta(days=days)
        planned = plan_host(Workspace(workspace.root), workspace.computer_named(COMPUTER), host, now=now, check=False)
        found = {(finding.code, finding.package) for finding in planned.assessment.findings}
        return {item for item in found if item[0].startswith("private_")}

    return run


def first_seen(workspace: Workspace) -> dict[tuple[str, str], str]:
    seen = workspace.history(DAY).first_seen
    return {key[1:]: day.isoformat() for key, day in seen.items() if key[1].startswith("private_")}


def test_seen_again_it_stays_as_old_as_it_is(workspace: Workspace, audit: Audit) -> None:
    for days in (1, 2, 40):
        assert audit(days) == VERBS
    assert first_seen(workspace) == dict.fromkeys(VERBS, "2026-11-24")


def test_another_machine_closes_nothing(workspace: Workspace, host: MemoryHost, audit: Audit) -> None:
    audit(1)
    mine, host.machine_id = host.machine_id, "f" * 32
    assert audit(2) == set()
    host.machine_id = mine
    assert audit(3) == VERBS
    assert first_seen(workspace) == dict.fromkeys(VERBS, "2026-11-24")


def test_undoing_closes_it(workspace: Workspace, host: MemoryHost, audit: Audit) -> None:
    audit(1)
    host.packages = {"wps": "1.0", "tool": "1.0"}
    assert audit(2) == set()
    assert first_seen(workspace) == {}


@pytest.mark.parametrize(
    ("name", "book", "version", "closed"),
    [
        ("viewer", "FREE-2", "1.0", "private_install"),
        ("tool", "FREE-1", None, "private_removal"),
        ("wps", "COM-2", "2.0", "private_upgrade"),
    ],
)
def test_a_correction_closes_it(
    workspace: Workspace, audit: Audit, name: str, book: str, version: str | None, closed: str
) -> None:
    audit(1)
    correction = Correction(package=f"dpkg:{name}:amd64", book=book, version=version, by="E0001", reason="漏记")
    assert correct_books(workspace, workspace.computer_named(COMPUTER), correction, now=DAY)
    left = {item for item in VERBS if item[0] != closed}
    assert audit(2) == left
    assert first_seen(workspace) == dict.fromkeys(left, "2026-11-24")


def test_restoring_closes_it_and_keeps_the_books_right(workspace: Workspace, host: MemoryHost, audit: Audit) -> None:
    now = DAY + dt.timedelta(days=1)
    run, computer = new_run_id(now), workspace.computer_named(COMPUTER)
    planned = plan_host(workspace, computer, host, now=now, check=False)
    assert planned.plan is not None
    assert [(action.kind, action.package, action.number) for action in planned.plan.actions] == [
        ("install", "dpkg:tool:amd64", "FREE-1")
    ]
    armed = arm_run(workspace, {"pc-0001": planned.plan}, run=run, now=now, check=False)
    assert apply_plan(workspace, computer, planned.plan.hash, host, run=armed.run, now=now).state == "done"
    assert audit(2) == {item for item in VERBS if item[0] != "private_removal"}
    assert workspace.history(now).number_of(COMPUTER, "dpkg:tool:amd64") == "FREE-1"


LIB = ("private_install", "dpkg:lib:amd64")


@pytest.fixture
def with_lib(workspace: Workspace) -> MemoryHost:
    """Adopted with a part of wps that is in no book; since then it is listed, and wps needs it no more."""
    host = MemoryHost("wps", "lib")
    host.needs = {"wps": ["lib"]}
    host.collected_at = DAY.strftime("%Y-%m-%dT%H:%M:%SZ")
    ask_facts(workspace, COMPUTER, host, now=DAY, keep=True)
    (adopted,) = adopt_computers(workspace, [workspace.computer_named(COMPUTER)], now=DAY)
    assert [item.book for item in adopted.records] == ["COM-1", "FREE-0001"]
    line = "- {name: Lib, number: FREE-3, type: free, category: other, packages: [{manager: dpkg, name: lib}]}\n"
    (workspace.root / "policies" / "lib.yml").write_text(f"software:\n{line}", encoding="utf-8")
    host.needs = {}
    return host


def look(workspace: Workspace, host: MemoryHost, days: int) -> set[tuple[str, str]]:
    now = DAY + dt.timedelta(days=days)
    planned = plan_host(Workspace(workspace.root), workspace.computer_named(COMPUTER), host, now=now, check=False)
    found = {(finding.code, finding.package) for finding in planned.assessment.findings}
    return {item for item in found if item[0].startswith("private_")}


def test_what_was_there_at_the_adoption_left_and_came_back_was_installed(
    workspace: Workspace, with_lib: MemoryHost
) -> None:
    assert look(workspace, with_lib, 1) == set()
    version = with_lib.packages.pop("lib")
    assert look(workspace, with_lib, 2) == look(workspace, with_lib, 3) == set()
    with_lib.packages["lib"] = version
    assert look(workspace, with_lib, 4) == {LIB}
    # Being seen twice closes nothing, and it was noted once that it had gone.
    assert look(workspace, with_lib, 5) == {LIB}
    events = [event for event in workspace.ledger.events() if event.kind == LEFT]
    assert [(event.computer, event.data) for event in events] == [(COMPUTER, {"packages": list_packages([LIB[1]])})]


def test_what_could_not_be_read_is_not_gone(workspace: Workspace, with_lib: MemoryHost) -> None:
    now = DAY + dt.timedelta(days=1)
    facts = ask_facts(workspace, COMPUTER, with_lib, now=now, keep=False)
    unread = {"dpkg": ManagerFacts(read=False, why="it is locked", count=0, digest="")}
    for change in ({"packages": (), "managers": unread}, {}):
        note_departures(
            workspace,
            msgspec.structs.replace(facts, **change),
            workspace.history(now),
            computer=COMPUTER,
            now=now,
        )
    assert [event for event in workspace.ledger.events() if event.kind == LEFT] == []
