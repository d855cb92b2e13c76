# SPDX-License-Identifier: Apache-2.0
"""Changes whose host has not answered for long, settled by what a person says. Source: DESIGN 6, DOMAIN C9."""

from __future__ import annotations

import datetime as dt

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Intent, PlannedEvent
from zhengban.register.changes import require_present
from zhengban.run.workspace import Workspace

STALE_DAYS = 7


def is_stale(intent: Intent, now: dt.datetime) -> bool:
    """Whether a change has been open for so long that a person may decide what became of it."""
    return not intent.is_stated and now - intent.at > dt.timedelta(days=STALE_DAYS)


def stale_intents(workspace: Workspace, *, now: dt.datetime) -> tuple[Intent, ...]:
    """The changes that hold their seats for nothing, by computer."""
    return tuple(intent for intent in workspace.ledger.pending() if is_stale(intent, now))


def release_intent(
    workspace: Workspace, computer: str, *, by: str, reason: str, done: bool, now: dt.datetime
) -> tuple[BookedRecord, ...]:
    """Settle a stale change as a person says: all of it was done, or none.

    Args:
        computer: its number; it may have left the register since.
        by: the person who says so and answers for it; the records carry ``attested:ID``.
        reason: how the person knows.

    Returns:
        The records written; none when it was not done, and its seats are free.

    Raises:
        InputError: nothing of this computer is open, or no such person.
        Refused: too early, nothing to decide, or the person has left.
        Busy: the run that opened it is still at work.
    """
    require_present(workspace.register, by)
    if not reason.strip():
        raise InputError([Problem(file="--reason", message="is empty", hint="say how it is known")])
    _require_pending(workspace, computer)
    with workspace.ledger.lock_computer(computer):
        # Read again under the lock: the worker that held it may just have finished.
        intent = _require_pending(workspace, computer)
        _require_decidable(intent, now)
        outcome = "done" if done else "not_done"
        event = PlannedEvent(
            kind="released",
            computer=computer,
            data={"intent": intent.id, "by": by, "reason": reason.strip(), "outcome": outcome},
        )
        outcomes = tuple(
            Outcome(package=change.package, state="done" if done else "not_done", version=change.new if done else "")
            for change in intent.changes
        )
        return workspace.ledger.settle(intent, outcomes, evidence=f"attested:{by}", events=(event,), at=now)


def _require_pending(workspace: Workspace, computer: str) -> Intent:
    intent = workspace.ledger.pending_of(computer)
    if intent is None:
        open_ = [waiting.computer for waiting in workspace.ledger.pending()]
        message = f"no change of {computer!r} is open"
        raise InputError([Problem(file="ledger/pending", message=message, hint=suggest(computer, open_))])
    return intent


def _require_decidable(intent: Intent, now: dt.datetime) -> None:
    since = f"{intent.at:%Y-%m-%d %H:%M} UTC"
    if intent.is_stated:
        raise Refused([f"{intent.computer}: {intent.id} needs no decision, it settles itself: zhengban ledger recover"])
    if not is_stale(intent, now):
        raise Refused(
            [
                f"{intent.computer}: {intent.id} is open since {since}; for {STALE_DAYS} days its host is asked: "
                "zhengban ledger recover"
            ]
        )
