# SPDX-License-Identifier: Apache-2.0
"""Applying over a real ledger: records of what was verified, refusals with nothing done.

Source: DESIGN 5, 6.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec
import pytest

from zhengban.model.errors import FactsError, Refused
from zhengban.model.plan import Plan
from zhengban.model.register import Computer
from zhengban.run.applying import Applied, apply_plan
from zhengban.run.facts import stored_facts
from zhengban.run.host import Host
from zhengban.run.workspace import Workspace

from .conftest import NOW, RUN
from .memory_host import ConnectionLost, MemoryHost

Arm = Callable[[Host], Plan]


def apply(workspace: Workspace, computer: Computer, plan: Plan, host: Host, **changes: object) -> Applied:
    arguments: dict[str, object] = {"run": RUN, "now": NOW, **changes}
    return apply_plan(workspace, computer, plan.hash, host, **arguments)  # type: ignore[arg-type]


def booked(workspace: Workspace) -> list[tuple[str, str, str, str, int]]:
    return [
        (item.book, item.record.action, item.record.package, item.record.version, item.record.quantity)
        for item in workspace.ledger.all_records()
    ]


def test_from_plan_to_records(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)

    applied = apply(workspace, computer, plan, host)

    assert applied.state == "done"
    assert applied.changed
    assert applied.output == "apt says so"
    assert host.packages == {"kav": "9", "wps": "2.1"}
    assert [(outcome.package, outcome.state) for outcome in applied.outcomes] == [
        ("dpkg:game:amd64", "done"),
        ("dpkg:wps:amd64", "done"),
        ("dpkg:kav:amd64", "done"),
    ]
    assert sorted(booked(workspace)) == [
        ("COM-0001", "install", "dpkg:wps:amd64", "2.1", 1),
        ("COM-0001", "uninstall", "dpkg:wps:amd64", "1.0", 1),
        ("FREE-3", "install", "dpkg:kav:amd64", "9", 1),
        ("UNLISTED", "uninstall", "dpkg:game:amd64", "1.0", 1),
    ]
    record = applied.records[0].record
    assert (record.id, record.run, record.computer) == (f"{RUN}/PC-0001/0", RUN, "PC-0001")
    assert (record.user, record.user_id, record.department) == ("张三", "E0002", "财务处")
    assert (record.date, record.cause, record.evidence) == (dt.date(2026, 11, 23), "enforcement", "verified")
    assert workspace.ledger.pending() == ()
    assert workspace.ledger.verify() == ()
    kept = stored_facts(workspace, "PC-0001")
    assert kept is not None
    assert [package.name for package in kept.packages] == ["kav", "wps"]


def test_the_order_is_the_plan(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    apply(workspace, computer, plan, host)

    order = host.order()
    assert order["intent"] == f"{RUN}/PC-0001"
    assert (order["plan"], order["facts_digest"]) == (plan.hash, plan.facts_digest)
    assert order["identity"] == {"serial_number": "", "machine_id": "00000000000000000000000000000001"}
    (simulation,) = plan.simulations
    assert order["transactions"] == [
        {"request": msgspec.to_builtins(simulation.request), "steps": msgspec.to_builtins(simulation.steps)}
    ]


def test_the_intent_is_on_disk_before_the_host_is_touched(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost
) -> None:
    plan = arm(host)
    host.cut["apply"] = "before"

    with pytest.raises(ConnectionLost):
        apply(workspace, computer, plan, host)

    (intent,) = Workspace(workspace.root).ledger.pending()
    assert (intent.id, intent.plan, len(intent.changes)) == (f"{RUN}/PC-0001", plan.hash, 3)
    assert booked(workspace) == []


def test_after_applying_there_is_nothing_to_do(
    workspace: Workspace, computer: Computer, arm: Arm, plan: Arm, host: MemoryHost
) -> None:
    apply(workspace, computer, arm(host), host)

    assert plan(host).actions == ()


def test_used_plan(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    apply(workspace, computer, plan, host)

    with pytest.raises(Refused, match="was already carried out in run"):
        apply(workspace, computer, plan, host)

    assert host.questions().count("apply") == 1


def test_plan_in_flight(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    host.cut["apply"] = "after"
    with pytest.raises(ConnectionLost):
        apply(workspace, computer, plan, host)

    with pytest.raises(Refused, match="was already carried out"):
        apply(workspace, computer, plan, host)

    assert host.questions().count("apply") == 1


def test_a_host_that_refuses(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    host.packages["tar"] = "1.34"

    applied = apply(workspace, computer, plan, host)

    assert (applied.state, applied.reason) == ("refused", "its packages have changed since the plan")
    assert not applied.changed
    assert {outcome.state for outcome in applied.outcomes} == {"not_done"}
    assert booked(workspace) == []
    assert workspace.ledger.pending() == ()


def test_success_that_the_packages_do_not_show(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost
) -> None:
    plan = arm(host)
    after = MemoryHost("game", "kav", "wps")
    after.packages |= {"kav": "9", "wps": "2.2"}
    host.answers["apply"] = {"state": "done", "outcomes": [], "facts": after._facts("")}

    applied = apply(workspace, computer, plan, host)

    assert applied.state == "failed"
    assert applied.reason == "dpkg:game:amd64: expected absent, found 1.0; dpkg:wps:amd64: expected 2.1, found 2.2"
    assert booked(workspace) == [("FREE-3", "install", "dpkg:kav:amd64", "9", 1)]


def test_failure_that_the_packages_do_not_show(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost
) -> None:
    # Verification may turn success into failure, never the reverse.
    plan = arm(host)
    after = MemoryHost("kav", "wps")
    after.packages |= {"kav": "9", "wps": "2.1"}
    said = [{"package": "dpkg:wps:amd64", "state": "not_done", "reason": "half-configured"}]
    host.answers["apply"] = {"state": "failed", "reason": "apt said 100", "outcomes": said, "facts": after._facts("")}

    applied = apply(workspace, computer, plan, host)

    assert (applied.state, applied.reason) == ("failed", "apt said 100")
    assert [outcome.state for outcome in applied.outcomes] == ["done", "not_done", "done"]
    assert {book for book, *_rest in booked(workspace)} == {"UNLISTED", "FREE-3"}


@pytest.mark.parametrize("answer", [{"state": "fine"}, {"state": "done", "facts": {"format": "other"}}, {}], ids=str)
def test_an_answer_that_is_none_leaves_the_intent_open(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost, answer: dict[str, object]
) -> None:
    plan = arm(host)
    host.answers["apply"] = answer

    with pytest.raises(FactsError, match="PC-0001"):
        apply(workspace, computer, plan, host)

    assert workspace.ledger.pending_of("PC-0001") is not None
    assert booked(workspace) == []


def refused(workspace: Workspace, computer: Computer, plan: Plan, host: MemoryHost, **changes: object) -> str:
    with pytest.raises(Refused) as caught:
        apply(workspace, computer, plan, host, **changes)
    assert "apply" not in host.questions()
    assert workspace.ledger.pending() == ()
    assert booked(workspace) == []
    return str(caught.value)


def test_run_that_is_not_armed(workspace: Workspace, computer: Computer, plan: Arm, host: MemoryHost) -> None:
    made = plan(host)

    assert "is not armed in run" in refused(workspace, computer, made, host)


def test_plan_that_is_not_armed(
    workspace: Workspace, computer: Computer, arm: Arm, plan: Arm, host: MemoryHost
) -> None:
    arm(host)
    host.packages["tar"] = "1"
    other = plan(host)

    assert f"the plan {other.hash[:12]} of PC-0001 is not armed in run {RUN}" in refused(
        workspace, computer, other, host
    )


def test_computer_that_is_not_armed(workspace: Workspace, arm: Arm, host: MemoryHost) -> None:
    other = workspace.register.computer_by_number["PC-0002"]

    assert "of PC-0002 is not armed" in refused(workspace, other, arm(host), host)


@pytest.mark.parametrize(("hours", "late"), [(3.99, False), (4, True)])
def test_expired(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost, hours: float, *, late: bool
) -> None:
    plan = arm(host)
    now = NOW + dt.timedelta(hours=hours)
    if late:
        assert "was armed until 2026-11-23 13:30 UTC" in refused(workspace, computer, plan, host, now=now)
    else:
        assert apply(workspace, computer, plan, host, now=now).state == "done"


@pytest.mark.parametrize("damage", ["missing", "text", "tampered"])
def test_plan_file(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost, damage: str) -> None:
    plan = arm(host)
    path = workspace.plan_file("PC-0001", plan.hash)
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("{")
    else:
        path.write_text(path.read_text().replace("game", "tar0"))

    message = refused(workspace, computer, plan, host)

    assert str(path) in message
    assert ("cannot be read" if damage != "tampered" else "has changed since it was armed") in message


def test_register_row_that_changed(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    computers = workspace.root / "inventories/register/computers.yml"
    computers.write_text(computers.read_text().replace("kind: desktop, user: E0002", "kind: desktop, user: E0001"))
    later = Workspace(workspace.root)

    assert "the register's row of PC-0001, has changed" in refused(later, computer, plan, host)


def test_armed_file_that_is_none(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    (workspace.armed_dir / f"{RUN}.json").write_text("[]")

    assert "not an armed run" in refused(workspace, computer, plan, host)


def test_an_armed_file_somebody_made_good_for_longer(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost
) -> None:
    plan = arm(host)
    path = workspace.armed_dir / f"{RUN}.json"
    armed = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode(armed | {"expires": "2027-06-01T00:00:00Z"}))
    assert "is not what the ledger says was armed for PC-0001" in refused(workspace, computer, plan, host)


def test_an_armed_file_that_leaves_a_computer_out(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost
) -> None:
    plan = arm(host)
    path = workspace.armed_dir / f"{RUN}.json"
    armed = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode(armed | {"without_seat": {"PC-0001": "no seat"}}))
    assert "the ledger has no record" in refused(workspace, computer, plan, host)


def test_busy_computer(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    with Workspace(workspace.root).ledger.lock_computer("PC-0001"):
        assert "another run is working on this computer" in refused(workspace, computer, plan, host)


def test_done_without_packages_stays_open(workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)
    host.answers["apply"] = {"state": "done", "reason": "", "outcomes": []}
    with pytest.raises(FactsError, match="stays open until the host can be read"):
        apply(workspace, computer, plan, host)
    assert workspace.ledger.pending_of("PC-0001") is not None


@pytest.mark.parametrize("edit", [("mode: enforce", "mode: audit"), ('">=2"', '">=1"')], ids=["mode", "rule"])
def test_a_policy_edited_after_the_arming(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost, edit: tuple[str, str]
) -> None:
    """An owner who turns a run off by an edit was not heard until the next one."""
    plan = arm(host)
    for path in (workspace.root / "policies").glob("*.yml"):
        path.write_text(path.read_text(encoding="utf-8").replace(*edit), encoding="utf-8")
    with pytest.raises(Refused, match="the policy for PC-0001 has changed since its plan was armed"):
        apply(Workspace(workspace.root), computer, plan, host)
    assert "apply" not in host.questions()
