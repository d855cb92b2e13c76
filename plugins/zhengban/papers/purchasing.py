# SPDX-License-Identifier: Apache-2.0
"""From approved needs to a purchase plan: merged, compared with the lots, and filed (form 4).

Source: DOMAIN C2, C3, D2; DESIGN 6.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from zhengban.approval.people import absence
from zhengban.documents.document import Document, load_document
from zhengban.documents.suggestion import suggest
from zhengban.documents.yamlline import comment, inline, scalar
from zhengban.forms.description import words
from zhengban.ledger.requests import open_papers
from zhengban.licence.shortage import Wanted, cover_needs
from zhengban.model.errors import InputError, Problem
from zhengban.model.paper import PLAN_ROLES, Need, NeedCategory, NeedRow, PlanEntry, PlanRow, PurchasePlan
from zhengban.model.policy import Product
from zhengban.model.register import Person, Register
from zhengban.run.author import operator
from zhengban.run.people import require_it, require_person
from zhengban.run.workspace import Workspace

from .covering import Covered, cover, free_seats
from .papers import planned_rows, read_papers

KEY = "purchases"
_HEADER = """\
# Approved needs that are in no purchase plan yet, by category. Say what is bought (name, version, price of one licence
# in yuan), divide or take out what is not; then: zhengban purchase plan FILE
# 已审核、尚未列入采购计划的需求，按类别合并。填写软件名称、版本和单价（元），可拆分或删除；
# 然后运行 zhengban purchase plan FILE
purchases:"""


class OpenNeed(msgspec.Struct, frozen=True, kw_only=True):
    """A row of an approved need that is in no plan; ``ref`` is the need's id and the row's place (``NED-…-0001#1``)."""

    ref: str
    department: str
    department_name: str
    row: NeedRow


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that was filed, or would be; ``id`` is empty for the latter. ``covered`` are needs that end without a
    purchase: free seats cover them whole.
    """

    id: str
    plan: PurchasePlan | None
    covered: tuple[Covered, ...]


def open_needs(workspace: Workspace, *, now: dt.datetime) -> dict[str, OpenNeed]:
    """The rows of approved needs that are in no plan yet and not covered, by ``ref``, in the order they were filed."""
    found, planned = {}, planned_rows(workspace, now=now)
    for paper in read_papers(workspace, "NED", now=now):
        if paper.state == "approved" and isinstance(paper.content, Need):
            covered = {item.row for item in paper.covered}
            for index, row in enumerate(paper.content.rows, 1):
                ref = f"{paper.id}#{index}"
                if ref in planned or index in covered:
                    continue
                found[ref] = OpenNeed(
                    ref=ref,
                    department=paper.content.department,
                    department_name=paper.content.department_name,
                    row=row,
                )
    return found


def draft_purchases(workspace: Workspace, *, now: dt.datetime) -> str:
    """A file for people to fill in: the open needs merged by category, with the products that could cover them."""
    needs = open_needs(workspace, now=now)
    if not needs:
        return f"{_HEADER} []\n"
    return "\n".join([_HEADER, *_draft_lines(workspace, needs, free_seats(workspace, now=now))]) + "\n"


def _draft_lines(workspace: Workspace, needs: Mapping[str, OpenNeed], free: Mapping[str, int | None]) -> Iterator[str]:
    for category in get_args(NeedCategory):
        items = [item for item in needs.values() if item.row.category == category]
        if not items:
            continue
        yield f"# {category} {words('category')[category][0]}: {sum(item.row.quantity for item in items)}"
        for item in items:
            wants = "; ".join(text for text in (item.row.purpose, item.row.functions, item.row.note) if text)
            yield f"#   {comment(item.department_name)} {item.row.quantity}: {comment(wants)} ({item.ref})"
        known = [
            product
            for product in workspace.policy.products
            if (product.type, product.category) == ("commercial", category) and product.state in ("allowed", "required")
        ]
        for product in known:
            yield f"#   could be 可选: {comment(product.label)}, {_free_of(product, free)} free 可用"
        only = known[0] if len(known) == 1 else None
        yield f"- needs: {inline([item.ref for item in items])}"
        yield f"  name: {scalar(only.name) if only else ''}".rstrip()
        yield f"  version: {scalar(only.version) if only else ''}".rstrip()
        yield "  price:"


def _free_of(product: Product, free: Mapping[str, int | None]) -> str:
    counts = [free.get(lot.number, 0) for lot in product.lots]
    return "any number" if None in counts else str(sum(count or 0 for count in counts))


def plan_purchases(workspace: Workspace, path: Path, *, by: str, is_check: bool, now: dt.datetime) -> Planned:
    """File the purchase plan that a filled-in draft makes: of what is needed the licences that no lot has free. Needs
    that are covered whole end there and say so.

    Args:
        by: the id of the person who handles it (经手人); empty: who fills the forms in.

    Raises:
        InputError: with everything that is wrong in the file; nothing was written.
        Refused: needs are covered, and the person is not of IT, which says so (C3); nothing was written.
        Busy, LedgerError: what was filed before stands; what is not filed is in the next draft.
    """
    document, problems = load_document(path, shown_as=str(path), schema="purchase-plan")
    if document is None or problems:
        raise InputError(problems)
    if is_check:
        return _plan(workspace, document, by=by, now=now)
    # Nobody else plans the same needs meanwhile.
    with workspace.ledger.lock_workspace():
        planned, handler = _plan(workspace, document, by=by, now=now), by or workspace.register.organisation.filled_by
        identity = _file(workspace, planned.plan, now=now) if planned.plan is not None else ""
        cover(workspace, planned.covered, by=handler, now=now)
        return msgspec.structs.replace(planned, id=identity)


def _plan(workspace: Workspace, document: Document, *, by: str, now: dt.datetime) -> Planned:
    today = workspace.register.organisation.today(now)
    person = _handler(workspace.register, by, today)
    rows, covered = _rows(workspace, document, now, today)
    if covered:
        require_it(workspace.register, person.id, why="which compares needs with the licences there are (C3)")
    plan = PurchasePlan(handled_by=person.id, handled_by_name=person.name, phone=person.phone, rows=rows)
    return Planned(id="", plan=plan if rows else None, covered=covered)


def _file(workspace: Workspace, plan: PurchasePlan, *, now: dt.datetime) -> str:
    today = workspace.register.organisation.today(now)
    entry = PlanEntry(
        seq=0,
        prev="",
        at=now.astimezone(dt.UTC).replace(microsecond=0),
        kind="applied",
        by=plan.handled_by,
        date=today,
        account=operator(),
        plan=plan,
    )
    (identity,) = open_papers(workspace.ledger, "PUR", [entry], day=today, at=now)
    return identity


def _handler(register: Register, by: str, today: dt.date) -> Person:
    name = by or register.organisation.filled_by
    if not name:
        hint = "name a person's id, or set organisation.filled_by"
        raise InputError([Problem(file="--by", message="nobody handles the plan", hint=hint)])
    person = require_person(register, name, option="--by", today=today)
    problems = [
        Problem(
            file="inventories/register/organisation.yml",
            path=f"organisation.approvers.{role}",
            message=f"nobody but {person.id}, who handles the plan, could approve it",
            hint="name somebody else there, or let another person handle it (--by)",
        )
        for role in PLAN_ROLES
        if not any(
            item != person.id and not absence(register, item, today)
            for item in register.organisation.approvers.get(role, ())
        )
    ]
    if problems:
        raise InputError(problems)
    return person


def _rows(
    workspace: Workspace, document: Document, now: dt.datetime, today: dt.date
) -> tuple[tuple[PlanRow, ...], tuple[Covered, ...]]:
    needs, problems = open_needs(workspace, now=now), []
    used: set[str] = set()
    items = list(document.items(KEY))
    for index, item in items:
        for place, ref in enumerate(item["needs"]):
            if ref in used or ref not in needs:
                message = f"{ref!r} is listed twice" if ref in used else f"no approved need outside of plans is {ref!r}"
                hint = "" if ref in used else suggest(ref, needs)
                problems.append(document.problem((KEY, index, "needs", place), message, hint))
            used.add(ref)
        free = next((each for each in workspace.policy.products if _is_free(each, item)), None)
        if free is not None:
            message = f"{item['name']} is free software ({free.number}): nothing is bought"
            problems.append(document.problem((KEY, index, "name"), message, "put it on the free list (form 6) instead"))
    if problems:
        raise InputError(problems)
    seats = free_seats(workspace, now=now)
    wanted = [
        [
            Wanted(
                name=item["name"],
                version=item.get("version", ""),
                department=needs[ref].department,
                quantity=needs[ref].row.quantity,
            )
            for ref in item["needs"]
        ]
        for _index, item in items
    ]
    found = iter(cover_needs(workspace.policy, [one for row in wanted for one in row], free=seats, today=today))
    rows, covered = [], []
    for (_index, item), asked in zip(items, wanted, strict=True):
        needed, lots = sum(one.quantity for one in asked), {ref: next(found) for ref in item["needs"]}
        seats_there = sum(count for each in lots.values() for count in each.values())
        quantity = item.get("quantity", needed - seats_there)
        if quantity:
            rows.append(_row(item, quantity, needed, lots))
        else:
            software = f"{item['name']} {item.get('version', '')}".strip()
            covered.append(Covered(software=software, quantity=needed, needs=lots))
    return tuple(rows), tuple(covered)


def _is_free(product: Product, item: Mapping[str, Any]) -> bool:
    return (product.type, product.name) == ("free", item["name"])


def _row(item: Mapping[str, Any], quantity: int, needed: int, lots: Mapping[str, Mapping[str, int]]) -> PlanRow:
    seats: Counter[str] = Counter()
    for each in lots.values():
        seats.update(each)
    return PlanRow(
        name=item["name"],
        version=item.get("version", ""),
        price=item["price"],
        quantity=quantity,
        needed=needed,
        free=seats.total(),
        lots=dict(seats),
        needs=tuple(item["needs"]),
        note=item.get("note", ""),
    )
