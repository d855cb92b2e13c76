# SPDX-License-Identifier: Apache-2.0
"""One computer under one policy: the judgement, and what an enforcing run would come to do. Asks and writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from zhengban.judge import judge
from zhengban.judge.approve import Ruling
from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment, Finding
from zhengban.model.plan import Action, Plan, Simulation, SimulationRequest
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.plan import plan_computer
from zhengban.plan.circumstances import Circumstances
from zhengban.policy.compile import CompiledPolicy

from .assume import assume_simulation


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What one policy means for one computer once every grace is over.

    ``plan`` holds what would be done then; where ``asked`` is not None its host has not simulated that request, the
    plan assumes it would do exactly that, and its versions and hash mean nothing. ``due`` maps the packages of its
    removals to the day each leaves at the earliest.
    """

    compiled: CompiledPolicy
    assessment: Assessment
    plan: Plan
    asked: SimulationRequest | None
    due: dict[str, dt.date]


def replay_computer(
    compiled: CompiledPolicy,
    computer: Computer,
    facts: Facts,
    *,
    history: History,
    today: dt.date,
    simulations: Mapping[SimulationRequest, Simulation],
    rulings: tuple[Ruling, ...] | None = None,
) -> Replay:
    """Judge and plan one computer from values.

    Args:
        compiled: the policy as it applies to this computer.
        simulations: what its host has answered about these facts.
        rulings: as :func:`zhengban.judge.judge` takes them.

    Raises:
        VersionError: a version its manager's own rules cannot order.
    """
    assessment = judge(compiled, computer, facts, history=history, today=today, rulings=rulings)
    where = Circumstances(
        compiled=compiled,
        computer=computer.number,
        facts=facts,
        assessment=assessment,
        history=_with_grace_over(assessment, history, compiled, today),
        today=today,
    )
    plan, asked = _plan(where, computer, simulations)
    now = msgspec.structs.replace(where, history=history)
    return Replay(
        compiled=compiled,
        assessment=assessment,
        plan=plan,
        asked=asked,
        due=_due_days(now, plan),
    )


def _with_grace_over(assessment: Assessment, history: History, compiled: CompiledPolicy, today: dt.date) -> History:
    long_ago = today - dt.timedelta(days=compiled.policy.baseline.grace_days)
    seen: dict[tuple[str, str, str], dt.date] = {
        (item.computer, item.code, item.package): long_ago for item in assessment.findings
    }
    return history.with_first_seen(seen)


def _plan(
    where: Circumstances, computer: Computer, simulations: Mapping[SimulationRequest, Simulation]
) -> tuple[Plan, SimulationRequest | None]:
    known = dict(simulations)
    asked: SimulationRequest | None = None
    while True:
        step = plan_computer(
            where.compiled,
            computer,
            where.facts,
            where.assessment,
            history=where.history,
            today=where.today,
            simulations=known,
        )
        if isinstance(step, Plan):
            return step, asked
        asked = asked or step
        known[step] = assume_simulation(step, where.facts)


def _due_days(where: Circumstances, plan: Plan) -> dict[str, dt.date]:
    findings: dict[tuple[str, str], Finding] = {(item.code, item.package): item for item in where.assessment.findings}
    named = {
        action.package: where.due_day(findings[(action.code, action.package)])
        for action in plan.removals
        if action.role == "named" and (action.code, action.package) in findings
    }
    # What follows goes with the first that leaves.
    first = min(named.values(), default=where.today)
    return {action.package: named.get(action.package, first) for action in plan.removals}


def shown_version(action: Action, asked: SimulationRequest | None) -> str:
    """The version an action is about, as people read it; an assumed one is not shown."""
    if action.kind == "remove":
        return action.old
    if asked is not None:
        wants = {want.name: want.versions for want in (*asked.install, *asked.upgrade)}
        return wants.get(action.name, "")
    return f"{action.old} -> {action.new}" if action.old else action.new
