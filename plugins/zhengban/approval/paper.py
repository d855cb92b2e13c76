# SPDX-License-Identifier: Apache-2.0
"""The state of a need or a purchase plan: a fold over its entries, of which only what may count does.

Who decides in which order is the lower part of forms 3 and 4. Source: DOMAIN C1, C3, D2, DESIGN 11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
import rfc8785

from zhengban.model.paper import (
    NEED_ROLES,
    PLAN_ROLES,
    Need,
    NeedEntry,
    Paper,
    PaperDecision,
    PaperEntry,
    PaperRole,
    PaperState,
    PlanEntry,
    PurchasePlan,
)

from .people import absence, describe_person
from .state import Rules, object_to_proof

PAPER_FORMAT = "zhengban.paper/1"
ROLE_NAMES: dict[PaperRole, str] = {
    "it": "IT",
    "asset": "the asset department",
    "finance": "the finance department",
    "leader": "the leader",
}
_AFTER: dict[PaperRole, PaperState] = {"it": "it_approved", "asset": "asset_approved", "finance": "finance_approved"}
_CLOSED = ("rejected", "withdrawn")
_UNNOTED = "no event of the ledger names it (cut off while it was written, or added by hand): decide again"


def roles_of(content: Need | PurchasePlan) -> tuple[PaperRole, ...]:
    """Who decides about it, in order."""
    return NEED_ROLES if isinstance(content, Need) else PLAN_ROLES


def fold_paper(
    identity: str,
    entries: Sequence[NeedEntry] | Sequence[PlanEntry],
    *,
    sha256: str,
    rules: Rules,
    today: dt.date,
    noted: int,
    signature_faults: Mapping[int, str],
) -> Paper:
    """Judge the entries of one paper in order, as :func:`~.state.fold_request` does those of a request.

    Args:
        sha256: of the first entry's line.
        rules: of today: an approval by a person who may not give it any more counts no more; a rejection or withdrawal
            was judged when it was written.
        noted: how many of the entries the ledger's events name; those behind do not count.
        signature_faults: what is wrong with the signature of an approval, by its ``seq``.
    """
    first = entries[0]
    assert first.content is not None
    content: Need | PurchasePlan = first.content
    paper = Paper(
        id=identity,
        state="applied",
        content=content,
        date=first.date,
        by=first.by,
        sha256=sha256,
        next_role=roles_of(content)[0],
    )
    for entry in entries[1:]:
        objection = _UNNOTED if entry.seq > noted else ""
        if not objection and entry.kind == "covered":
            objection = _object_to_cover(paper, entry)
        elif not objection and entry.kind in _CLOSED:
            objection = f"it is {paper.state} already" if paper.state in _CLOSED else ""
        elif not objection:
            objection = object_to_paper(
                paper, entry, rules=rules, today=today, signature_fault=signature_faults.get(entry.seq, "")
            )
        decision = PaperDecision(entry=_decision_of(entry), objection=objection)
        paper = msgspec.structs.replace(paper, decisions=(*paper.decisions, decision))
        if not objection:
            paper = _take(paper, entry)
    return paper


def object_to_paper(paper: Paper, entry: PaperEntry, *, rules: Rules, today: dt.date, signature_fault: str = "") -> str:
    """Why a decision about a paper as it stands would not count; empty when it would.

    Each role's approvers are those of ``organisation.approvers``; nobody decides twice, and nobody about what they
    handed in. Whoever approves next may also reject; who handed it in may withdraw it while it is open.
    """
    if paper.state in _CLOSED or (paper.state == "approved" and entry.kind != "rejected"):
        return f"it is {paper.state} already"
    if entry.kind == "withdrawn":
        return "" if entry.by == paper.content.handled_by else "only who handed it in withdraws it"
    # The last to approve may still reject.
    role = paper.next_role or roles_of(paper.content)[-1]
    if entry.role != role:
        return f"{ROLE_NAMES[role]} decides now, not {ROLE_NAMES[entry.role] if entry.role else 'nobody'}"
    if fault := _object_to_person(paper, entry, role, rules, today):
        return fault
    if entry.kind == "rejected":
        return ""
    if bool(entry.evidence) != bool(entry.recorded_by):
        return f"the approval cites {entry.evidence or 'nothing'} and does not say who recorded that"
    if entry.recorded_by == paper.content.handled_by:
        return f"{entry.recorded_by} handed it in and cannot record its approval"
    return object_to_proof(entry, rules=rules, signature_fault=signature_fault)


def _object_to_person(paper: Paper, entry: PaperEntry, role: PaperRole, rules: Rules, today: dt.date) -> str:
    register, person = rules.register, entry.by
    approvers = register.organisation.approvers.get(role, ())
    if gone := absence(register, person, entry.date):
        return gone
    if person == paper.content.handled_by:
        return f"{describe_person(register, person)} handed it in and cannot decide about it"
    if person not in approvers:
        can = [name for name in approvers if name != paper.content.handled_by and not absence(register, name, today)]
        who = " or ".join(describe_person(register, name) for name in can)
        return (
            f"{describe_person(register, person)} does not decide for {ROLE_NAMES[role]}: "
            f"{who or f'name somebody under organisation.approvers.{role} (inventories/register/organisation.yml)'}"
        )
    earlier = [item.entry.by for item in paper.decisions if item.entry.kind == "approved" and not item.objection]
    if entry.kind == "approved" and person in earlier:
        return f"{describe_person(register, person)} has approved it already, and nobody approves twice"
    return ""


def paper_bytes(identity: str, sha256: str, *, role: PaperRole, approver: str) -> bytes:
    """What one person signs who approves one paper in one role; the hash of its first line covers all of the form."""
    return rfc8785.dumps({"format": PAPER_FORMAT, "id": identity, "role": role, "approver": approver, "paper": sha256})


def _object_to_cover(paper: Paper, entry: NeedEntry | PlanEntry) -> str:
    if not isinstance(entry, NeedEntry) or not isinstance(paper.content, Need):
        return "only a need is covered by seats that are free"
    if paper.state != "approved":
        return f"it is {paper.state}, and only an approved need is covered"
    there, done = range(1, len(paper.content.rows) + 1), {item.row for item in paper.covered}
    wrong = [item.row for item in entry.covered if item.row not in there or item.row in done]
    return f"there is no open row {wrong[0]}" if wrong else ""


def _take(paper: Paper, entry: NeedEntry | PlanEntry) -> Paper:
    if isinstance(entry, NeedEntry) and entry.kind == "covered":
        return msgspec.structs.replace(paper, covered=(*paper.covered, *entry.covered))
    if entry.kind in _CLOSED:
        state: PaperState = "rejected" if entry.kind == "rejected" else "withdrawn"
        return msgspec.structs.replace(paper, state=state, next_role="")
    roles = roles_of(paper.content)
    assert entry.role
    place = roles.index(entry.role) + 1
    if place == len(roles):
        return msgspec.structs.replace(paper, state="approved", next_role="")
    return msgspec.structs.replace(paper, state=_AFTER[entry.role], next_role=roles[place])


def _decision_of(entry: NeedEntry | PlanEntry) -> PaperEntry:
    """The entry without what only the first has."""
    return PaperEntry(**{name: getattr(entry, name) for name in PaperEntry.__struct_fields__})
