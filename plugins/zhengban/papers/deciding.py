# SPDX-License-Identifier: Apache-2.0
"""Deciding about a request: the lower half of form 10 as its further entries. Source: DESIGN 6, 11, DOMAIN I1."""

from __future__ import annotations

import datetime as dt

import msgspec

from zhengban.approval.canonical import NAMESPACE
from zhengban.approval.state import latest_expiry, object_to
from zhengban.ledger.requests import RequestFile, extend_request
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.request import ROLES, ApprovalRole, Request, RequestEntry
from zhengban.run.author import operator
from zhengban.run.requests import judge_file, noted_lines, request_file, rules_of, signature_fault, signed_bytes
from zhengban.run.signatures import sign
from zhengban.run.workspace import Workspace

from .decision import Decision, require_whole


def decide(workspace: Workspace, identity: str, decision: Decision, *, now: dt.datetime) -> Request:
    """Write a decision into the ledger if it counts.

    Returns:
        The request afterwards.

    Raises:
        Refused: it would not count, and why; nothing was written.
        InputError: no such request or person, or a decision that is not whole.
    """
    history = workspace.history(now)
    file = request_file(workspace, identity)
    # What is armed can still be taken back: the change is not made then.
    is_approval = decision.kind == "approved"
    request = judge_file(workspace, file, history=history, now=now, is_armed_used=is_approval)
    entry = _decision_entry(workspace, file, request, decision, now)
    fault = signature_fault(workspace, file, entry) if entry.signature else ""
    if objection := object_to(request, entry, rules=rules_of(workspace), signature_fault=fault):
        raise Refused([f"{identity}: {objection}"])
    extend_request(workspace.ledger, file, entry, noted=noted_lines(workspace, file, history), at=now)
    return judge_file(workspace, request_file(workspace, identity), history=workspace.history(now), now=now)


def _decision_entry(
    workspace: Workspace, file: RequestFile, request: Request, decision: Decision, now: dt.datetime
) -> RequestEntry:
    require_whole(workspace.register, decision)
    today = workspace.register.organisation.today(now)
    is_approval = decision.kind == "approved"
    entry = RequestEntry(
        seq=0,
        prev="",
        at=now.astimezone(dt.UTC).replace(microsecond=0),
        kind=decision.kind,
        by=decision.by,
        date=today,
        account=operator(),
        role=_role(request) if decision.kind != "withdrawn" else "",
        reason=decision.reason.strip(),
        expires=_expiry(workspace, decision.expires, today) if is_approval else None,
        evidence=decision.evidence,
        recorded_by=decision.recorded_by,
        signature=decision.signature,
    )
    if decision.key is None:
        return entry
    signature = sign(signed_bytes(file, entry), key=decision.key, namespace=NAMESPACE)
    return msgspec.structs.replace(entry, signature=signature)


def _role(request: Request) -> ApprovalRole:
    return request.next_role or ROLES[-1]


def _expiry(workspace: Workspace, expires: dt.date | None, today: dt.date) -> dt.date:
    longest = latest_expiry(today, workspace.policy.baseline.approvals)
    if expires is not None and not today <= expires <= longest:
        hint = f"from {today} to {longest} (approvals.valid_days, policies/baseline.yml)"
        raise InputError([Problem(file="--expires", message=f"an approval cannot be good until {expires}", hint=hint)])
    return expires or longest


def bytes_to_sign(
    workspace: Workspace, identity: str, *, by: str, expires: dt.date | None, now: dt.datetime
) -> tuple[bytes, dt.date]:
    """The bytes a person signs to approve a request in the role that decides now, and the last day they name.

    Raises:
        Refused: that person does not decide now.
        InputError: no such request or person, or a day the policy does not allow.
    """
    history = workspace.history(now)
    file = request_file(workspace, identity)
    request = judge_file(workspace, file, history=history, now=now)
    # As if it were signed already: whether it has to be is not the question here.
    decision = Decision(kind="approved", by=by, expires=expires, signature="-")
    entry = _decision_entry(workspace, file, request, decision, now)
    if objection := object_to(request, entry, rules=rules_of(workspace)):
        raise Refused([f"{identity}: {objection}"])
    assert entry.expires is not None
    return signed_bytes(file, entry), entry.expires
