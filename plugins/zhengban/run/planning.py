# SPDX-License-Identifier: Apache-2.0
"""Read a host, judge it, plan it: everything before the arming. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec

from zhengban.judge import answers_for, judge
from zhengban.judge.passed_over import LEFT, list_missing
from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment
from zhengban.model.plan import Plan, Simulation, SimulationRequest
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.model.restoration import Restoration
from zhengban.model.settings import Mode
from zhengban.plan import Deployment, plan_computer

from .facts import ask_facts, keep_simulations, stored_facts, stored_simulations
from .guarding import note_attempts
from .host import Host, read_simulation
from .ordering import settle_order
from .workspace import Workspace, prune, write_cache


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One computer's judgement and plan; ``plan`` is None when it could not be read or a simulation is missing.

    ``is_guarded``: it has a guard, whose table a change makes old.
    """

    assessment: Assessment
    plan: Plan | None
    is_guarded: bool = False


def plan_host(
    workspace: Workspace,
    computer: Computer,
    host: Host,
    *,
    now: dt.datetime,
    check: bool,
    mode: Mode | None = None,
    deployment: Deployment | None = None,
    restoration: Restoration | None = None,
    only: Collection[str] = (),
    history: History | None = None,
) -> Planned:
    """Plan one computer against its host.

    ``only`` are the codes of the findings that are acted upon; empty, all are.
    ``history`` is :meth:`Workspace.history` where it was read once for many computers. Outside check mode the facts,
    simulations and the plan are kept in the caches, first detections and departures in the ledger. Where a change of
    the computer is settled in between, both are read once more; detections wait for a reading without one.

    Raises:
        InputError, FactsError, LedgerError.
    """
    if deployment is not None:
        deployment = settle_order(workspace.policy, deployment)
    # Never from the cache: the repositories may have moved while the packages did not.
    simulations: dict[SimulationRequest, Simulation] = {}
    compiled = workspace.compiler.for_computer(computer)
    today = workspace.register.organisation.today(now)
    history = history or workspace.history(now)
    for _look in range(2):
        facts = ask_facts(workspace, computer.number, host, now=now, keep=not check)
        assessment = judge(compiled, computer, facts, history=history, today=today)
        is_sound = not _has_private_news(assessment, history) or not _has_moved(workspace, computer, history)
        if is_sound:
            break
        # Books and host were read before and after a change of ours: nobody made it privately.
        history = workspace.history(now)
    while True:
        step = plan_computer(
            compiled,
            computer,
            facts,
            assessment,
            history=history,
            today=today,
            simulations=simulations,
            mode=mode,
            deployment=deployment,
            restoration=restoration,
            only=only,
        )
        if isinstance(step, Plan):
            break
        answer = host.simulate(msgspec.to_builtins(step))
        simulations[step] = read_simulation(answer, step, source=computer.number)
    if not check:
        keep_simulations(workspace, computer.number, facts, simulations)
        if step.actions:
            path = workspace.plan_file(computer.number, step.hash)
            write_cache(path, msgspec.json.encode(step))
            prune(path.parent, now=now)
        if answers_for(computer, facts):
            if is_sound:
                note_detections(workspace, assessment, now=now, known=set(history.first_seen))
                note_departures(workspace, facts, history, computer=computer.number, now=now)
            note_attempts(workspace, computer, facts, now=now)
    return Planned(assessment=assessment, plan=step, is_guarded=bool(facts.guard))


def _has_private_news(assessment: Assessment, history: History) -> bool:
    return any(
        finding.code.startswith("private_")
        and (finding.computer, finding.code, finding.package) not in history.first_seen
        for finding in assessment.findings
    )


def _has_moved(workspace: Workspace, computer: Computer, history: History) -> bool:
    """Whether a change of the computer is under way, or was settled since the ledger was read."""
    if workspace.ledger.pending_of(computer.number) is not None:
        return True
    return workspace.ledger.settled().get(computer.number, 0) != history.settled.get(computer.number, 0)


def plan_stored(
    workspace: Workspace, computer: Computer, *, history: History, now: dt.datetime, mode: Mode | None = None
) -> tuple[Planned, SimulationRequest | None]:
    """Plan one computer from what is stored, asking nobody and writing nothing.

    ``history`` is :meth:`Workspace.history`, read once for many computers.

    Returns:
        The judgement and, when every simulation it needs is stored, the plan with the same hash the host would give;
        otherwise the request that has not been simulated.
    """
    compiled = workspace.compiler.for_computer(computer)
    facts = stored_facts(workspace, computer.number)
    today = workspace.register.organisation.today(now)
    assessment = judge(compiled, computer, facts, history=history, today=today)
    if facts is None:
        return Planned(assessment=assessment, plan=None), None
    step = plan_computer(
        compiled,
        computer,
        facts,
        assessment,
        history=history,
        today=today,
        simulations=stored_simulations(workspace, computer.number, facts),
        mode=mode,
    )
    if isinstance(step, Plan):
        return Planned(assessment=assessment, plan=step), None
    return Planned(assessment=assessment, plan=None), step


def note_detections(
    workspace: Workspace, assessment: Assessment, *, now: dt.datetime, known: set[tuple[str, str, str]]
) -> None:
    """Note in the ledger when a finding was first seen, and when one that was seen is gone: grace runs from there."""
    today = workspace.register.organisation.today(now)
    standing = {
        (finding.computer, finding.code, finding.package): finding for finding in assessment.findings if finding.package
    }
    before = {key for key in known if key[0] == assessment.computer}
    events = [
        (
            "first_detection",
            "",
            key[0],
            {"code": key[1], "package": key[2], "version": standing[key].version, "date": today.isoformat()},
        )
        for key in sorted(standing.keys() - before)
    ]
    # What could not be read is not gone.
    if not any(finding.code == "unread" for finding in assessment.findings):
        events += [
            ("detection_closed", "", key[0], {"code": key[1], "package": key[2]})
            for key in sorted(before - standing.keys())
        ]
    if events:
        workspace.ledger.append_events(events, at=now)


def note_departures(workspace: Workspace, facts: Facts, history: History, *, computer: str, now: dt.datetime) -> None:
    """Note in the ledger what was there at the adoption, is in no book and is gone: if it comes back, that is an
    install like any other.
    """
    listed = history.passed_over.get(computer, "")
    # What could not be read is not gone.
    if listed and all(manager.read for manager in facts.managers.values()):
        gone = list_missing(listed, facts.rows_by_ref)
        if gone:
            workspace.ledger.append_events([(LEFT, "", computer, {"packages": gone})], at=now)
