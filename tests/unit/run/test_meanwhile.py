# SPDX-License-Identifier: Apache-2.0
"""What people state of a computer is of its books as they are, not as they were when the command began. DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.golden.workspace import make_workspace
from zhengban.ledger.ids import new_run_id
from zhengban.life import adopting, correcting
from zhengban.life.adopting import adopt_computers
from zhengban.life.correcting import Correction, correct_books
from zhengban.life.living import draft_life
from zhengban.life.lotmoves import LotMove, move_lots
from zhengban.model.errors import Refused
from zhengban.model.facts import Facts
from zhengban.plan import Deployment
from zhengban.run import planning
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.facts import ask_facts
from zhengban.run.planning import plan_host
from zhengban.run.workspace import Workspace

from .memory_host import MemoryHost

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
WPS = "dpkg:wps:amd64"
POLICY = """\
software:
- name: WPS
  version: "2019"
  type: commercial
  category: office
  lots: [{number: COM-1, quantity: 5}, {number: COM-2, quantity: 6}]
  packages: [{manager: dpkg, name: wps}]
"""
OFFICE = """\
organisation: {name: 测试厅, responsible_department: D1, approvers: {it: [E1]}}
departments: [{id: D1, name: 信息处}]
people: [{id: E1, name: 甲, department: D1}, {id: E2, name: 乙, department: D1}]
computers:
- {number: PC-0001, kind: desktop, user: E2, identity: {machine_id: "00000000000000000000000000000001"}}
- {number: PC-0002, kind: desktop, user: E2, identity: {machine_id: "00000000000000000000000000000002"}}
"""
INSTALL, REMOVE = Deployment(install=("COM-1",), notice="1"), Deployment(remove=("COM-1",), notice="2")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace", POLICY, OFFICE)


@pytest.fixture
def hosts(workspace: Workspace) -> dict[str, MemoryHost]:
    hosts = {number: MemoryHost("tar", offers={"wps": "11"}) for number in workspace.register.computer_by_number}
    for number, host in hosts.items():
        host.machine_id = host.machine_id[:-1] + number[-1]
    return hosts


def arm(workspace: Workspace, number: str, host: MemoryHost, order: Deployment) -> Callable[[], None]:
    """Arm an order for one computer; its worker, which needs no more than the computer's lock."""
    other = Workspace(workspace.root)
    computer = other.computer_named(number)
    plan = plan_host(other, computer, host, now=NOW, check=False, deployment=order).plan
    assert plan is not None
    armed = arm_run(other, {number.lower(): plan}, run=new_run_id(NOW), now=NOW, check=False)

    def work() -> None:
        assert apply_plan(other, computer, plan.hash, host, run=armed.run, now=NOW).state == "done"

    return work


def adopt(workspace: Workspace) -> None:
    """PC-0001, with nothing on it."""
    workspace.ledger.append_events([("adopted", "", "PC-0001", {"date": "2026-01-01"})], at=NOW)


def books(workspace: Workspace) -> dict[tuple[str, str], str]:
    return {place: holding.number for place, holding in Workspace(workspace.root).history(NOW).holdings.items()}


def test_a_lot_move_brings_back_nothing_that_was_removed(workspace: Workspace, hosts: dict[str, MemoryHost]) -> None:
    for number, host in hosts.items():
        arm(workspace, number, host, INSTALL)()
    remove = arm(workspace, "PC-0002", hosts["PC-0002"], REMOVE)
    moves = [
        LotMove(computer=number, package=WPS, product="WPS", old="COM-1", new="COM-2", reason="") for number in hosts
    ]
    with workspace.ledger.lock_workspace():
        moving = move_lots(workspace, moves, workspace.history(NOW), policy=workspace.policy, by="E1", now=NOW)
        assert next(moving).refused == ""
        remove()
        (refused,) = moving
    assert "changed meanwhile" in refused.refused
    assert books(workspace) == {("PC-0001", WPS): "COM-2"}


def test_a_scrapped_computer_keeps_no_seat_it_just_got(workspace: Workspace, hosts: dict[str, MemoryHost]) -> None:
    install = arm(workspace, "PC-0001", hosts["PC-0001"], INSTALL)
    with (
        pytest.raises(Refused, match="PC-0001: its books have changed meanwhile"),
        draft_life(workspace, now=NOW, by="E1", is_check=False) as draft,
    ):
        draft.scrap(workspace.computer_named("PC-0001"), approval="1")
        install()
    assert Workspace(workspace.root).computer_named("PC-0001").status == "in_use"


def test_a_correction_is_of_the_books_as_they_are(
    workspace: Workspace, hosts: dict[str, MemoryHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    adopt(workspace)
    arm(workspace, "PC-0001", hosts["PC-0001"], INSTALL)()
    remove = arm(workspace, "PC-0001", hosts["PC-0001"], REMOVE)

    def meanwhile(*_args: object, **_options: object) -> None:
        remove()

    monkeypatch.setattr(correcting, "require_person", meanwhile)
    correction = Correction(package=WPS, book="COM-2", version="11", by="E1", reason="错登")
    with pytest.raises(Refused, match="changed meanwhile"):
        correct_books(workspace, workspace.computer_named("PC-0001"), correction, now=NOW)
    assert books(workspace) == {}


def test_what_was_removed_is_not_adopted(
    workspace: Workspace, hosts: dict[str, MemoryHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books say the same before and after: they never had it."""
    monkeypatch.setattr(adopting, "BATCH", 1)
    for number, host in hosts.items():
        host.packages["wps"] = "11"
        ask_facts(workspace, number, host, now=NOW, keep=True)
    remove = arm(workspace, "PC-0002", hosts["PC-0002"], REMOVE)
    answers = adopt_computers(workspace, workspace.register.computers, by="E1", now=NOW)
    assert next(answers).state == "adopted"
    remove()
    (refused,) = answers
    assert (refused.state, refused.reason) == ("refused", "its books have changed meanwhile; give the command again")
    assert ("PC-0002", WPS) not in books(workspace)


@pytest.mark.parametrize("order", [INSTALL, REMOVE])
def test_our_own_change_is_nobodys_private_one(
    workspace: Workspace, hosts: dict[str, MemoryHost], monkeypatch: pytest.MonkeyPatch, order: Deployment
) -> None:
    """The worker of another run settles between the reading of the ledger and that of the host."""
    adopt(workspace)
    host, seen = hosts["PC-0001"], Workspace(workspace.root)
    if order is REMOVE:
        arm(workspace, "PC-0001", host, INSTALL)()
    work, ask = arm(workspace, "PC-0001", host, order), planning.ask_facts

    def meanwhile(*args: Any, **options: Any) -> Facts:
        monkeypatch.setattr(planning, "ask_facts", ask)
        work()
        return ask(*args, **options)

    monkeypatch.setattr(planning, "ask_facts", meanwhile)
    planned = plan_host(seen, seen.computer_named("PC-0001"), host, now=NOW, check=False)
    assert not [finding for finding in planned.assessment.findings if finding.code.startswith("private_")]
    assert not [key for key in Workspace(workspace.root).history(NOW).first_seen if key[1].startswith("private_")]
