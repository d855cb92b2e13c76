# SPDX-License-Identifier: Apache-2.0
"""What a run over minions gives back: one look at each computer, as values and as the runner's answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from zhengban.model.finding import Assessment
from zhengban.model.plan import Outcome, Plan
from zhengban.model.record import BookedRecord
from zhengban.plan.describe import describe_assessment, describe_plan

OK, FINDINGS, FAILED = 0, 1, 3
"""Exit codes of salt-run, those of the command line. 2 is wrong input."""

State = Literal["unread", "pending", "unchanged", "planned", "audit_only", "left_out", "refused", "failed", "done"]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one run saw and did on one computer.

    ``state``: unread (no answer that can be used), pending (an earlier change is open), unchanged (nothing to do),
    planned (not carried out: an audit, or test=True), audit_only (the policy only audits it), left_out (no seat),
    refused, failed, done. ``reason`` says why.
    """

    computer: str
    minion: str
    state: State
    reason: str = ""
    assessment: Assessment | None = None
    plan: Plan | None = None
    outcomes: tuple[Outcome, ...] = ()
    settled: tuple[BookedRecord, ...] = ()
    records: tuple[BookedRecord, ...] = ()

    @property
    def is_compliant(self) -> bool:
        return self.assessment is not None and self.assessment.verdict in ("compliant", "excused")

    @property
    def is_blocked(self) -> bool:
        """Whether an order cannot be planned there: another machine answers, or what it is about is not there."""
        return self.plan is not None and any(not refusal.package for refusal in self.plan.refusals)


class FleetRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run; ``computers`` sorted. ``refused`` is why it was not armed, ``unknown`` ids that no computer has."""

    run: str
    test: bool
    computers: tuple[Look, ...]
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def exit_code(run: FleetRun, *, is_audit: bool) -> int:
    """3 when something failed, was refused or stays open; 1 when a computer is unread, unknown or blocked or, in an
    audit, not compliant; else 0."""
    states = {look.state for look in run.computers}
    if run.refused or states & {"pending", "refused", "failed"}:
        return FAILED
    is_found = is_audit and not all(look.is_compliant for look in run.computers)
    is_blocked = any(look.is_blocked for look in run.computers)
    return FINDINGS if run.unknown or "unread" in states or is_found or is_blocked else OK


def answer_of(run: FleetRun, *, is_audit: bool, details: bool) -> dict[str, Any]:
    """The runner's answer: plain values, in a stable order."""
    return {
        "retcode": exit_code(run, is_audit=is_audit),
        "run": run.run,
        "test": run.test,
        "refused": list(run.refused),
        "unknown": list(run.unknown),
        "computers": {look.computer: _plain(look, details=details) for look in run.computers},
    }


def _plain(look: Look, *, details: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "minion": look.minion,
        "state": look.state,
        "reason": look.reason,
        "verdict": look.assessment.verdict if look.assessment else "unread",
        "hash": look.plan.hash if look.plan else "",
        "lines": list(_lines(look)),
        "settled": len(look.settled),
        "records": len(look.records),
    }
    if details:
        parts = {
            "findings": look.assessment.findings if look.assessment else (),
            "excused": look.assessment.excused if look.assessment else (),
            "plan": look.plan,
            "outcomes": look.outcomes,
            "settled": look.settled,
            "records": look.records,
        }
        # By way of JSON: days and moments become texts, as everywhere.
        plain |= msgspec.json.decode(msgspec.json.encode(parts))
    return plain


def _lines(look: Look) -> Iterator[str]:
    if look.assessment is not None:
        yield from describe_assessment(look.assessment)
    if look.plan is not None:
        yield from describe_plan(look.plan)
