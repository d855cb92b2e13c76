# SPDX-License-Identifier: Apache-2.0
"""Arming over a real ledger: what is written down before any host is touched. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.errors import Busy, Refused
from zhengban.model.plan import Plan
from zhengban.model.register import Computer
from zhengban.plan.hash import with_hash
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run, take_armed
from zhengban.run.host import Host
from zhengban.run.planning import plan_host
from zhengban.run.workspace import Workspace, prune, write_cache

from .conftest import NOW, POLICY, RUN
from .memory_host import MemoryHost

Arm = Callable[[Host], Plan]


def test_arming_writes_the_event_and_the_run(workspace: Workspace, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)

    armed = take_armed(workspace, RUN, "PC-0001", plan.hash)
    assert armed.computers == {"PC-0001": plan.hash}
    assert armed.losing == ("PC-0001",)
    history = Workspace(workspace.root).history(NOW)
    assert history.register_size == 5
    assert [(loss.computer, loss.run) for loss in history.losses] == [("PC-0001", RUN)]


def test_arming_in_check_mode_writes_nothing(workspace: Workspace, plan: Arm, host: MemoryHost) -> None:
    made = plan(host)

    armed = arm_run(workspace, {"pc-0001": made}, run=RUN, now=NOW, check=True)

    assert armed.computers == {"PC-0001": made.hash}
    assert not workspace.armed_dir.exists()
    assert Workspace(workspace.root).history(NOW).register_size == 0


def test_arming_with_nothing_to_do_writes_nothing(workspace: Workspace, plan: Arm) -> None:
    made = plan(MemoryHost("kav"))

    armed = arm_run(workspace, {"pc-0001": made, "pc-0002": None}, run=RUN, now=NOW, check=False)

    assert (armed.computers, armed.unread) == ({}, ("pc-0002",))
    assert not workspace.armed_dir.exists()


def test_arming_twice_counts_the_computer_once(workspace: Workspace, plan: Arm, host: MemoryHost) -> None:
    made = plan(host)
    for run in ("20261123T093000Z-aaaaaa", "20261123T093000Z-bbbbbb"):
        arm_run(workspace, {"pc-0001": made}, run=run, now=NOW, check=False)

    assert {loss.computer for loss in Workspace(workspace.root).history(NOW).losses} == {"PC-0001"}


def test_a_plan_altered_on_its_way_is_not_armed(workspace: Workspace, plan: Arm, host: MemoryHost) -> None:
    made = plan(host)
    altered = msgspec.structs.replace(made, actions=made.actions[:1])

    with pytest.raises(Refused, match="the plan of PC-0001 is not the one its hash"):
        arm_run(workspace, {"pc-0001": altered}, run=RUN, now=NOW, check=False)

    assert not workspace.armed_dir.exists()


def test_two_armings_at_once(workspace: Workspace, plan: Arm, host: MemoryHost) -> None:
    made = plan(host)
    with Workspace(workspace.root).ledger.lock_workspace(), pytest.raises(Busy, match="another run is arming"):
        arm_run(workspace, {"pc-0001": made}, run=RUN, now=NOW, check=False)


def test_the_window_reaches_over_runs(tmp_path: Path) -> None:
    # 20 % of the four computers in use is one: a second one has to wait until the window is over.
    workspace = make_workspace(tmp_path / "workspace", POLICY)
    hosts = {"PC-0001": MemoryHost("game", "kav"), "PC-0002": MemoryHost("game", "kav")}
    hosts["PC-0002"].machine_id = hosts["PC-0002"].machine_id[:-1] + "2"

    def plan_and_arm(number: str, run: str, now: dt.datetime) -> None:
        computer = workspace.register.computer_by_number[number]
        plan = plan_host(workspace, computer, hosts[number], now=now, check=False).plan
        arm_run(workspace, {number: plan}, run=run, now=now, check=False)
        assert plan is not None
        apply_plan(workspace, computer, plan.hash, hosts[number], run=run, now=now)

    now = dt.datetime.now(dt.UTC)
    plan_and_arm("PC-0001", "20261123T093000Z-aaaaaa", now)
    with pytest.raises(
        Refused, match="2 computers would lose software, 1 of them within the last 24 h, the limit is 1"
    ):
        plan_and_arm("PC-0002", "20261123T100000Z-bbbbbb", now + dt.timedelta(hours=23))
    plan_and_arm("PC-0002", "20261124T100000Z-cccccc", now + dt.timedelta(hours=25))
    assert hosts["PC-0002"].packages == {"kav": "1.0"}


def test_a_second_arming_in_one_run_is_one_of_its_own(
    workspace: Workspace, computer: Computer, arm: Arm, plan: Arm, host: MemoryHost
) -> None:
    """A site playbook may enforce and then deploy: with one id for both, the second change was never carried out."""
    first = arm(host)
    apply_plan(workspace, computer, first.hash, host, run=RUN, now=NOW)
    host.packages["game2"] = "1.0"
    second = plan(host)
    armed = arm_run(workspace, {"pc-0001": second}, run=RUN, now=NOW, check=False)
    assert armed.run == f"{RUN}-2"
    assert apply_plan(workspace, computer, second.hash, host, run=RUN, now=NOW).state == "done"
    ids = [item.record.id for item in workspace.ledger.all_records()]
    assert len(ids) == len(set(ids))
    assert f"{RUN}-2/PC-0001/0" in ids
    assert workspace.ledger.verify() == ()


def test_a_plan_that_does_more_than_it_says_is_not_armed(workspace: Workspace, plan: Arm, host: MemoryHost) -> None:
    """Limits and records look at the actions, the host at the simulated steps: they are the same or nothing happens."""
    made = plan(host)
    computer = workspace.register.computer_by_number["PC-0001"]
    less = with_hash(msgspec.structs.replace(made, actions=made.actions[1:]), computer)
    with pytest.raises(Refused, match="the plan of PC-0001 is not the one its hash"):
        arm_run(workspace, {"pc-0001": less}, run=RUN, now=NOW, check=False)


def test_a_plan_that_was_never_kept_is_not_armed(workspace: Workspace, plan: Arm, host: MemoryHost) -> None:
    made = plan(host)
    workspace.plan_file("PC-0001", made.hash).unlink()
    with pytest.raises(Refused, match=r"of PC-0001 is not in plans/: plan again"):
        arm_run(workspace, {"pc-0001": made}, run=RUN, now=NOW, check=False)
    assert workspace.ledger.events() == () or all(event.kind != "armed" for event in workspace.ledger.events())


def test_an_armed_run_that_the_ledger_does_not_know(
    workspace: Workspace, computer: Computer, plan: Arm, host: MemoryHost
) -> None:
    made = plan(host)
    armed = arm_run(workspace, {"pc-0001": made}, run=RUN, now=NOW, check=True)
    write_cache(workspace.armed_dir / f"{RUN}.json", msgspec.json.encode(armed))
    with pytest.raises(Refused, match="the ledger has no record that the plan"):
        apply_plan(workspace, computer, made.hash, host, run=RUN, now=NOW)
    assert "apply" not in host.questions()


def test_seats_of_an_armed_run_are_taken(workspace: Workspace, arm: Arm) -> None:
    """Two runs armed side by side both took the last seat."""
    arm(MemoryHost("game", offers={"kav": "9"}))
    history = Workspace(workspace.root).history(NOW)
    assert ("FREE-3", "PC-0001") in history.seats


def test_a_computer_may_be_called_armed(workspace: Workspace) -> None:
    """Its plans lay where the armed runs are, and no run could be read any more."""
    assert workspace.plan_file("armed", "0" * 64).parent != workspace.armed_dir
    assert workspace.facts_file("PC-1.simulations") != workspace.simulations_file("PC-1")


def test_a_short_window_does_not_remove_a_run_that_is_still_armed(
    workspace: Workspace, computer: Computer, arm: Arm, host: MemoryHost
) -> None:
    """Armed runs were kept for the window of the limits, which may be shorter than an arming lasts."""
    plan = arm(host)
    path = workspace.armed_dir / f"{RUN}.json"
    os.utime(path, times=((NOW - dt.timedelta(hours=30)).timestamp(),) * 2)
    prune(workspace.armed_dir, now=NOW)
    assert take_armed(workspace, RUN, computer.number, plan.hash).run == RUN
    os.utime(path, times=((NOW - dt.timedelta(days=8)).timestamp(),) * 2)
    prune(workspace.armed_dir, now=NOW)
    assert not path.exists()
