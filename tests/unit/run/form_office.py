# SPDX-License-Identifier: Apache-2.0
"""An office with people who apply, approve, maintain and sign, and its requests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.golden.workspace import make_workspace
from zhengban.model.plan import Plan
from zhengban.model.request import Request, RequestKind
from zhengban.papers.deciding import decide
from zhengban.papers.decision import Decision
from zhengban.papers.requesting import Draft, apply_for
from zhengban.run.applying import Applied, apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.planning import plan_host
from zhengban.run.requests import judge_file, order_of, request_file
from zhengban.run.workspace import Workspace

from .memory_host import MemoryHost

# 17:30 on the 23rd in Shanghai.
NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
RUN = "20261123T093000Z-abc123"

HEAD, IT, OTHER_IT, LEADER, USER, ENGINEER, GONE = "E0003", "E0010", "E0011", "E0001", "E0002", "E0012", "E0009"
OFFICE = f"""\
organisation:
  name: 测试厅
  responsible_department: D03
  approvers: {{it: [{IT}, {OTHER_IT}, {GONE}], leader: [{LEADER}]}}
departments:
- {{id: D02, name: 财务处, head: {HEAD}, formerly: [计财处]}}
- {{id: D03, name: 信息中心, head: {IT}}}
people:
- {{id: {LEADER}, name: 王建国, department: D03, pledge: 2026-01-05}}
- {{id: {USER}, name: 张三, department: D02, pledge: 2026-01-05}}
- {{id: {HEAD}, name: 赵红梅, department: D02, pledge: 2026-01-05}}
- {{id: {GONE}, name: 孙晓东, department: D03, pledge: 2026-01-05, left_on: 2026-11-23}}
- {{id: {IT}, name: 李敏, department: D03, pledge: 2026-01-05}}
- {{id: {OTHER_IT}, name: 周伟, department: D02, pledge: 2026-01-05}}
- {{id: {ENGINEER}, name: 陈工, department: D03, pledge: 2026-01-05}}
computers:
- {{number: PC-0001, names: {{ansible: pc-0001}}, brand: 联想, kind: desktop, user: {USER},
   identity: {{machine_id: "00000000000000000000000000000001"}}}}
- {{number: PC-0002, names: {{ansible: pc-0002}}, kind: laptop, user: {LEADER},
   identity: {{machine_id: "00000000000000000000000000000002"}}}}
- {{number: PC-0004, names: {{ansible: pc-0004}}, kind: desktop, status: spare}}
"""
POLICY = """\
baseline: {name: office, mode: audit, approvals: {signatures: optional, valid_days: 30, confirm_days: 14}}
software:
- {name: 7-Zip, number: FREE-1, type: free, category: other, packages: [{manager: dpkg, name: p7zip, versions: ">=2"}]}
- {name: Viewer, number: FREE-2, type: free, category: other, state: retired, packages: [{manager: dpkg, name: viewer}]}
- name: WPS
  version: "2019"
  type: commercial
  category: office
  lots: [{number: COM-2019, quantity: 5}]
  packages: [{manager: dpkg, name: wps-2019}]
- name: WPS
  version: "2023"
  type: commercial
  category: office
  lots: [{number: COM-2023, quantity: 5}]
  packages: [{manager: dpkg, name: wps-2023}]
"""


def make_office(root: Path, policy: str = POLICY, office: str = OFFICE) -> Workspace:
    return make_workspace(root, policy, office)


def ask(
    workspace: Workspace,
    kind: RequestKind = "install",
    number: str = "COM-2019",
    *,
    computer: str = "PC-0001",
    applicant: str = USER,
    old_number: str = "",
    now: dt.datetime = NOW,
) -> str:
    """Apply for a change; the request's id."""
    draft = Draft(
        computer=computer, kind=kind, number=number, old_number=old_number, applicant=applicant, reason="写报告"
    )
    (filed,) = apply_for(workspace, [draft], now=now)
    assert filed.is_new
    return filed.id


def approve(workspace: Workspace, identity: str, by: str, *, now: dt.datetime = NOW, **more: object) -> Request:
    return decide(workspace, identity, Decision(kind="approved", by=by, **more), now=now)  # type: ignore[arg-type]


def approved(workspace: Workspace, kind: RequestKind = "install", number: str = "COM-2019", **more: object) -> str:
    """A request that department and IT have approved."""
    identity = ask(workspace, kind, number, **more)  # type: ignore[arg-type]
    approve(workspace, identity, HEAD)
    assert approve(workspace, identity, IT).state == "approved"
    return identity


def state_of(workspace: Workspace, identity: str, now: dt.datetime = NOW) -> Request:
    """The request as another process sees it."""
    fresh = Workspace(workspace.root)
    history = fresh.history(now)
    return judge_file(fresh, request_file(fresh, identity), history=history, now=now)


def plan_request(
    workspace: Workspace, identity: str, host: MemoryHost, *, computer: str = "PC-0001", now: dt.datetime = NOW
) -> Plan:
    """What the action ``maintain`` does."""
    row = workspace.register.computer_by_number[computer]
    order = order_of(workspace, identity, computer, now=now)
    plan = plan_host(workspace, row, host, now=now, check=False, deployment=order).plan
    assert plan is not None
    return plan


def arm_plan(workspace: Workspace, plan: Plan, *, run: str = RUN, now: dt.datetime = NOW) -> None:
    arm_run(workspace, {plan.computer.lower(): plan}, run=run, now=now, check=False)


def carry_out(workspace: Workspace, plan: Plan, host: MemoryHost, *, run: str = RUN, now: dt.datetime = NOW) -> Applied:
    row = workspace.register.computer_by_number[plan.computer]
    return apply_plan(workspace, row, plan.hash, host, run=run, now=now)


def edit_policy(workspace: Workspace, old: str, new: str) -> Workspace:
    """The workspace after somebody changed the policy's settings."""
    path = workspace.root / "policies" / "baseline.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return Workspace(workspace.root)


def edit_register(workspace: Workspace, name: str, old: str, new: str) -> Workspace:
    """The workspace after somebody changed a file of the register."""
    path = workspace.root / "inventories" / "register" / f"{name}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return Workspace(workspace.root)
