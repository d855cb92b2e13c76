# SPDX-License-Identifier: Apache-2.0
"""The plan of one computer: exactly what an armed run will do there, collateral included. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import msgspec

from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment
from zhengban.model.plan import Action, Plan, Refusal, Simulation, SimulationRequest, Want
from zhengban.model.policy import PACKAGE_MANAGERS, PackageManager
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.model.restoration import Restoration
from zhengban.model.settings import Mode
from zhengban.policy.compile import CompiledPolicy

from .actions import actions_of, sort_actions
from .circumstances import Circumstances, Wish
from .deployment import Deployment, wishes_of_deployment
from .examine import Objection, examine
from .hash import with_hash
from .leave import followers, held_back
from .means import means_of_removal
from .restore import wishes_of_taken
from .wishes import sort_out, wishes_of_findings


def plan_computer(
    compiled: CompiledPolicy,
    computer: Computer,
    facts: Facts,
    assessment: Assessment,
    *,
    history: History,
    today: dt.date,
    simulations: Mapping[SimulationRequest, Simulation],
    mode: Mode | None = None,
    deployment: Deployment | None = None,
    restoration: Restoration | None = None,
    only: Collection[str] = (),
) -> Plan | SimulationRequest:
    """Plan one computer from values.

    Args:
        compiled, computer, facts, assessment: what is decided, who it is, what it says and what the judge says about
            it.
        history: what the ledger knows; grace runs from the first detection there, seats are counted there.
        today: the as-of date in the organisation's time zone.
        simulations: answers of the host so far.
        mode: ``audit`` lowers the policy's mode for this run; a run never raises it.
        deployment: plan this unified deployment or request instead of the findings.
        restoration: put back what a run took instead.
        only: codes of the findings that are acted upon; empty, all are.

    Returns:
        The plan; or a request the host has to simulate first, of one manager after the other: ask it, add the answer to
        ``simulations``, call again. Every round drops at least one wish, so this ends. Actions sort by (kind: remove,
        upgrade, install; manager; name; arch).

    Source: DESIGN 5.
    """
    blocker = _blocker(computer, assessment)
    where = Circumstances(
        compiled=compiled,
        computer=computer.number,
        facts=facts,
        assessment=assessment,
        history=history,
        today=today,
    )
    if blocker is not None:
        wishes: tuple[Wish, ...] = ()
        refusals: tuple[Refusal, ...] = (blocker,)
    elif deployment is not None:
        wishes, refusals = wishes_of_deployment(where, deployment)
    elif restoration is not None:
        wishes, refusals = sort_out(where, wishes_of_taken(where, restoration))
    else:
        wishes, refusals = wishes_of_findings(where, only)

    simulated: list[Simulation] = []
    actions: list[Action] = []
    for manager in PACKAGE_MANAGERS:
        own = tuple(wish for wish in wishes if wish.manager == manager)
        settled = _settle(where, manager, own, simulations)
        if isinstance(settled, SimulationRequest):
            return settled
        refusals = (*refusals, *settled.refusals)
        if settled.simulation is not None:
            simulated.append(settled.simulation)
            actions += actions_of(where, settled.wishes, settled.following, settled.simulation)
    # What is in grace for itself may still go with what nobody needs any more.
    gone = {action.package for action in actions if action.kind == "remove"}
    return with_hash(
        Plan(
            computer=computer.number,
            mode=_mode(compiled, computer, mode, is_ordered=deployment is not None or restoration is not None),
            as_of=today,
            facts_digest=facts.digest,
            policy_digest=compiled.digest,
            simulations=tuple(simulated),
            lots=tuple(sorted({action.number for action in actions if action.kind == "install" or action.old_number})),
            actions=sort_actions(actions),
            refusals=tuple(sorted({refusal for refusal in refusals if refusal.package not in gone})),
            notice=deployment.notice if deployment is not None else "",
        ),
        computer,
    )


class _Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What one manager is to do, and what of the wishes it is not; without a simulation it is nothing."""

    wishes: tuple[Wish, ...]
    following: tuple[int, ...]
    refusals: tuple[Refusal, ...]
    simulation: Simulation | None


def _settle(
    where: Circumstances,
    manager: PackageManager,
    wishes: tuple[Wish, ...],
    simulations: Mapping[SimulationRequest, Simulation],
) -> _Settled | SimulationRequest:
    """Drop of one manager's wishes what speaks against them, until its simulation is what is wanted and nothing more.

    What a manager refuses costs no other manager its wishes.
    """
    refusals: tuple[Refusal, ...] = ()
    staying: frozenset[int] = frozenset()
    while True:
        wishes, refusals = _hold_back(where.facts, wishes, refusals)
        named, following = _split_followers(where, wishes, staying)
        request = _request(where, manager, named, following)
        if request.is_empty:
            return _Settled(wishes=named, following=following, refusals=refusals, simulation=None)
        simulation = simulations.get(request)
        if simulation is None:
            return request
        objection = examine(where, named, following, simulation)
        if objection == Objection():
            return _Settled(wishes=named, following=following, refusals=refusals, simulation=simulation)
        refused = {refusal.package for refusal in objection.refusals}
        wishes = tuple(wish for wish in wishes if wish.package not in refused)
        refusals = (*refusals, *objection.refusals)
        staying |= objection.staying


def _blocker(computer: Computer, assessment: Assessment) -> Refusal | None:
    if computer.status != "in_use":
        return Refusal(package="", code="", reason=f"the register says this computer is {computer.status}")
    for finding in assessment.findings:
        if finding.code == "identity_mismatch":
            return Refusal(package="", code=finding.code, reason=finding.message)
    return None


def _mode(compiled: CompiledPolicy, computer: Computer, mode: Mode | None, *, is_ordered: bool) -> Mode:
    if not computer.is_adopted or mode == "audit":
        return "audit"
    # What people decided for this run is carried out; the baseline's mode is about enforcing findings.
    return "enforce" if is_ordered else compiled.mode


def _hold_back(
    facts: Facts, wishes: tuple[Wish, ...], refusals: tuple[Refusal, ...]
) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    rows = {wish.row for wish in wishes if wish.leaving and wish.row is not None}
    going, blocked = held_back(facts.packages, rows)
    kept = tuple(wish for wish in wishes if not wish.leaving or wish.row in going)
    return kept, (
        *refusals,
        *(
            wish.refuse(f"{facts.packages[blocked[wish.row]].name} needs it and stays")
            for wish in wishes
            if wish.leaving and wish.row in blocked
        ),
    )


def _split_followers(
    where: Circumstances, wishes: tuple[Wish, ...], staying: frozenset[int]
) -> tuple[tuple[Wish, ...], tuple[int, ...]]:
    """The wishes that stand for themselves, and the rows that go along with what leaves.

    An unlisted automatic package is a follower also where the policy would remove it for itself: one application with
    ten libraries is one removal, and goes into one book.
    """
    leaving = {wish.row for wish in wishes if wish.leaving and wish.row is not None}
    if not leaving:
        return wishes, ()
    packages = where.facts.packages
    rows = where.facts.rows_by_ref
    candidates = tuple(
        row
        for finding in where.assessment.findings
        for row in (rows.get(finding.package),)
        if finding.code == "unlisted" and row is not None and row not in staying
        if not (packages[row].manual or packages[row].essential or packages[row].held)
        if packages[row].ref not in where.protected
    )
    led = set(followers(packages, leaving.difference(candidates), candidates))
    named = tuple(wish for wish in wishes if wish.kind != "remove" or wish.row not in led)
    return named, followers(packages, leaving - led, candidates)


def _request(
    where: Circumstances, manager: PackageManager, wishes: tuple[Wish, ...], following: tuple[int, ...]
) -> SimulationRequest:
    def wants(kind: str) -> tuple[Want, ...]:
        # What replaces a package of another name is new to the host.
        asked = (wish for wish in wishes if wish.comes and kind == ("install" if wish.leaves else wish.kind))
        return tuple(sorted({Want(name=wish.name, versions=wish.versions, back=wish.back) for wish in asked}))

    facts = where.facts
    removals = {wish.leaving for wish in wishes if wish.leaving}
    removals.update(f"{facts.packages[row].name}:{facts.packages[row].arch}" for row in following)
    leaving = (*(wish.row for wish in wishes if wish.leaving and wish.row is not None), *following)
    means = (*(wish.means for wish in wishes), *(means_of_removal(where, row) for row in leaving))
    return SimulationRequest(
        manager=manager,
        install=wants("install"),
        upgrade=wants("upgrade"),
        remove=tuple(sorted(removals)),
        means=tuple(sorted({item for item in means if item is not None})),
    )
