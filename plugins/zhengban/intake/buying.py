# SPDX-License-Identifier: Apache-2.0
"""What was bought under an approved purchase plan, as a lot of the policy.

Source: DESIGN 7, DOMAIN C3-C5, C7, N1, N2.
"""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from decimal import Decimal

import msgspec

from zhengban.documents.yamlline import Value
from zhengban.ledger.ids import new_run_id
from zhengban.life.lotfile import require_free_number
from zhengban.life.stating import require_files_settled, state_files
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.paper import PlanRow, PurchasePlan
from zhengban.model.policy import Product, Term
from zhengban.model.record import PlannedEvent
from zhengban.papers.papers import find_paper, lots_of_row
from zhengban.policy.products import KEY
from zhengban.run.people import require_it
from zhengban.run.workspace import Workspace

from .drafting import Draft, require_none
from .drafting_policy import FILES


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a row of a purchase plan.

    ``plan`` is the row (``PUR-2026-a3f01c-0001#1``; a plan with one row needs no ``#1``). ``quantity`` 0 is what is
    left of the row, None no end of seats; ``amount`` None is the row's price for each seat. ``term`` None is perpetual.
    ``category``, ``made_in`` and ``vendor`` are of a product that the policy does not have yet.
    """

    number: str
    plan: str
    licence_type: str
    purchased_on: dt.date | None = None
    quantity: int | None = 0
    amount: Decimal | None = None
    term: Term | None = None
    usable_versions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    category: str = ""
    made_in: str = ""
    vendor: str = ""


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """A lot, the row of the plan it cites, and what becomes of the text of its ``file``. ``left`` of the row can still
    be bought."""

    number: str
    plan: str
    product: str
    quantity: int | None
    amount: Decimal
    left: int
    file: str
    before: str
    after: str


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of an approved plan, by its ``ref``, and what lots that cite it leave of it."""

    ref: str
    row: PlanRow
    seats_left: int
    amount_left: Decimal


def buy_lot(workspace: Workspace, purchase: Purchase, *, by: str, now: dt.datetime, is_check: bool = False) -> Bought:
    """Write a lot into the policy, behind the others of its product or with the product; a check writes nothing.

    No more is bought under a row than was approved, neither seats nor money. The lot's ``references`` name the row,
    and so does the event.

    Args:
        by: the person of IT who answers for it.

    Raises:
        InputError: no such person, plan or row, a number that is taken, a day to come, or something is not said of a
            product the policy does not have.
        Refused: the person is not of IT, the plan is not approved, more would be bought than was approved, or the
            policy does not allow the product.
        Busy, LedgerError: nothing was written, or ``zhengban ledger recover`` goes on with it.
    """
    with nullcontext() if is_check else workspace.ledger.lock_workspace():
        require_it(workspace.register, by, why="which answers for licences")
        today = workspace.register.organisation.today(now)
        row = _row_of(workspace, purchase.plan, now)
        bought = _lot(purchase, row, today)
        require_free_number(workspace.policy, purchase.number, option="NUMBER")
        draft = Draft(workspace)
        path = _write(draft, workspace, purchase, row.row, bought)
        require_none(draft.problems(workspace.register))
        ((_path, before, after),) = draft.texts
        edits = draft.edits()
        seats = bought["quantity"]
        quantity = seats if isinstance(seats, int) else None
        amount = bought["amount"]
        assert isinstance(amount, Decimal)
        event = PlannedEvent(
            kind="bought",
            data={
                "number": purchase.number,
                "plan": row.ref,
                "quantity": str(seats),
                "amount": f"{amount:f}",
                "by": by,
            },
        )
        require_files_settled(workspace, edits)
        if not is_check:
            state_files(workspace, edits, event, run=new_run_id(now), evidence=f"attested:{by}", now=now)
    return Bought(
        number=purchase.number,
        plan=row.ref,
        product=f"{row.row.name} {row.row.version}".strip(),
        quantity=quantity,
        amount=amount,
        left=0 if quantity is None else row.seats_left - quantity,
        file=path,
        before=before,
        after=after,
    )


def _row_of(workspace: Workspace, ref: str, now: dt.datetime) -> _Row:
    identity, _, index = ref.partition("#")
    paper = find_paper(workspace, "PUR", identity, now=now)
    assert isinstance(paper.content, PurchasePlan)
    rows = paper.content.rows
    if not index and len(rows) == 1:
        index = "1"
    if not (index.isascii() and index.isdecimal() and 1 <= int(index) <= len(rows)):
        known = ", ".join(f"#{place} {row.name} {row.version}".rstrip() for place, row in enumerate(rows, 1))
        message = f"{identity} has no row {index!r}" if index else f"{identity} has {len(rows)} rows"
        raise InputError([Problem(file="--plan", message=message, hint=f"name one of them: {known}")])
    if paper.state != "approved":
        turn = f", {paper.next_role} decides next (zhengban purchase approve)" if paper.next_role else ""
        raise Refused([f"{identity} is not approved: {paper.state}{turn}"])
    found = _Row(ref=f"{identity}#{int(index)}", row=rows[int(index) - 1], seats_left=0, amount_left=Decimal(0))
    lots = lots_of_row(workspace.policy, found.ref)
    seats = sum(found.row.quantity if lot.quantity is None else lot.quantity for lot in lots)
    paid = sum((lot.amount or Decimal(0) for lot in lots), Decimal(0))
    return msgspec.structs.replace(
        found,
        seats_left=max(0, found.row.quantity - seats),
        amount_left=found.row.price * found.row.quantity - paid,
    )


def _lot(purchase: Purchase, row: _Row, today: dt.date) -> dict[str, Value]:
    """The lot as it is written, which says all that C4 asks for."""
    seats = row.seats_left if purchase.quantity == 0 else purchase.quantity
    if not row.seats_left or (seats is not None and seats > row.seats_left):
        raise Refused([f"{row.ref} is for {row.row.quantity}, and {row.seats_left} of them are left to be bought"])
    amount = purchase.amount
    if amount is None:
        amount = row.amount_left if seats is None else row.row.price * seats
    if amount > row.amount_left:
        approved = f"{row.row.price * row.row.quantity:f} yuan were approved"
        raise Refused([f"{row.ref}: {approved}, {row.amount_left:f} of them are left, and this costs {amount:f}"])
    day = purchase.purchased_on or today
    if day > today:
        message = f"{day} is still to come"
        raise InputError([Problem(file="--purchased-on", message=message, hint="name the day it was bought")])
    lot: dict[str, Value] = {
        "number": purchase.number,
        "purchased_on": day,
        "amount": amount.quantize(Decimal("0.01")) if amount == round(amount, 2) else amount,
        "licence_type": purchase.licence_type,
        "quantity": "unlimited" if seats is None else seats,
    }
    if purchase.usable_versions:
        lot["usable_versions"] = purchase.usable_versions
    term = purchase.term
    lot["term"] = "perpetual" if term is None else {"from": term.start, "until": term.until}
    return lot | {"references": (row.ref, *purchase.references)}


def _write(draft: Draft, workspace: Workspace, purchase: Purchase, row: PlanRow, lot: dict[str, Value]) -> str:
    """Draft the lot; returns the path of the file that gets it."""
    product = _product(workspace, row)
    if product is not None:
        if product.state not in ("allowed", "required"):
            raise Refused([f"{product.label} is {product.state} ({product.place}): nothing of it is bought"])
        draft.append(product.place.file, (KEY, draft.entry_at(product.place), "lots"), [lot])
        return product.place.file
    missing = {"--category": purchase.category, "--made-in": purchase.made_in, "a version": row.version}
    if lacking := [what for what, value in missing.items() if not value]:
        message = (
            f"the policy does not have {row.name} {row.version}".rstrip() + f" yet: {', '.join(lacking)} is missing"
        )
        hint = "give the options, or write the product into the policy first; a version belongs into the plan (N1)"
        raise InputError([Problem(file="licence buy", message=message, hint=hint)])
    entry: dict[str, Value] = {"name": row.name, "version": row.version, "type": "commercial"}
    entry |= {"category": purchase.category}
    entry |= {"vendor": purchase.vendor} if purchase.vendor else {}
    entry |= {"made_in": purchase.made_in, "lots": [lot]}
    draft.append(FILES["commercial"], (KEY,), [entry])
    return FILES["commercial"]


def _product(workspace: Workspace, row: PlanRow) -> Product | None:
    named = (row.name, row.version)
    return next(
        (
            item
            for item in workspace.policy.products
            if item.type == "commercial" and (item.name, item.version) == named
        ),
        None,
    )
