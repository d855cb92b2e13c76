# SPDX-License-Identifier: Apache-2.0
"""Carry out one computer's armed plan: intent, host, verified state, records. Source: DESIGN 5, 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from zhengban.judge import answers_for
from zhengban.ledger.ids import intent_id, record_id
from zhengban.licence.choose import why_invalid
from zhengban.model.errors import FactsError, Refused
from zhengban.model.facts import Facts
from zhengban.model.plan import Action, Outcome, Plan
from zhengban.model.record import BookedRecord, Change, Intent
from zhengban.model.register import Computer
from zhengban.plan import Armed
from zhengban.plan.seats import actions_in_lots

from .arming import is_intact, require_as_armed, take_armed
from .author import Author
from .facts import keep_changed
from .host import Host, HostAnswer, outcome_of, read_answer, readable_facts
from .requests import object_to_plan
from .workspace import Workspace


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one computer's plan. ``outcomes`` are one for each action, in the plan's order.

    ``left_out``: the arming had no seat for it, so nothing was done, and that is no failure. ``needs_restart``: what
    was done is whole only after the host has been restarted.
    """

    computer: str
    state: Literal["done", "failed", "refused", "left_out"]
    reason: str = ""
    output: str = ""
    outcomes: tuple[Outcome, ...] = ()
    records: tuple[BookedRecord, ...] = ()
    needs_restart: bool = False

    @property
    def changed(self) -> bool:
        return bool(self.records)


def apply_plan(
    workspace: Workspace, computer: Computer, plan_hash: str, host: Host, *, run: str, now: dt.datetime
) -> Applied:
    """Carry out the plan of this hash, armed for this run, once.

    The intent is on disk before the host is asked, the records are written from the packages read after the
    transaction. When the host stops answering the intent stays open, and the next run settles it.

    Raises:
        Refused: not armed, expired, used, or moved since; nothing was done.
        FactsError: what the host did is unknown; the intent is pending, as it is when the connection is lost.
        LedgerError: the ledger could not be written; nothing was done unless an intent is pending.
    """
    left = take_armed(workspace, run, computer.number, plan_hash)
    if reason := left.without_seat.get(computer.number):
        require_as_armed(left, computer.number, plan_hash, workspace.history(now))
        return Applied(computer=computer.number, state="left_out", reason=reason)
    with workspace.ledger.lock_computer(computer.number):
        armed, plan = _armed_plan(workspace, computer, plan_hash, run=run, now=now)
        intent = _intent(workspace, computer, plan, run=armed.run, now=now)
        workspace.ledger.open_intent(intent)
        answer = read_answer(host.apply(_order(workspace, computer, plan, intent)), source=computer.number)
        facts = None if answer.state == "refused" else readable_facts(answer, intent, source=computer.number)
        if facts is not None and not answers_for(computer, facts):
            raise FactsError(
                f"{computer.number}: another machine answered the order, so what became of it is unknown; the change "
                "stays open"
            )
        outcomes = _verified(plan, answer, facts)
        records = workspace.ledger.settle(intent, outcomes, at=dt.datetime.now(dt.UTC))
    if facts is not None:
        keep_changed(workspace, computer.number, facts, now=dt.datetime.now(dt.UTC))
    failed = [outcome for outcome in outcomes if outcome.state == "not_done"]
    return Applied(
        computer=computer.number,
        state="refused" if answer.state == "refused" else "failed" if failed or answer.state != "done" else "done",
        reason=answer.reason or "; ".join(f"{outcome.package}: {outcome.reason}" for outcome in failed),
        output=answer.output,
        outcomes=outcomes,
        records=records,
        needs_restart=answer.needs_restart,
    )


def _armed_plan(
    workspace: Workspace, computer: Computer, plan_hash: str, *, run: str, now: dt.datetime
) -> tuple[Armed, Plan]:
    armed = take_armed(workspace, run, computer.number, plan_hash)
    unit = (armed.run, computer.number, plan_hash)
    history = workspace.history(now)
    require_as_armed(armed, computer.number, plan_hash, history)
    if now >= armed.expires:
        raise Refused([f"run {armed.run} was armed until {armed.expires:%Y-%m-%d %H:%M} UTC: plan and arm again"])
    if unit in history.used:
        raise Refused([f"the plan {plan_hash[:12]} of {computer.number} was already carried out in run {armed.run}"])
    path = workspace.plan_file(computer.number, plan_hash)
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=Plan)
    except (FileNotFoundError, msgspec.DecodeError) as err:
        raise Refused([f"{path}: the armed plan cannot be read ({err}): plan and arm again"]) from err
    if plan.hash != plan_hash or not is_intact(workspace, plan):
        raise Refused([f"{path}: the plan, or the register's row of {computer.number}, has changed since it was armed"])
    compiled = workspace.compiler.for_computer(computer)
    if compiled.digest != plan.policy_digest or (compiled.mode == "audit" and not plan.is_deployment):
        raise Refused([f"the policy for {computer.number} has changed since its plan was armed: plan and arm again"])
    if closed := sorted(set(plan.urgent) - history.urgent.keys()):
        raise Refused([f"the urgent removal {identity} was closed: plan again" for identity in closed])
    if objections := object_to_plan(workspace, plan, history=history, now=now, run=armed.run):
        raise Refused(objections)
    actions = actions_in_lots(plan.actions, armed.moved.get(computer.number, {}))
    if over := _uncovered(workspace, actions, now):
        raise Refused([f"{reason}: plan and arm again" for reason in over])
    return armed, msgspec.structs.replace(plan, actions=actions)


def _uncovered(workspace: Workspace, actions: tuple[Action, ...], now: dt.datetime) -> tuple[str, ...]:
    """Why lots that were handed out cover nothing on the day it happens: a run may begin before midnight."""
    today = workspace.register.organisation.today(now)
    lots = (workspace.policy.lot_by_number.get(action.number) for action in actions if action.lots)
    return tuple(sorted({reason for lot in lots if lot is not None and (reason := why_invalid(lot, today))}))


def _order(workspace: Workspace, computer: Computer, plan: Plan, intent: Intent) -> dict[str, Any]:
    return {
        "intent": intent.id,
        "plan": plan.hash,
        "facts_digest": plan.facts_digest,
        "identity": msgspec.to_builtins(computer.identity),
        "protect": list(workspace.policy.baseline.protect),
        "transactions": [
            {"request": msgspec.to_builtins(item.request), "steps": msgspec.to_builtins(item.steps)}
            for item in plan.simulations
        ],
    }


def _verified(plan: Plan, answer: HostAnswer, facts: Facts | None) -> tuple[Outcome, ...]:
    """One outcome for each action: what the facts show, and never better than what the host said."""
    if facts is None:
        return tuple(
            Outcome(package=action.package, state="not_done", reason=answer.reason or "not carried out")
            for action in plan.actions
        )
    said = {outcome.package: outcome for outcome in answer.outcomes}
    return tuple(_outcome(action, facts, said) for action in plan.actions)


def _outcome(action: Action, facts: Facts, said: Mapping[str, Outcome]) -> Outcome:
    seen = outcome_of(action.steps, action.package, facts)
    denied = (said.get(package) for package in (action.package, action.old_package))
    doubt = next((outcome for outcome in denied if outcome is not None and outcome.state == "not_done"), None)
    if doubt is None or seen.state == "not_done":
        return seen
    return msgspec.structs.replace(seen, state="not_done", reason=doubt.reason)


def _intent(workspace: Workspace, computer: Computer, plan: Plan, *, run: str, now: dt.datetime) -> Intent:
    identifier = intent_id(run, computer.number)
    # The day it happens: a run may begin before midnight.
    today = workspace.register.organisation.today(now)
    author = Author.of(workspace.register, computer, run=run, day=today)
    indices = iter(range(2 * len(plan.actions)))
    return Intent(
        id=identifier,
        run=run,
        computer=computer.number,
        plan=plan.hash,
        at=now,
        changes=tuple(
            Change(
                package=action.package,
                kind=action.kind,
                old=action.old,
                new=action.new,
                old_package=action.old_package,
                records=tuple(
                    _record(author, action, half, identity=record_id(identifier, next(indices)))
                    for half in _halves(action)
                ),
            )
            for action in plan.actions
        ),
    )


def _halves(action: Action) -> Iterator[Literal["install", "uninstall"]]:
    """An upgrade is an uninstall of the old and an install of the new version, in their two books (L4)."""
    if action.old:
        yield "uninstall"
    if action.new:
        yield "install"


def _record(author: Author, action: Action, half: Literal["install", "uninstall"], *, identity: str) -> BookedRecord:
    leaves = half == "uninstall"
    return author.record(
        identity,
        book=(action.old_number if leaves else "") or action.number,
        action=half,
        package=(action.old_package if leaves else "") or action.package,
        version=action.old if leaves else action.new,
        quantity=action.quantity,
        cause=action.cause,
    )
