# SPDX-License-Identifier: Apache-2.0
"""Applying for a change: the upper half of form 10 as the first entry of a request. Source: DESIGN 6, DOMAIN I1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator

import msgspec

from zhengban.approval.people import absence, deciders
from zhengban.documents.suggestion import suggest
from zhengban.ledger.requests import open_requests
from zhengban.licence.choose import candidate_lots, why_invalid
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Product
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.model.request import ROLES, Application, RequestEntry, RequestKind, Software
from zhengban.policy.on_record import product_on_record
from zhengban.policy.scope import in_scope
from zhengban.run.author import operator
from zhengban.run.requests import application_of, read_requests
from zhengban.run.workspace import Workspace


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody applies for, not checked yet.

    ``number`` is what comes or leaves, ``old_number`` what an upgrade starts from (empty: what is on record there).
    ``file``, ``line`` and ``path`` are where it is written, for messages.
    """

    computer: str
    kind: RequestKind
    number: str
    old_number: str = ""
    applicant: str
    reason: str
    file: str = "request"
    line: int = 0
    path: str = ""

    def problem(self, key: str, message: str, hint: str = "") -> Problem:
        path = ".".join(filter(None, (self.path, key)))
        return Problem(file=self.file, line=self.line, path=path, message=message, hint=hint)


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was applied for; not ``is_new`` when the same was open already."""

    id: str
    is_new: bool


def apply_for(workspace: Workspace, drafts: Iterable[Draft], *, now: dt.datetime) -> tuple[Filed, ...]:
    """Write applications into the ledger, all or none.

    Returns:
        One for each draft, in order; of what is asked for twice and still open, the request there is.

    Raises:
        InputError: with everything that is wrong in any draft; nothing was written.
    """
    today = workspace.register.organisation.today(now)
    history = workspace.history(now)
    problems: list[Problem] = []
    entries: list[RequestEntry] = []
    for draft in drafts:
        found = tuple(_check(workspace, draft, history, today))
        problems += (item for item in found if isinstance(item, Problem))
        entries += (_entry(draft, item, now, today) for item in found if isinstance(item, Application))
    if problems:
        raise InputError(problems)
    known = workspace.ledger.request_ids()
    there = {
        request.application: request.id
        for request in read_requests(workspace, history=history, now=now)
        if request.is_open and not request.void
    }
    new: dict[Application | None, RequestEntry] = {}

    def find_new() -> Iterator[RequestEntry]:
        there.update(_asked_since(workspace, known))
        new.update((entry.application, entry) for entry in entries if entry.application not in there)
        yield from new.values()

    ids = open_requests(workspace.ledger, find_new(), day=today, at=now)
    made = dict(zip(new, ids, strict=True))
    return tuple(
        Filed(id=(there | made)[entry.application], is_new=entry.application in made)
        for entry in entries
        if entry.application is not None
    )


def _asked_since(workspace: Workspace, known: Collection[str]) -> Iterator[tuple[Application, str]]:
    """What others applied for since the requests ``known`` were looked at."""
    for identity in workspace.ledger.request_ids():
        if identity not in known and (file := workspace.ledger.request(identity)) is not None:
            yield application_of(file), identity


def _entry(draft: Draft, application: Application, now: dt.datetime, today: dt.date) -> RequestEntry:
    return RequestEntry(
        seq=0,
        prev="",
        at=now.astimezone(dt.UTC).replace(microsecond=0),
        kind="applied",
        by=draft.applicant,
        date=today,
        account=operator(),
        reason=draft.reason.strip(),
        application=application,
    )


def _check(workspace: Workspace, draft: Draft, history: History, today: dt.date) -> Iterator[Problem | Application]:
    """The application of a draft, or everything that is wrong with it."""
    register = workspace.register
    problems: list[Problem] = []
    if not draft.reason.strip():
        problems.append(draft.problem("reason", "a request says why", "form 10 asks for the reason"))
    try:
        computer = workspace.computer_named(draft.computer)
    except InputError as err:
        yield from (draft.problem("computer", problem.message, problem.hint) for problem in err.problems)
        computer = None
    if computer is not None and computer.status != "in_use":
        problems.append(draft.problem("computer", f"{computer.number} is {computer.status}", "name one in use"))
    person = register.person_by_id.get(draft.applicant)
    if person is None:
        hint = suggest(draft.applicant, register.person_by_id)
        problems.append(draft.problem("applicant", f"no person has the id {draft.applicant!r}", hint))
    elif gone := absence(register, person.id, today):
        problems.append(draft.problem("applicant", gone, "somebody who is there applies"))
    software = _software(workspace, draft, history, computer, today)
    problems += (item for item in software if isinstance(item, Problem))
    if problems or computer is None or person is None:
        yield from problems
        return
    department = register.department_by_id[person.department]
    before, after = (item if isinstance(item, Software) else None for item in software)
    application = Application(
        department=department.id,
        department_name=department.name,
        applicant=person.id,
        applicant_name=person.name,
        computer=computer.number,
        brand=computer.brand,
        user=computer.user,
        kind=draft.kind,
        before=before,
        after=after,
    )
    if not _can_be_decided(workspace, application, today):
        hint = (
            "give the department a head, or name organisation.approvers.leader; "
            "IT needs one under organisation.approvers.it who is another person (inventories/register/)"
        )
        yield draft.problem("applicant", f"no two persons could approve what {person.id} asks for", hint)
        return
    yield application


def _can_be_decided(workspace: Workspace, application: Application, today: dt.date) -> bool:
    first, second = (deciders(workspace.register, application, role, today) for role in ROLES)
    return any(one != other for one in first for other in second)


def _software(
    workspace: Workspace, draft: Draft, history: History, computer: Computer | None, today: dt.date
) -> tuple[Software | Problem | None, Software | Problem | None]:
    """What leaves and what comes, or what is wrong with how they are named."""
    known = workspace.policy.product_by_number
    product = known.get(draft.number)
    if product is None:
        return None, draft.problem(
            draft.kind, f"no software has the number {draft.number!r}", suggest(draft.number, known)
        )
    named = _named(draft.number, product)
    if draft.old_number and draft.kind != "upgrade":
        return None, draft.problem("from", "only an upgrade starts from something", "leave it out")
    if draft.kind == "remove":
        return named, None
    if product.state not in ("allowed", "required"):
        return None, draft.problem(draft.kind, f"{product.label} is {product.state}", "ask for what is approved")
    if computer is not None and (unfit := _unfit(workspace, draft, product, history, computer, today)):
        return None, unfit
    if draft.kind == "install":
        return None, named
    return _upgraded(workspace, draft, product, history, computer.number if computer else ""), named


def _unfit(
    workspace: Workspace, draft: Draft, product: Product, history: History, computer: Computer, today: dt.date
) -> Problem | None:
    """Why software cannot come onto a computer, as far as that can be known before anybody decides."""
    number, where = draft.number, computer.number
    if not in_scope(product.scope, computer, workspace.register):
        hint = f"see who it is for: {product.place}"
        return draft.problem(draft.kind, f"{product.label} is not for {where}", hint)
    compiled = workspace.compiler.for_computer(computer)
    lots = candidate_lots(compiled, product, on_record="", today=today)
    if product.type == "commercial" and number not in lots:
        lot = workspace.policy.lot_by_number[number]
        hint = f"ask for {' or '.join(lots)}" if lots else f"no lot of {product.label} can be used on {where} today"
        return draft.problem(draft.kind, why_invalid(lot, today) or f"{number} is not for {where}", hint)
    for package, holding in sorted(history.held_on.get(where, {}).items()):
        if draft.kind == "install" and holding.quantity:
            there, _is_known = product_on_record(compiled, package, holding)
            if there is product:
                message = f"{product.label} is on record on {where} already, in {holding.number}"
                hint = "if it is not there any more, correct the books first: zhengban ledger correct"
                return draft.problem(draft.kind, message, hint)
    return None


def _upgraded(
    workspace: Workspace, draft: Draft, product: Product, history: History, computer: str
) -> Software | Problem:
    """What an upgrade starts from: free software from itself (N7), other software from another version of its name."""
    known = workspace.policy.product_by_number
    if product.type == "free":
        return _named(draft.number, product)
    others = {
        number: other
        for number, other in known.items()
        if other.name == product.name and other.version != product.version and other.type == product.type
    }
    if draft.old_number:
        source = others.get(draft.old_number)
        if source is None:
            message = f"{draft.old_number!r} is no number of another version of {product.name}"
            return draft.problem("from", message, suggest(draft.old_number, others))
        return _named(draft.old_number, source)
    held = {
        item.number for item in history.held_on.get(computer, {}).values() if item.quantity and item.number in others
    }
    if len(held) != 1:
        there = f"{len(held)} other versions" if held else "no other version"
        message = f"{there} of {product.name} on record on {computer or draft.computer}"
        return draft.problem("from", message, f"say what it is upgraded from: {suggest('', others) or 'list it first'}")
    (number,) = held
    return _named(number, others[number])


def _named(number: str, product: Product) -> Software:
    return Software(number=number, name=product.name, version=product.version)
