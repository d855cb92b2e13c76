# SPDX-License-Identifier: Apache-2.0
"""Arming over a real ledger: what is written down before any host is touched. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.errors import Busy, Refused
from zhengban.model.plan import Plan
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run, take_armed
from zhengban.run.host import Host
from zhengban.run.planning import plan_host
from zhengban.run.workspace import Workspace

from .conftest import NOW, POLICY, RUN
from .memory_host import MemoryHost

Arm = Callable[[Host], Plan]


def test_arming_writes_the_event_and_the_run(workspace: Workspace, arm: Arm, host: MemoryHost) -> None:
    plan = arm(host)

    armed = take_armed(workspace, RUN)
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
