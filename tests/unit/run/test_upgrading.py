# SPDX-License-Identifier: Apache-2.0
"""An upgrade of commercial software over two books, from the policy to the records: both or neither.

Source: DESIGN 6, DOMAIN L4.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.plan import Plan
from zhengban.model.register import Computer
from zhengban.run.applying import Applied, apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.planning import plan_host
from zhengban.run.settling import settle_host
from zhengban.run.workspace import Workspace

from .conftest import NOW, RUN
from .memory_host import ConnectionLost, MemoryHost

POLICY = """\
baseline: {name: office, mode: enforce, actions: {upgrade_due: upgrade}}
software:
- name: WPS
  version: "2019"
  type: commercial
  category: office
  lots: [{number: COM-0001}]
  packages: [{manager: dpkg, name: wps-2019, versions: "<2"}]
- name: WPS
  version: "2023"
  type: commercial
  category: office
  lots: [{number: COM-0002}]
  packages: [{manager: dpkg, name: NEW, versions: ">=2"}]
upgrades:
- {software: WPS, from: "2019", to: "2023", rollout: [{percent: 100, from: 2026-11-01}]}
"""
BOTH = {("COM-0001", "uninstall", "dpkg:wps-2019:amd64", "1.0"), ("COM-0002", "install", "dpkg:wps-2023:amd64", "2.1")}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace", POLICY.replace("NEW", "wps-2023"))


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost("wps-2019", offers={"wps-2023": "2.1", "wps-2019": "2.1"})


def arm(workspace: Workspace, computer: Computer, host: MemoryHost) -> Plan:
    plan = plan_host(workspace, computer, host, now=NOW, check=False).plan
    assert plan is not None
    arm_run(workspace, {"pc-0001": plan}, run=RUN, now=NOW, check=False)
    return plan


def upgrade(workspace: Workspace, computer: Computer, host: MemoryHost) -> Applied:
    return apply_plan(workspace, computer, arm(workspace, computer, host).hash, host, run=RUN, now=NOW)


def booked(workspace: Workspace) -> set[tuple[str, str, str, str]]:
    records = Workspace(workspace.root).ledger.all_records()
    return {(item.book, item.record.action, item.record.package, item.record.version) for item in records}


def numbers_on_record(workspace: Workspace) -> dict[tuple[str, str], str]:
    return {place: holding.number for place, holding in workspace.history(NOW).holdings.items()}


def test_another_package_in_another_book(workspace: Workspace, computer: Computer, host: MemoryHost) -> None:
    applied = upgrade(workspace, computer, host)

    assert (applied.state, host.packages) == ("done", {"wps-2023": "2.1"})
    assert [(outcome.package, outcome.state) for outcome in applied.outcomes] == [("dpkg:wps-2023:amd64", "done")]
    assert booked(workspace) == BOTH
    assert {item.record.cause for item in applied.records} == {"upgrade"}
    assert workspace.ledger.verify() == ()
    assert numbers_on_record(workspace) == {("PC-0001", "dpkg:wps-2023:amd64"): "COM-0002"}
    # Nothing was lost, so the limits on losses do not count it.
    assert workspace.history(NOW).losses == ()


def test_the_same_package_in_another_book(tmp_path: Path, computer: Computer, host: MemoryHost) -> None:
    workspace = make_workspace(tmp_path / "same", POLICY.replace("NEW", "wps-2019"))

    assert upgrade(workspace, computer, host).state == "done"

    assert booked(workspace) == {
        ("COM-0001", "uninstall", "dpkg:wps-2019:amd64", "1.0"),
        ("COM-0002", "install", "dpkg:wps-2019:amd64", "2.1"),
    }
    assert numbers_on_record(workspace) == {("PC-0001", "dpkg:wps-2019:amd64"): "COM-0002"}


@pytest.mark.parametrize("after", [{}, {"wps-2019": "1.0", "wps-2023": "2.1"}, {"wps-2019": "1.0"}], ids=str)
def test_half_an_upgrade_is_none(
    workspace: Workspace, computer: Computer, host: MemoryHost, after: dict[str, str]
) -> None:
    plan = arm(workspace, computer, host)
    real = MemoryHost()
    real.packages = after
    host.answers["apply"] = {"state": "failed", "reason": "apt failed", "outcomes": OUTCOMES, "facts": real.document()}

    applied = apply_plan(workspace, computer, plan.hash, host, run=RUN, now=NOW)

    assert (applied.state, applied.records, booked(workspace)) == ("failed", (), set())
    assert [(outcome.package, outcome.state) for outcome in applied.outcomes] == [("dpkg:wps-2023:amd64", "not_done")]


OUTCOMES = [
    {"package": f"dpkg:{name}:amd64", "state": "not_done", "version": "", "reason": "apt failed"}
    for name in ("wps-2019", "wps-2023")
]


@pytest.mark.parametrize("denied", [0, 1])
def test_a_half_the_host_denies_is_none(
    workspace: Workspace, computer: Computer, host: MemoryHost, denied: int
) -> None:
    plan = arm(workspace, computer, host)
    real = MemoryHost()
    real.packages = {"wps-2023": "2.1"}
    outcomes = [OUTCOMES[denied], {**OUTCOMES[1 - denied], "state": "done"}]
    host.answers["apply"] = {"state": "failed", "reason": "apt failed", "outcomes": outcomes, "facts": real.document()}

    applied = apply_plan(workspace, computer, plan.hash, host, run=RUN, now=NOW)

    assert [(outcome.state, outcome.reason) for outcome in applied.outcomes] == [("not_done", "apt failed")]
    assert booked(workspace) == set()


def leave_open(workspace: Workspace, computer: Computer, host: MemoryHost, cut: str) -> None:
    plan = arm(workspace, computer, host)
    host.cut["apply"] = cut
    with pytest.raises(ConnectionLost):
        apply_plan(workspace, computer, plan.hash, host, run=RUN, now=NOW)


def test_settled_when_the_host_was_done(workspace: Workspace, computer: Computer, host: MemoryHost) -> None:
    leave_open(workspace, computer, host, "after")

    settle_host(Workspace(workspace.root), computer, host)

    assert booked(workspace) == BOTH


@pytest.mark.parametrize(
    ("packages", "expected"),
    [({"wps-2023": "2.1"}, BOTH), ({}, set()), ({"wps-2019": "1.0", "wps-2023": "2.1"}, set())],
    ids=["replaced", "gone", "side-by-side"],
)
def test_settled_when_the_host_was_interrupted(
    workspace: Workspace,
    computer: Computer,
    host: MemoryHost,
    packages: dict[str, str],
    expected: set[tuple[str, str, str, str]],
) -> None:
    leave_open(workspace, computer, host, "before")
    host.packages = packages
    host.journal[f"{RUN}/PC-0001"] = {"state": "interrupted"}

    settle_host(Workspace(workspace.root), computer, host)

    assert booked(workspace) == expected


def test_settled_when_the_host_did_half(workspace: Workspace, computer: Computer, host: MemoryHost) -> None:
    leave_open(workspace, computer, host, "before")
    host.journal[f"{RUN}/PC-0001"] = {
        "state": "done",
        "outcomes": [OUTCOMES[0], {**OUTCOMES[1], "state": "done", "version": "2.1"}],
    }

    settle_host(Workspace(workspace.root), computer, host)

    assert booked(workspace) == set()
