# SPDX-License-Identifier: Apache-2.0
"""What holds for the plan of every policy, computer and host, not only for the golden cases. Source: DESIGN 5."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.facts import facts_of
from tests.unit.judge.strategies import (
    COMPUTER,
    NAMES,
    TODAY,
    compile_policy,
    exceptions,
    packages,
    products,
    some_names,
    upgrades,
)
from zhengban.judge import judge
from zhengban.model.facts import Facts
from zhengban.model.plan import Plan, Simulation, SimulationRequest, Step, Unavailable
from zhengban.model.policy import ExceptionRule, Product, Upgrade
from zhengban.model.record import EMPTY_HISTORY
from zhengban.plan import plan_computer
from zhengban.policy.compile import CompiledPolicy


class AnyHost:
    """Answers every simulation with something drawn: errors, missing versions, collateral, arrivals, silence."""

    def __init__(self, data: st.DataObject, facts: Facts) -> None:
        self._draw = data.draw
        self._facts = facts
        self.asked = 0

    def simulate(self, request: SimulationRequest) -> Simulation:
        self.asked += 1
        mood = self._draw(st.sampled_from(("good", "good", "wild", "wild", "error", "missing")))
        if mood == "error":
            return Simulation(request=request, error="E: broken")
        if mood == "missing":
            names = self._draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
            missing = tuple(Unavailable(name=name, versions="", reason="gone") for name in sorted(names))
            return Simulation(request=request, unavailable=missing)
        old = {package.name: package.version for package in self._facts.packages}
        gone = {ref.split(":")[0] for ref in request.remove}
        coming = {want.name for want in (*request.install, *request.upgrade)}
        if mood == "wild":
            gone ^= set(self._draw(some_names)) & old.keys()
            coming ^= set(self._draw(some_names))
        steps = [Step(kind="remove", name=name, arch="amd64", old=old[name]) for name in gone if name in old]
        for name in coming - gone:
            kind = "upgrade" if name in old else "install"
            new = self._draw(st.sampled_from(("1", "2", "3")))
            steps.append(Step(kind=kind, name=name, arch="amd64", old=old.get(name, ""), new=new))  # type: ignore[arg-type]
        return Simulation(request=request, steps=tuple(sorted(steps)))


@settings(max_examples=120, deadline=None)
@given(products(), exceptions(), upgrades(), packages(), st.data())
def test_planning_ends_with_a_plan_that_is_safe(
    entries: tuple[Product, ...],
    excepted: tuple[ExceptionRule, ...],
    upgraded: tuple[tuple[Product, ...], tuple[Upgrade, ...]],
    installed: list[dict[str, Any]],
    data: st.DataObject,
) -> None:
    facts = facts_of({"packages": installed})
    compiled = compile_policy((*entries, *upgraded[0]), excepted, upgraded[1])
    assessment = judge(compiled, COMPUTER, facts, today=TODAY)
    host = AnyHost(data, facts)
    simulations: dict[SimulationRequest, Simulation] = {}
    while True:
        plan = _plan(compiled, facts, simulations)
        if isinstance(plan, Plan):
            break
        assert plan not in simulations
        simulations[plan] = host.simulate(plan)
        assert host.asked <= len(assessment.findings) + len(facts.packages)

    approved = {facts.packages[row].ref for row in assessment.approved_rows}
    by_ref = {package.ref: package for package in facts.packages}
    gone = {action.package for action in plan.removals}
    assert not gone & approved
    gone |= {action.old_package for action in plan.actions if action.old_package}
    assert not gone & {finding.package for finding in assessment.excused}
    assert not any(by_ref[package].held for package in gone)
    for action in plan.removals:
        if action.role == "follower":
            assert not by_ref[action.package].manual
    # Nothing that stays loses what it needs by name.
    for package in facts.packages:
        if package.ref not in gone:
            assert not gone & {facts.packages[row].ref for row in package.needs}
    # Each finding to act on is carried out or refused, never both and never forgotten.
    refused = {refusal.package for refusal in plan.refusals}
    acted = {action.package for action in plan.actions} | {f"dpkg:{action.name}:" for action in plan.actions} | gone
    assert not gone & refused
    assert {finding.package for finding in assessment.findings} <= refused | acted
    # The same policy written in another order, and the same answers, give the same hash.
    again = compile_policy((*upgraded[0], *reversed(entries)), excepted[::-1], upgraded[1][::-1])
    assert _plan(again, facts, simulations) == plan


def _plan(
    compiled: CompiledPolicy, facts: Facts, simulations: dict[SimulationRequest, Simulation]
) -> Plan | SimulationRequest:
    return plan_computer(
        compiled,
        COMPUTER,
        facts,
        judge(compiled, COMPUTER, facts, today=TODAY),
        history=EMPTY_HISTORY,
        today=TODAY,
        simulations=simulations,
    )
