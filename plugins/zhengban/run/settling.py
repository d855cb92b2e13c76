# SPDX-License-Identifier: Apache-2.0
"""Settle what an earlier run left open, from the host's journal and packages, guessing nothing. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from zhengban.judge import answers_for
from zhengban.model.errors import Busy, FactsError
from zhengban.model.facts import Facts
from zhengban.model.plan import Outcome, steps_of
from zhengban.model.record import BookedRecord, Intent
from zhengban.model.register import Computer

from .facts import keep_changed
from .host import Host, HostAnswer, outcome_of, read_answer, readable_facts
from .workspace import Workspace


def settle_host(workspace: Workspace, computer: Computer, host: Host) -> tuple[BookedRecord, ...] | None:
    """Settle the open intent of one computer.

    Returns:
        The records written, possibly none; None when nothing was open.

    Raises:
        Busy: the run that opened it is still at work, on the controller or on the host.
        FactsError: what became of it is unknown; the intent stays pending, as it does when the connection is lost.
    """
    if workspace.ledger.pending_of(computer.number) is None:
        return None
    with workspace.ledger.lock_computer(computer.number):
        # Read again under the lock: the worker that held it may just have finished.
        intent = workspace.ledger.pending_of(computer.number)
        if intent is None:
            return None
        if intent.is_stated:
            return workspace.ledger.settle_stated(intent, at=dt.datetime.now(dt.UTC))
        answer = read_answer(host.settle(intent.id), source=computer.number)
        if answer.state == "busy":
            raise Busy(
                [f"{computer.number} is still at work on run {intent.run}: {answer.reason or 'try again later'}"]
            )
        facts = readable_facts(answer, intent, source=computer.number)
        if not answers_for(computer, facts):
            raise FactsError(
                f"{computer.number}: another machine answers at its address, so what became of run {intent.run} is "
                "unknown; the change stays open"
            )
        records = workspace.ledger.settle(intent, _outcomes(intent, answer, facts), at=dt.datetime.now(dt.UTC))
    keep_changed(workspace, computer.number, facts, now=dt.datetime.now(dt.UTC))
    return records


def settle_stated(workspace: Workspace) -> tuple[BookedRecord, ...]:
    """Settle every open unit that needs no host.

    Raises:
        Busy: the command that opened one is still at work.
        LedgerError: a file that changes with it was changed by somebody else.
    """
    records: list[BookedRecord] = []
    for waiting in workspace.ledger.pending():
        if waiting.is_stated:
            with workspace.ledger.lock_computer(waiting.computer):
                intent = workspace.ledger.pending_of(waiting.computer)
                if intent is not None and intent.is_stated:
                    records += workspace.ledger.settle_stated(intent, at=dt.datetime.now(dt.UTC))
    return tuple(records)


def _both_or_neither(intent: Intent, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """What replaces a package has come only if that one has left too (L4)."""
    outcomes = tuple(outcomes)
    staying = {outcome.package for outcome in outcomes if outcome.state == "not_done"}
    replaced = {change.package: change.old_package for change in intent.changes}
    for outcome in outcomes:
        old = replaced.get(outcome.package)
        if outcome.state == "done" and old in staying:
            yield msgspec.structs.replace(outcome, state="not_done", reason=f"{old} is still there")
        else:
            yield outcome


def _outcomes(intent: Intent, answer: HostAnswer, facts: Facts) -> tuple[Outcome, ...]:
    if answer.state == "done":
        # What the host verified then; its packages may have moved on since.
        return tuple(_both_or_neither(intent, answer.outcomes))
    if answer.state == "never":
        return tuple(
            Outcome(package=change.package, state="not_done", reason="the host never started it")
            for change in intent.changes
        )
    return tuple(
        outcome_of(
            steps_of(change.kind, change.package, old=change.old, new=change.new, old_package=change.old_package),
            change.package,
            facts,
        )
        for change in intent.changes
        if change.kind != "state"
    )
