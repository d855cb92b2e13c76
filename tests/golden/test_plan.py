# SPDX-License-Identifier: Apache-2.0
"""Planning, case by case: policy, facts and a host's answers in, actions and refusals out."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhengban.model.plan import Plan, Simulation, SimulationRequest
from zhengban.plan import Deployment, plan_computer

from .answering import AnsweringHost
from .case import Case, case_folders, read_plain, shown


@pytest.mark.parametrize("folder", case_folders("plan"), ids=lambda folder: folder.name)
def test_plan(folder: Path, tmp_path: Path) -> None:
    case = Case(folder, tmp_path / "workspace")
    host = AnsweringHost(read_plain(folder / "simulations.yml") or [])
    assert case.run.keys() <= {
        "today",
        "mode",
        "deployment",
        "first_seen",
        "holdings",
        "adopted",
        "urgent",
        "upgrade_tries",
        "unwell",
    }
    assert case.expected.keys() <= {"mode", "actions", "refusals", "lots"}

    plan = make_plan(case, host)

    host.assert_all_asked()
    assert plan.mode == case.expected["mode"]
    wanted = case.expected["actions"]
    for action in wanted:
        assert {"kind", "package", "number"} <= action.keys(), action
    assert len(plan.actions) == len(wanted), plan.actions
    assert [
        {**shown(action, keys.keys() - {"package"}), "package": action.package}
        for action, keys in zip(plan.actions, wanted, strict=True)
    ] == wanted
    refusals = [{"package": item.package, "code": item.code, "reason": item.reason} for item in plan.refusals]
    assert refusals == case.expected["refusals"]
    assert list(plan.lots) == case.expected.get("lots", list(plan.lots))
    assert plan.hash


def make_plan(case: Case, host: AnsweringHost) -> Plan:
    """Plan as a front end does: ask the host until the plan stands."""
    assert case.facts is not None
    order = case.run.get("deployment")
    simulations: dict[SimulationRequest, Simulation] = {}
    while True:
        step = plan_computer(
            case.compiled,
            case.computer,
            case.facts,
            case.judge(),
            history=case.history,
            today=case.today,
            simulations=simulations,
            mode=case.run.get("mode"),
            deployment=Deployment(**{key: tuple(value) if key != "notice" else value for key, value in order.items()})
            if order is not None
            else None,
        )
        if isinstance(step, Plan):
            return step
        simulations[step] = host.simulate(step)
