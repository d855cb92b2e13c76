# SPDX-License-Identifier: Apache-2.0
"""The state of a request: a fold over its entries, of which only what may count does. Source: DOMAIN I1, DESIGN 11."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from zhengban.model.paper import PaperEntry
from zhengban.model.register import Register
from zhengban.model.request import ROLES, Application, ApprovalRole, Request, RequestEntry, RequestState, Standing
from zhengban.model.settings import Approvals

from .people import ROLE_NAMES, absence, describe_person, object_to_decider

_AFTER: dict[ApprovalRole, RequestState] = {"department": "department_approved", "it": "approved"}
Doing = Literal["approve", "reject", "withdraw"]
_TAKEN_BACK = ("rejected", "withdrawn")
_UNNOTED = "no event of the ledger names it (cut off while it was written, or added by hand): decide again"
_VERBS: dict[str, Doing] = {"approved": "approve", "rejected": "reject", "withdrawn": "withdraw"}


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What decisions are measured by: people as they are, and the policy's ``approvals``."""

    register: Register
    approvals: Approvals


def fold_request(
    identity: str,
    entries: Sequence[RequestEntry],
    *,
    application_hash: str,
    rules: Rules,
    today: dt.date,
    noted: int,
    uses: Iterable[tuple[str, str]] = (),
    armed: Iterable[tuple[str, str]] = (),
    signature_faults: Mapping[int, str] | None = None,
) -> Request:
    """Judge the entries of one request in order.

    Args:
        identity: the request's id.
        entries: the application first, then decisions; an unbroken chain.
        application_hash: SHA-256 of the application's line.
        rules: register and settings of today. An approval by a person who may not give it any more counts no more; a
            rejection or withdrawal was judged when it was written, and nothing in the register takes it back.
        today: the day in the organisation's time zone.
        noted: how many of the entries the ledger's events name; those behind do not count.
        uses: (run, computer) that used the request.
        armed: (run, computer) that are armed to: that uses it up too, and it can still be rejected or withdrawn.
        signature_faults: what is wrong with the signature of an approval, by its ``seq``; a signature that is not
            named here was verified.

    Returns:
        The request. An approval that is good until a day is good on that day; one made for longer than
        ``valid_days`` is cut to that. Used wins over expired, and once it was used over everything.
    """
    first = entries[0]
    assert first.application is not None
    used, waiting = set(uses), set(armed)
    request = Request(
        id=identity,
        state="applied",
        application=first.application,
        date=first.date,
        reason=first.reason,
        application_hash=application_hash,
        uses=tuple(sorted(used | waiting)),
    )
    faults = signature_faults or {}
    for entry in entries[1:]:
        objection = _UNNOTED if entry.seq > noted else _object_to_written(request, entry, rules, faults)
        decisions = (*request.decisions, Standing(entry=entry, objection=objection))
        request = msgspec.structs.replace(request, decisions=decisions)
        if not objection:
            request = _take(request, entry, rules.approvals)
    if used or (waiting and request.state not in _TAKEN_BACK):
        return msgspec.structs.replace(request, state="used")
    if request.state in _TAKEN_BACK:
        return request
    request = msgspec.structs.replace(request, void=_why_void(request.application, rules.register, today))
    is_approved = request.state in ("department_approved", "approved")
    if is_approved and request.expires is not None and request.expires < today:
        return msgspec.structs.replace(request, state="expired")
    return request


def _object_to_written(request: Request, entry: RequestEntry, rules: Rules, faults: Mapping[int, str]) -> str:
    """Why an entry that was judged when it was written does not count now; empty when it does."""
    if entry.kind in _TAKEN_BACK:
        # Whoever said so could then: a new head or a new list of approvers does not bring the request back.
        return f"the request is {request.state} already" if request.state in _TAKEN_BACK else ""
    return object_to(request, entry, rules=rules, signature_fault=faults.get(entry.seq, ""))


def _why_void(application: Application, register: Register, today: dt.date) -> str:
    """What has become of applicant or computer that makes the request one nobody asks for any more."""
    if gone := absence(register, application.applicant, today):
        return f"its applicant: {gone}"
    computer = register.computer_by_number.get(application.computer)
    if computer is None:
        return f"{application.computer} is not in the register any more"
    if computer.user != application.user:
        then, now = (
            describe_person(register, user) if user else "nobody" for user in (application.user, computer.user)
        )
        return f"the user of {application.computer} was {then} when it was applied for and is {now} now: apply again"
    return ""


def _take(request: Request, entry: RequestEntry, approvals: Approvals) -> Request:
    if entry.kind == "approved" and entry.role and entry.expires is not None:
        longest = latest_expiry(entry.date, approvals)
        # Both have to be good: IT's lengthens nothing.
        expires = min(filter(None, (entry.expires, longest, request.expires)))
        return msgspec.structs.replace(request, state=_AFTER[entry.role], expires=expires)
    state: RequestState = "rejected" if entry.kind == "rejected" else "withdrawn"
    return msgspec.structs.replace(request, state=state)


def latest_expiry(day: dt.date, approvals: Approvals) -> dt.date:
    """The last day an approval of a day can be good for."""
    return day + dt.timedelta(days=approvals.valid_days)


def object_to(request: Request, entry: RequestEntry, *, rules: Rules, signature_fault: str = "") -> str:
    """Why a decision does not count on top of those before it; empty when it does.

    The same sentence refuses it before it is written and when it is used.
    """
    verb = _VERBS.get(entry.kind)
    if verb is None:
        return f"a request has one application, and this is another ({entry.kind!r})"
    if request.state in ("rejected", "withdrawn", "expired", "used"):
        return f"the request is {request.state} already"
    if verb == "approve" and request.void:
        return request.void
    if verb == "withdraw":
        return "" if entry.by == request.application.applicant else "only the applicant withdraws a request"
    role = request.next_role
    if role is None and verb == "approve":
        return "the request is approved already"
    # IT may still reject what it has approved.
    role = role or ROLES[-1]
    if entry.role != role:
        return f"{ROLE_NAMES[role]} decides now, not {ROLE_NAMES[entry.role] if entry.role else 'nobody'}"
    person_fault = object_to_decider(
        rules.register,
        request.application,
        role=role,
        person=entry.by,
        earlier=request.approver("department") if role == "it" else "",
        day=entry.date,
    )
    if person_fault or verb == "reject":
        return person_fault
    if request.expires is not None and request.expires < entry.date:
        return f"the department's approval was good until {request.expires}"
    return _object_to_approval(request.application, entry, rules=rules, signature_fault=signature_fault)


def _object_to_approval(application: Application, entry: RequestEntry, *, rules: Rules, signature_fault: str) -> str:
    """What the approval itself lacks, whoever gave it."""
    if entry.expires is None:
        return "the approval does not say until when it is good"
    if entry.evidence and not entry.recorded_by:
        return f"the approval cites {entry.evidence} and does not say who recorded that"
    if entry.recorded_by == application.applicant:
        return f"{entry.recorded_by} is the applicant and cannot record the approval of their own request"
    return object_to_proof(entry, rules=rules, signature_fault=signature_fault)


def object_to_proof(entry: RequestEntry | PaperEntry, *, rules: Rules, signature_fault: str) -> str:
    """What is wrong with who recorded an outside approval, or with the signature of one; empty when nothing is."""
    if entry.recorded_by and (gone := absence(rules.register, entry.recorded_by, entry.date)):
        return gone
    if entry.signature:
        return f"its signature does not hold: {signature_fault}" if signature_fault else ""
    if rules.approvals.signatures == "required":
        return "it is not signed, and approvals.signatures is required (policies/baseline.yml)"
    return ""


def object_to_use(request: Request, *, computer: str) -> str:
    """Why a request does not allow a change on a computer now; empty when it does.

    Args:
        request: folded without the use it is asked for.
    """
    if request.application.computer != computer:
        return f"{request.id} is about {request.application.computer}, not about {computer}"
    if request.uses and request.state not in _TAKEN_BACK:
        run, where = request.uses[0]
        return f"{request.id} was used in run {run} on {where}: a request is good for one change, apply again"
    if request.state == "approved":
        return f"{request.id} counts no more: {request.void}" if request.void else ""
    if request.state == "expired":
        return f"{request.id} was good until {request.expires}: apply again"
    doubts = "".join(
        f"; {item.entry.by}'s decision does not count: {item.objection}" for item in request.decisions if item.objection
    )
    return f"{request.id} is not approved, it is {request.state}{doubts}"
