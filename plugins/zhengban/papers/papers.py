# SPDX-License-Identifier: Apache-2.0
"""Needs and purchase plans as they stand: read, judged with today's people and rules, and decided about.

Source: DESIGN 6, DOMAIN C1, C3, D2.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import msgspec

from zhengban.approval.canonical import NAMESPACE
from zhengban.approval.paper import fold_paper, object_to_paper, paper_bytes, roles_of
from zhengban.documents.suggestion import suggest
from zhengban.ledger.forks import CONTRADICTORY, WAY_OUT
from zhengban.ledger.papers import FOLDERS, PaperKind
from zhengban.ledger.requests import PaperFile, extend_request
from zhengban.model.errors import InputError, LedgerError, Problem, Refused
from zhengban.model.paper import CoveredRow, NeedEntry, Paper, PaperEntry, PlanEntry, PurchasePlan
from zhengban.model.policy import Lot, Policy
from zhengban.model.record import History
from zhengban.run.author import operator
from zhengban.run.requests import empty_file, find_missing, noted_lines, read_files, rules_of
from zhengban.run.signatures import find_fault, find_signers, sign
from zhengban.run.workspace import Workspace

from .decision import Decision, require_whole

AnyFile = PaperFile[NeedEntry] | PaperFile[PlanEntry]


def read_papers(workspace: Workspace, kind: PaperKind, *, now: dt.datetime) -> tuple[Paper, ...]:
    """Every need, or every purchase plan, that is as it was written, by id; for the others see :func:`find_unread`.

    A need says which purchase plan it, or part of it, went into: the latest that was neither rejected nor withdrawn; a
    plan which lots were bought under its rows.
    """
    history = workspace.history(now)
    plans = _plans_of_needs(workspace, now) if kind == "NED" else {}
    return tuple(
        _related(workspace, _judge(workspace, item, history, now), plans)
        for item in _read_files(workspace, kind, history)
        if isinstance(item, PaperFile)
    )


def _plans_of_needs(workspace: Workspace, now: dt.datetime) -> dict[str, str]:
    return {ref.partition("#")[0]: plan for ref, plan in planned_rows(workspace, now=now).items()}


def planned_rows(workspace: Workspace, *, now: dt.datetime) -> dict[str, str]:
    """The rows of needs (``NED-2026-a3f01c-0001#1``) that are in purchase plans nobody rejected or took back, with the
    plan's id.
    """
    return {
        ref: plan.id
        for plan in read_papers(workspace, "PUR", now=now)
        if isinstance(plan.content, PurchasePlan) and plan.state not in ("rejected", "withdrawn")
        for row in plan.content.rows
        for ref in row.needs
    }


def find_unread(workspace: Workspace, kind: PaperKind, *, now: dt.datetime) -> tuple[str, ...]:
    """What is wrong with each paper of a kind that is not as it was written, or not there any more, by id."""
    history = workspace.history(now)
    missing = find_missing(kind, workspace.ledger.paper_ids(kind), history)
    return (*(item for item in _read_files(workspace, kind, history) if isinstance(item, str)), *missing)


def find_paper(workspace: Workspace, kind: PaperKind, identity: str, *, now: dt.datetime) -> Paper:
    """One paper as it stands.

    Raises:
        InputError: there is none with this id.
        LedgerError: it is not as it was written.
    """
    paper = _judge(workspace, _file(workspace, kind, identity), workspace.history(now), now)
    plans = _plans_of_needs(workspace, now) if kind == "NED" else {}
    return _related(workspace, paper, plans)


def lots_of_row(policy: Policy, ref: str) -> tuple[Lot, ...]:
    """The lots whose references name a row of a purchase plan (``PUR-2026-a3f01c-0001#1``), by number."""
    return tuple(lot for _number, lot in sorted(policy.lot_by_number.items()) if ref in lot.references)


def _related(workspace: Workspace, paper: Paper, plans: Mapping[str, str]) -> Paper:
    """A paper with what others say of it."""
    if isinstance(paper.content, PurchasePlan):
        refs = (f"{paper.id}#{place}" for place, _row in enumerate(paper.content.rows, 1))
        lots = tuple(tuple(lot.number for lot in lots_of_row(workspace.policy, ref)) for ref in refs)
        return msgspec.structs.replace(paper, lots=lots)
    return msgspec.structs.replace(paper, plan=plans.get(paper.id, ""))


def decide_paper(
    workspace: Workspace, kind: PaperKind, identity: str, decision: Decision, *, now: dt.datetime
) -> Paper:
    """Write a decision into the ledger if it counts.

    Returns:
        The paper afterwards.

    Raises:
        Refused: it would not count, and why; nothing was written.
        InputError: no such paper or person, or a decision that is not whole.
    """
    history = workspace.history(now)
    file = _file(workspace, kind, identity)
    paper = _judge(workspace, file, history, now)
    if file.is_contradictory:
        raise Refused([f"{identity}: {CONTRADICTORY}; {WAY_OUT}"])
    require_whole(workspace.register, decision)
    today = workspace.register.organisation.today(now)
    role = paper.next_role or roles_of(paper.content)[-1]
    entry = msgspec.structs.replace(
        _next_entry(workspace, file, decision.kind, decision.by, now),
        role="" if decision.kind == "withdrawn" else role,
        reason=decision.reason.strip(),
        evidence=decision.evidence,
        recorded_by=decision.recorded_by,
        signature=decision.signature,
    )
    if decision.key is not None:
        data = paper_bytes(identity, paper.sha256, role=role, approver=decision.by)
        entry = msgspec.structs.replace(entry, signature=sign(data, key=decision.key, namespace=NAMESPACE))
    fault = _signature_fault(workspace, file, entry) if entry.signature else ""
    if objection := object_to_paper(paper, entry, rules=rules_of(workspace), today=today, signature_fault=fault):
        raise Refused([f"{identity}: {objection}"])
    extend_request(workspace.ledger, file, entry, noted=noted_lines(workspace, file, history), at=now)
    return find_paper(workspace, kind, identity, now=now)


def cover_need(workspace: Workspace, identity: str, rows: tuple[CoveredRow, ...], *, by: str, now: dt.datetime) -> None:
    """Write into a need which of its rows seats cover that are free.

    Raises:
        InputError: there is no such need.
        Refused: somebody decided about it meanwhile; nothing was written.
    """
    history = workspace.history(now)
    file = _file(workspace, "NED", identity)
    entry = msgspec.structs.replace(_next_entry(workspace, file, "covered", by, now), covered=rows)
    extend_request(workspace.ledger, file, entry, noted=noted_lines(workspace, file, history), at=now)


def _next_entry(workspace: Workspace, file: AnyFile, kind: str, by: str, now: dt.datetime) -> NeedEntry | PlanEntry:
    first = file.entries[0]
    return msgspec.structs.replace(
        first,
        at=now.astimezone(dt.UTC).replace(microsecond=0),
        kind=kind,
        by=by,
        date=workspace.register.organisation.today(now),
        account=operator(),
        **({"need": None} if isinstance(first, NeedEntry) else {"plan": None}),
    )


def _file(workspace: Workspace, kind: PaperKind, identity: str) -> AnyFile:
    known = workspace.ledger.paper_ids(kind)
    file = _read(workspace, kind, identity) if identity in known else None
    if file is None and identity in known:
        raise LedgerError(empty_file(identity))
    if file is None:
        place, what = f"ledger/{FOLDERS[kind]}", "need" if kind == "NED" else "purchase plan"
        hint = suggest(identity, known)
        raise InputError([Problem(file=place, message=f"there is no {what} {identity!r}", hint=hint)])
    return file


def _read(workspace: Workspace, kind: PaperKind, identity: str) -> AnyFile | None:
    return workspace.ledger.need(identity) if kind == "NED" else workspace.ledger.plan(identity)


def _read_files(workspace: Workspace, kind: PaperKind, history: History) -> Iterator[AnyFile | str]:
    def read(identity: str) -> AnyFile | None:
        return _read(workspace, kind, identity)

    return read_files(workspace, workspace.ledger.paper_ids(kind), read, history)


def _judge(workspace: Workspace, file: AnyFile, history: History, now: dt.datetime) -> Paper:
    entries = file.entries
    paper = fold_paper(
        file.id,
        entries,
        sha256=file.hashes[0],
        rules=rules_of(workspace),
        today=workspace.register.organisation.today(now),
        noted=len(entries) if file.is_contradictory else noted_lines(workspace, file, history),
        signature_faults={
            entry.seq: fault
            for entry in entries
            if entry.signature and (fault := _signature_fault(workspace, file, entry))
        },
    )
    # Nobody can rest on one that two copies decided about.
    return msgspec.structs.replace(paper, state="rejected", next_role="") if file.is_contradictory else paper


def _signature_fault(workspace: Workspace, file: AnyFile, entry: PaperEntry) -> str:
    if not entry.role:
        return "an approval has a role"
    return find_fault(
        paper_bytes(file.id, file.hashes[0], role=entry.role, approver=entry.by),
        entry.signature,
        signers=find_signers(workspace.root),
        person=entry.by,
        namespace=NAMESPACE,
    )
