# SPDX-License-Identifier: Apache-2.0
"""Limits that people set aside, from the decision to the host and back. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.errors import InputError, Refused
from zhengban.model.waiver import UrgentRemoval
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.planning import plan_host
from zhengban.run.waiving import close_urgent, decide_urgent, raise_limit, urgent_states
from zhengban.run.workspace import Workspace

from .conftest import POLICY
from .memory_host import MemoryHost

# What limits count is counted from the moment it is settled.
NOW = dt.datetime.now(dt.UTC)
GRACE = "baseline: {name: office, mode: enforce, grace_days: 30, limits: {computers_per_run: 1}}\n"
OFFICE = """\
organisation: {name: 测试厅, approvers: {it: [E1], leader: [E2]}}
departments: [{id: D1, name: 财务处}]
people: [{id: E1, name: 甲, department: D1}, {id: E2, name: 乙, department: D1}, {id: E3, name: 丙, department: D1}]
computers:
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    computers = "".join(
        f"- {{number: PC-{index}, kind: desktop, user: E3, "
        f"identity: {{machine_id: {MemoryHost().machine_id[:-1]}{index}}}}}\n"
        for index in (1, 2, 3, 4)
    )
    return make_workspace(tmp_path / "workspace", GRACE + POLICY, OFFICE + computers)


def run(workspace: Workspace, hosts: dict[str, MemoryHost], name: str, *numbers: str, apply: bool = True) -> None:
    """One run over some of the computers, from the plan to the records."""
    workspace = Workspace(workspace.root)
    by_number = workspace.register.computer_by_number
    plans = {
        number: plan_host(workspace, by_number[number], hosts[number], now=NOW, check=False).plan for number in numbers
    }
    armed = arm_run(workspace, plans, run=name, now=NOW, check=False)
    for number, plan_hash in armed.computers.items() if apply else ():
        done = apply_plan(workspace, by_number[number], plan_hash, hosts[number], run=name, now=NOW)
        assert done.state == "done", done


def make_hosts() -> dict[str, MemoryHost]:
    hosts = {f"PC-{index}": MemoryHost("kav", "xunlei", "game") for index in (1, 2, 3, 4)}
    for number, host in hosts.items():
        host.machine_id = host.machine_id[:-1] + number[-1]
    return hosts


def decide(workspace: Workspace, *packages: str, computers: int = 3) -> UrgentRemoval:
    packages = packages or ("dpkg:xunlei",)
    return decide_urgent(workspace, packages, computers=computers, reason="漏洞", approved_by="E2", now=NOW)


def test_an_urgent_removal_from_decision_to_record(workspace: Workspace) -> None:
    hosts = make_hosts()
    urgent = decide(workspace)
    # PC-3 is away; grace would hold back both, and one computer in 24 hours is the limit.
    run(workspace, hosts, "20261123T093000Z-aaaaaa", "PC-1", "PC-2")
    assert [sorted(hosts[number].packages) for number in ("PC-1", "PC-2")] == [["game", "kav"]] * 2
    (state,) = urgent_states(Workspace(workspace.root), now=NOW)
    assert (state.armed, state.left, state.unread) == (("PC-1", "PC-2"), (), ("PC-3", "PC-4"))

    # It stays open for who was away, and no further than was decided.
    run(workspace, hosts, "20261123T100000Z-bbbbbb", "PC-3")
    with pytest.raises(Refused, match=f"{urgent.id} would reach 4 computers, 3 of them before, it was decided for 3"):
        run(workspace, hosts, "20261123T110000Z-cccccc", "PC-4")
    assert "xunlei" in hosts["PC-4"].packages
    records = [item.record for item in workspace.ledger.all_records()]
    assert {record.cause for record in records} == {f"urgent:{urgent.id}"}
    assert [record.computer for record in records] == ["PC-1", "PC-2", "PC-3"]
    # What left urgently takes nothing from the policy's own limit.
    assert Workspace(workspace.root).history(NOW).losses == ()
    assert workspace.ledger.verify() == ()


def test_what_is_armed_under_a_closed_urgent_removal_is_not_carried_out(workspace: Workspace) -> None:
    hosts = make_hosts()
    urgent = decide(workspace)
    run(workspace, hosts, "20261123T093000Z-aaaaaa", "PC-1", apply=False)
    close_urgent(workspace, urgent.id, by="E1", reason="误报", now=NOW)
    computer = workspace.register.computer_by_number["PC-1"]
    (plan,) = (workspace.root / "plans" / "PC-1").glob("*.json")
    with pytest.raises(Refused, match=f"the urgent removal {urgent.id} was closed"):
        apply_plan(workspace, computer, plan.stem, hosts["PC-1"], run="20261123T093000Z-aaaaaa", now=NOW)
    assert "xunlei" in hosts["PC-1"].packages
    assert urgent_states(workspace, now=NOW) == ()
    assert decide(workspace).id != urgent.id


def test_a_limit_is_raised_for_some_hours(workspace: Workspace) -> None:
    baseline = workspace.root / "policies" / "baseline.yml"
    text = baseline.read_text(encoding="utf-8")
    baseline.write_text(text.replace("grace_days: 30", "grace_days: 0, actions: {unlisted: remove}"), encoding="utf-8")
    workspace = Workspace(workspace.root)
    hosts = make_hosts()
    with pytest.raises(Refused, match="2 computers would lose software, the limit is 1"):
        run(workspace, hosts, "20261123T093000Z-aaaaaa", "PC-1", "PC-2")
    raise_limit(workspace, 2, hours=1, reason="核对无误", approved_by="E1", now=NOW)
    run(workspace, hosts, "20261123T100000Z-bbbbbb", "PC-1", "PC-2")
    assert sorted(hosts["PC-2"].packages) == ["kav"]
    with pytest.raises(
        Refused, match="3 computers would lose software, 2 of them within the last 24 h, the limit is 2"
    ):
        run(workspace, hosts, "20261123T110000Z-cccccc", "PC-3")
    assert workspace.history(NOW + dt.timedelta(hours=1)).raised == ()


@pytest.mark.parametrize(
    ("package", "computers", "reason", "approver", "wrong"),
    [
        ("xunlei", 1, "漏洞", "E1", "'xunlei' names no package"),
        ("dpkg:*", 1, "漏洞", "E1", r"'dpkg:\*' names no package"),
        ("platform:debian", 1, "漏洞", "E1", "'platform:debian' names no package"),
        ("dpkg:xunlei", 0, "漏洞", "E1", "0 computers"),
        ("dpkg:xunlei", 1, " ", "E1", "--reason"),
        ("dpkg:xunlei", 1, "漏洞", "E9", "no person has the id 'E9'"),
        ("dpkg:xunlei", 1, "漏洞", "E3", "E3 is neither under organisation.approvers.it nor under leader"),
    ],
)
def test_a_wrong_decision_is_not_written(
    workspace: Workspace, package: str, computers: int, reason: str, approver: str, wrong: str
) -> None:
    with pytest.raises(InputError, match=wrong):
        decide_urgent(workspace, [package], computers=computers, reason=reason, approved_by=approver, now=NOW)
    assert workspace.ledger.events() == ()


def test_wrong_raises_and_closings_are_not_written(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="1 is no more than the policy's limit, 1"):
        raise_limit(workspace, 1, hours=4, reason="放行", approved_by="E1", now=NOW)
    with pytest.raises(InputError, match="--hours"):
        raise_limit(workspace, 5, hours=0, reason="放行", approved_by="E1", now=NOW)
    with pytest.raises(InputError, match="no urgent removal 'URG-1' is open"):
        close_urgent(workspace, "URG-1", by="E1", reason="误报", now=NOW)
    assert workspace.ledger.events() == ()
