# SPDX-License-Identifier: Apache-2.0
"""Undoing a run: what it removed or upgraded comes back, by new records. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.errors import InputError
from zhengban.model.plan import Plan
from zhengban.run.applying import Applied, apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.planning import plan_host
from zhengban.run.restoring import restoration_of
from zhengban.run.workspace import Workspace

from .memory_host import MemoryHost

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
FIRST, SECOND = "20261123T093000Z-aaaaaa", "20261123T100000Z-bbbbbb"
BASELINE = """\
baseline:
  name: office
  grace_days: 0
  mode: enforce
  actions: {unlisted: remove, version_not_allowed: upgrade}
"""
OLD = """\
software:
- {name: KAV, number: FREE-3, type: free, category: antivirus, packages: [{manager: dpkg, name: kav, versions: ">=9"}]}
"""
NEW = """\
software:
- {name: KAV, number: FREE-3, type: free, category: antivirus, packages: [{manager: dpkg, name: kav}]}
- {name: Game, number: FREE-4, type: free, category: other, packages: [{manager: dpkg, name: game}]}
"""


def carry_out(workspace: Workspace, host: MemoryHost, run: str, *, restores: str = "") -> tuple[Plan, Applied | None]:
    workspace = Workspace(workspace.root)
    computer = workspace.register.computer_by_number["PC-0001"]
    restoration = restoration_of(workspace, restores, "PC-0001") if restores else None
    plan = plan_host(workspace, computer, host, now=NOW, check=False, restoration=restoration).plan
    assert plan is not None
    if not plan.actions:
        return plan, None
    arm_run(workspace, {"pc-0001": plan}, run=run, now=NOW, check=False)
    return plan, apply_plan(workspace, computer, plan.hash, host, run=run, now=NOW)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace", BASELINE + OLD)


@pytest.fixture
def host(workspace: Workspace) -> MemoryHost:
    """A run has removed the game and the trap from it, and upgraded KAV."""
    host = MemoryHost("game", "trap", "kav", offers={"kav": "9.0"})
    _plan, done = carry_out(workspace, host, FIRST)
    assert done is not None and host.packages == {"kav": "9.0"}
    return host


def test_what_the_policy_allows_now_comes_back(workspace: Workspace, host: MemoryHost) -> None:
    (workspace.root / "policies" / "software.yml").write_text(NEW, encoding="utf-8")
    host.offers = {"kav": "1.0", "game": "1.0", "trap": "1.0"}
    plan, done = carry_out(workspace, host, SECOND, restores=FIRST)
    assert done is not None and done.state == "done"
    assert host.packages == {"kav": "1.0", "game": "1.0"}
    (asked,) = [argument for question, argument in host.asked if question == "simulate"][-1:]
    assert list(asked["install"]) == [{"name": "game", "versions": "=1.0"}]
    assert list(asked["upgrade"]) == [{"name": "kav", "versions": "=1.0", "back": True}]
    (refusal,) = plan.refusals
    assert refusal.package == "dpkg:trap:amd64"
    assert "version 1.0 does not come back: no software list names it" in refusal.reason
    records = [(item.book, item.record) for item in workspace.ledger.all_records() if item.record.run == SECOND]
    assert {(book, record.action, record.package, record.version, record.cause) for book, record in records} == {
        ("FREE-3", "uninstall", "dpkg:kav:amd64", "9.0", f"restore:{FIRST}"),
        ("FREE-3", "install", "dpkg:kav:amd64", "1.0", f"restore:{FIRST}"),
        ("FREE-4", "install", "dpkg:game:amd64", "1.0", f"restore:{FIRST}"),
    }
    assert workspace.ledger.verify() == ()
    # Nothing is left to put back, and the restoration itself can be undone.
    plan, done = carry_out(workspace, host, "20261123T110000Z-cccccc", restores=FIRST)
    assert (plan.actions, done) == ((), None)


def test_what_the_policy_does_not_allow_stays_away(workspace: Workspace, host: MemoryHost) -> None:
    plan, _done = carry_out(workspace, host, SECOND, restores=FIRST)
    assert plan.actions == ()
    reasons = {item.package: item.reason.partition(": ")[2] for item in plan.refusals}
    assert reasons["dpkg:kav:amd64"] == "KAV is not approved in version 1.0"
    assert reasons["dpkg:game:amd64"].startswith("no software list names it")


def test_what_changed_since_is_left_alone(workspace: Workspace, host: MemoryHost) -> None:
    (workspace.root / "policies" / "software.yml").write_text(NEW, encoding="utf-8")
    host.packages["kav"] = "9.9"
    host.packages["game"] = "2.0"
    plan, _done = carry_out(workspace, host, SECOND, restores=FIRST)
    reasons = {item.package: item.reason for item in plan.refusals}
    assert reasons["dpkg:kav:amd64"].endswith("dpkg:kav:amd64 9.0 came in its place, and 9.9 is there now")
    assert reasons["dpkg:game:amd64"].endswith("it is there")


def test_a_run_nobody_knows(workspace: Workspace, host: MemoryHost) -> None:
    with pytest.raises(InputError, match=f"the ledger knows no run '{SECOND}'; did you mean"):
        restoration_of(workspace, SECOND, "PC-0001")
    with pytest.raises(InputError, match="no run is named"):
        restoration_of(workspace, "", "PC-0001")
    assert restoration_of(workspace, FIRST, "PC-0002").taken == ()
