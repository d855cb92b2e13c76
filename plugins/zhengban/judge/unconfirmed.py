# SPDX-License-Identifier: Apache-2.0
"""Changes nobody has signed for in time. Source: DESIGN 4, 6, DOMAIN I3 (form 11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from zhengban.approval.changes import needs_signature
from zhengban.model.confirmation import ChangeMade
from zhengban.model.finding import Finding
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

_SHOWN = 3


def judge_unconfirmed(
    compiled: CompiledPolicy, computer: Computer, history: History, *, today: dt.date
) -> Iterator[Finding]:
    """One finding for all changes on a computer that were not confirmed within ``approvals.confirm_days``, the day
    itself not counted, or that the user says are not done.
    """
    days = compiled.policy.baseline.approvals.confirm_days
    late = [
        change
        for change in history.unconfirmed.get(computer.number, ())
        if (change.objection or today - change.date > dt.timedelta(days=days))
        and needs_signature(change, compiled.policy)
    ]
    if late:
        shown = "; ".join(_describe(change) for change in late[:_SHOWN])
        more = f"; and {len(late) - _SHOWN} more" if len(late) > _SHOWN else ""
        noun = "change is" if len(late) == 1 else "changes are"
        yield Finding(
            code="unconfirmed",
            computer=computer.number,
            clauses=("I3",),
            message=f"{len(late)} {noun} not signed for as done: {shown}{more}",
            remedy="have form 11 signed by user and maintainer, and enter it with `zhengban confirm`",
        )


def _describe(change: ChangeMade) -> str:
    why = f" (the user says it is not done: {change.objection})" if change.objection else ""
    return f"{change.kind} of {change.package} on {change.date}{why}"
