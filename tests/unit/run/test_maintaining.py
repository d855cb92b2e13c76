# SPDX-License-Identifier: Apache-2.0
"""A change under a request, from the approval to the records; and everything that keeps it from being made.

Source: DESIGN 9, 11, DOMAIN I1, I2, L3, L4.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from zhengban.model.errors import InputError, Refused
from zhengban.model.plan import Plan
from zhengban.papers.deciding import decide
from zhengban.papers.decision import Decision
from zhengban.plan import Deployment
from zhengban.plan.hash import with_hash
from zhengban.run.arming import arm_run
from zhengban.run.planning import plan_host
from zhengban.run.settling import settle_host
from zhengban.run.workspace import Workspace, write_cache

from .form_office import (
    HEAD,
    IT,
    LEADER,
    NOW,
    RUN,
    USER,
    approve,
    approved,
    arm_plan,
    ask,
    carry_out,
    edit_policy,
    edit_register,
    make_office,
    plan_request,
    state_of,
)
from .memory_host import ConnectionLost, MemoryHost

LATER = "20261123T103000Z-def456"
OFFERS = {"p7zip": "23", "wps-2019": "11", "wps-2023": "12"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_office(tmp_path / "workspace")


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost("game", offers=OFFERS)


def records(workspace: Workspace) -> set[tuple[str, str, str, str]]:
    return {
        (item.book, item.record.action, item.record.package, item.record.cause)
        for item in workspace.ledger.all_records()
    }


def put_on_record(workspace: Workspace, host: MemoryHost, number: str = "COM-2019", run: str = RUN) -> None:
    """Deploy something, so that it is in the books."""
    computer = workspace.register.computer_by_number["PC-0001"]
    order = Deployment(install=(number,), notice="2026-001")
    plan = plan_host(workspace, computer, host, now=NOW, check=False, deployment=order).plan
    assert plan is not None
    arm_plan(workspace, plan, run=run)
    assert carry_out(workspace, plan, host, run=run).state == "done"


def test_i1_install_on_an_audited_computer(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    assert plan.mode == "enforce"
    assert plan.requests == (identity,)
    arm_plan(workspace, plan)
    assert carry_out(workspace, plan, host).state == "done"
    # What nobody asked for stays as it is.
    assert host.packages == {"game": "1.0", "wps-2019": "11"}
    assert records(workspace) == {("COM-2019", "install", "dpkg:wps-2019:amd64", f"request:{identity}")}
    request = state_of(workspace, identity)
    assert (request.state, request.uses) == ("used", ((RUN, "PC-0001"),))
    assert workspace.ledger.verify() == ()


def test_i1_removal(workspace: Workspace) -> None:
    host = MemoryHost("wps-2019", "game")
    identity = approved(workspace, "remove")
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    assert carry_out(workspace, plan, host).state == "done"
    assert host.packages == {"game": "1.0"}
    assert records(workspace) == {("COM-2019", "uninstall", "dpkg:wps-2019:amd64", f"request:{identity}")}


def test_l4_upgrade_over_two_books(workspace: Workspace, host: MemoryHost) -> None:
    put_on_record(workspace, host)
    # What it starts from is what is on record.
    identity = approved(workspace, "upgrade", "COM-2023")
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan, run=LATER)
    assert carry_out(workspace, plan, host, run=LATER).state == "done"
    assert host.packages == {"game": "1.0", "wps-2023": "12"}
    assert {item for item in records(workspace) if item[3] != "deployment"} == {
        ("COM-2019", "uninstall", "dpkg:wps-2019:amd64", f"request:{identity}"),
        ("COM-2023", "install", "dpkg:wps-2023:amd64", f"request:{identity}"),
    }


def test_upgrade_of_free_software_stays_in_its_number(workspace: Workspace) -> None:
    host = MemoryHost("p7zip", offers=OFFERS)
    identity = approved(workspace, "upgrade", "FREE-1")
    plan = plan_request(workspace, identity, host)
    assert [(action.kind, action.number, action.old_number) for action in plan.actions] == [("upgrade", "FREE-1", "")]


def test_the_hash_covers_the_request(workspace: Workspace, host: MemoryHost) -> None:
    first = plan_request(workspace, approved(workspace), host)
    row = workspace.register.computer_by_number["PC-0001"]
    other = tuple(msgspec.structs.replace(action, cause="request:REQ-2026-abcdef-0009") for action in first.actions)
    assert with_hash(msgspec.structs.replace(first, actions=other), row).hash != first.hash


def test_what_is_there_already_uses_nothing(workspace: Workspace) -> None:
    identity = approved(workspace)
    assert plan_request(workspace, identity, MemoryHost("wps-2019")).actions == ()
    assert state_of(workspace, identity).state == "approved"


def test_replayed(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    carry_out(workspace, plan, host)
    del host.packages["wps-2019"]
    with pytest.raises(Refused, match=f"{identity} was used in run {RUN} on PC-0001: a request is good for one change"):
        plan_request(workspace, identity, host)


def test_replayed_with_a_plan_made_before(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    carry_out(workspace, plan, host)
    del host.packages["wps-2019"]
    with pytest.raises(Refused, match="a request is good for one change"):
        arm_plan(workspace, plan, run=LATER)


def test_armed_twice(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    assert state_of(workspace, identity).state == "used"
    with pytest.raises(Refused, match=f"was used in run {RUN}"):
        arm_plan(workspace, plan, run=LATER)
    # An arming nobody carried out gives it back when it ends.
    after = NOW + dt.timedelta(hours=5)
    assert state_of(workspace, identity, after).state == "approved"


def test_a_change_that_is_still_open_uses_it(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    host.cut["apply"] = "before"
    with pytest.raises(ConnectionLost):
        carry_out(workspace, plan, host)
    after = NOW + dt.timedelta(hours=5)
    assert state_of(workspace, identity, after).state == "used"
    # The host never started it: settled, the request is free again.
    host.cut.clear()
    settle_host(workspace, workspace.register.computer_by_number["PC-0001"], host)
    assert state_of(workspace, identity).state == "approved"


def test_not_approved_yet(workspace: Workspace, host: MemoryHost) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD)
    with pytest.raises(Refused, match=f"{identity} is not approved, it is department_approved"):
        plan_request(workspace, identity, host)
    assert host.questions() == []


def test_for_another_computer(workspace: Workspace) -> None:
    identity = approved(workspace)
    with pytest.raises(Refused, match=f"{identity} is about PC-0001, not about PC-0002"):
        plan_request(workspace, identity, MemoryHost(), computer="PC-0002")


# -- between the plan and the change


def spoil(workspace: Workspace, identity: str, how: str) -> Workspace:
    """What makes an approved request one that is not."""
    if how == "withdrawn":
        decide(workspace, identity, Decision(kind="withdrawn", by=USER), now=NOW)
    elif how == "rejected":
        decide(workspace, identity, Decision(kind="rejected", by=IT, reason="no"), now=NOW)
    elif how == "approver":
        return edit_register(workspace, "departments", f"head: {HEAD}", f"head: {LEADER}")
    elif how == "file":
        path = workspace.root / "ledger" / "requests" / f"{identity}.yml"
        path.write_text(
            path.read_text(encoding="utf-8").replace('"kind": "install"', '"kind": "remove"'), encoding="utf-8"
        )
    elif how == "left":
        return edit_register(workspace, "people", "name: 张三,", "name: 张三, left_on: 2026-11-23,")
    elif how == "meaning":
        path = workspace.root / "policies" / "software.yml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('name: WPS\n  version: "2019"', 'name: 游戏\n  version: "2019"'), encoding="utf-8")
    elif how == "gone":
        (workspace.root / "ledger" / "requests" / f"{identity}.yml").unlink()
    return Workspace(workspace.root)


MESSAGES = {
    "withdrawn": "is not approved, it is withdrawn",
    "rejected": "is not approved, it is rejected",
    "approver": "is not approved, it is applied; E0003's decision does not count",
    "file": "altered, removed or reordered",
    "gone": "and there is none",
    "meaning": "asks for COM-2019 WPS 2019, and COM-2019 is 游戏 2019 now: apply again",
    "left": "counts no more: its applicant: E0002 张三 left on 2026-11-23",
}


@pytest.mark.parametrize("how", sorted(MESSAGES))
def test_looked_at_again_when_armed(workspace: Workspace, host: MemoryHost, how: str) -> None:
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    spoilt = spoil(workspace, identity, how)
    with pytest.raises(Exception, match=MESSAGES[how]):
        arm_plan(spoilt, plan)
    assert not list(spoilt.armed_dir.glob("*.json"))


# Another policy than the plan was armed with is refused whatever it says.
@pytest.mark.parametrize("how", sorted(set(MESSAGES) - {"meaning"}))
def test_looked_at_again_when_the_change_is_made(workspace: Workspace, host: MemoryHost, how: str) -> None:
    # What is armed can still be withdrawn and rejected: that stops it.
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    spoilt = spoil(workspace, identity, how)
    with pytest.raises(Exception, match=MESSAGES[how]):
        carry_out(spoilt, plan, host)
    assert "apply" not in host.questions()
    assert spoilt.ledger.pending() == ()
    assert records(spoilt) == set()


@pytest.mark.parametrize("kind", ["withdrawn", "rejected"])
def test_nobody_takes_back_what_is_under_way(workspace: Workspace, host: MemoryHost, kind: str) -> None:
    identity = approved(workspace)
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    host.cut["apply"] = "before"
    with pytest.raises(ConnectionLost):
        carry_out(workspace, plan, host)
    by = USER if kind == "withdrawn" else IT
    with pytest.raises(Refused, match="the request is used already"):
        decide(workspace, identity, Decision(kind=kind, by=by, reason="no"), now=NOW)  # type: ignore[arg-type]


def test_a_number_that_means_something_else_orders_nothing(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    with pytest.raises(Refused, match=MESSAGES["meaning"]):
        plan_request(spoil(workspace, identity, "meaning"), identity, host)
    assert host.questions() == []


def test_expired_between_plan_and_arming(workspace: Workspace, host: MemoryHost) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD)
    approve(workspace, identity, IT, expires=dt.date(2026, 11, 23))
    plan = plan_request(workspace, identity, host)
    with pytest.raises(Refused, match=f"{identity} was good until 2026-11-23: apply again"):
        arm_plan(workspace, plan, now=NOW + dt.timedelta(hours=7))


def test_expired_between_arming_and_change(workspace: Workspace, host: MemoryHost) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD)
    approve(workspace, identity, IT, expires=dt.date(2026, 11, 23))
    evening = dt.datetime(2026, 11, 23, 15, 30, tzinfo=dt.UTC)
    plan = plan_request(workspace, identity, host, now=evening)
    arm_plan(workspace, plan, now=evening)
    with pytest.raises(Refused, match="was good until 2026-11-23"):
        carry_out(workspace, plan, host, now=evening + dt.timedelta(hours=1))
    assert "apply" not in host.questions()


def forged(workspace: Workspace, plan: Plan, **changes: object) -> Plan:
    """A plan with changed actions whose hash is right again, stored as a plan is."""
    actions = tuple(msgspec.structs.replace(action, **changes) for action in plan.actions)
    row = workspace.register.computer_by_number[plan.computer]
    made = with_hash(msgspec.structs.replace(plan, actions=actions), row)
    write_cache(workspace.plan_file(made.computer, made.hash), msgspec.json.encode(made))
    return made


def test_a_plan_that_does_something_else_than_its_request(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    other = approved(workspace, number="FREE-1")
    plan = forged(workspace, plan_request(workspace, other, host), cause=f"request:{identity}")
    with pytest.raises(Refused, match=f"does something else than {identity} asks for"):
        arm_plan(workspace, plan)


def test_a_finding_dressed_up_as_a_request(workspace: Workspace, host: MemoryHost) -> None:
    identity = approved(workspace)
    plan = forged(workspace, plan_request(workspace, identity, host), code="unlisted")
    with pytest.raises(Refused, match="does something else"):
        arm_plan(workspace, plan)


# -- I2: unified deployments


def test_i2_a_deployment_names_its_notice(workspace: Workspace, host: MemoryHost) -> None:
    computer = workspace.register.computer_by_number["PC-0001"]
    for notice in ("", " "):
        with pytest.raises(InputError, match=r"names its notice \(I2\); tell the departments concerned"):
            order = Deployment(install=("FREE-1",), notice=notice)
            plan_host(workspace, computer, host, now=NOW, check=False, deployment=order)
    assert host.questions() == []


def test_i2_the_notice_is_noted_when_the_run_is_armed(workspace: Workspace) -> None:
    workspace = edit_policy(workspace, "mode: audit", "limits: {computers_per_run: 100%}")
    plans = {}
    for number in ("PC-0001", "PC-0002"):
        computer = workspace.register.computer_by_number[number]
        host = MemoryHost("wps-2019", offers=OFFERS)
        host.machine_id = computer.identity.machine_id
        order = Deployment(install=("FREE-1",), remove=("COM-2019",), notice="通知 2026-031")
        plans[number] = plan_host(workspace, computer, host, now=NOW, check=False, deployment=order).plan
    expected = {
        "notice": "通知 2026-031",
        "departments": ["D02", "D03"],
        "computers": ["PC-0001", "PC-0002"],
        "numbers": ["COM-2019", "FREE-1"],
    }

    armed = arm_run(workspace, plans, run=RUN, now=NOW, check=True)
    assert [msgspec.json.decode(msgspec.json.encode(notice)) for notice in armed.notices] == [expected]
    assert "notice" not in {event.kind for event in workspace.ledger.events()}

    arm_run(workspace, plans, run=RUN, now=NOW, check=False)
    (event,) = (event for event in workspace.ledger.events() if event.kind == "notice")
    assert (event.run, event.data) == (RUN, expected)
