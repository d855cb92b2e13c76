# SPDX-License-Identifier: Apache-2.0
"""Corrections: a person says what is true from now on, by a new record. Source: DESIGN 4, 6, DOMAIN L2, L3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.ledger.ids import intent_id, new_run_id, record_id
from zhengban.licence.choose import carries
from zhengban.model.errors import InputError, Problem
from zhengban.model.record import UNASSIGNED, UNLISTED, History, Holding, PlannedEvent
from zhengban.model.register import Computer
from zhengban.policy.on_record import product_on_record
from zhengban.run.author import Author
from zhengban.run.naming import package_problem
from zhengban.run.people import require_person
from zhengban.run.workspace import Workspace

from .stating import Statement, require_settled, state_unit


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be true of a package on a computer: installed under ``book`` in ``version``, or not there.

    ``version`` is None for what is not there. ``by`` is one of ``organisation.approvers.it``.
    """

    package: str
    book: str
    version: str | None
    quantity: int = 1
    by: str
    reason: str


def correct_books(
    workspace: Workspace, computer: Computer, correction: Correction, *, now: dt.datetime, is_check: bool = False
) -> tuple[Statement, ...]:
    """Write a correction as one unit, with its reason in an event of the kind ``correction``; a check writes nothing.

    Returns:
        What is recorded: nothing when the books say so already, two when the install moves from another book.

    Raises:
        InputError: a name, the package or the book is wrong; nothing was written.
        Busy, Refused: another change of the computer is under way, not settled, or was made meanwhile.
    """
    today = workspace.register.organisation.today(now)
    history = workspace.history(now)
    held = history.held_on.get(computer.number, {})
    require_person(workspace.register, correction.by, option="--by", today=today, role="it")
    problems = tuple(_problems(workspace, computer, correction, history))
    if problems:
        raise InputError(problems)
    there = held.get(correction.package)
    version = correction.version
    if there is not None and (there.number, there.version, there.quantity) == (
        correction.book,
        version,
        correction.quantity,
    ):
        return ()
    statements = [_statement(correction, correction.book, version or "", correction.quantity if version else 0)]
    if there is not None and there.number != correction.book:
        # Each book tells its own story (L2): the one that had it says that it has it no more.
        statements.insert(0, _statement(correction, there.number, "", 0))
    if is_check:
        require_settled(workspace, computer.number)
        return tuple(statements)
    author = Author.of(workspace.register, computer, run=new_run_id(now), day=today)
    records = [record_id(intent_id(author.run, computer.number), index) for index in range(len(statements))]
    data: dict[str, object] = {
        "records": records,
        "package": correction.package,
        "by": correction.by,
        "reason": correction.reason.strip(),
    }
    state_unit(
        workspace,
        author,
        statements,
        known=history,
        what="correction",
        evidence=f"attested:{correction.by}",
        now=now,
        event=PlannedEvent(kind="correction", computer=computer.number, data=data),
    )
    return tuple(statements)


def _statement(correction: Correction, book: str, version: str, quantity: int) -> Statement:
    return Statement(
        book=book,
        action="correct",
        package=correction.package,
        version=version,
        quantity=quantity,
        cause="correction",
    )


def _problems(workspace: Workspace, computer: Computer, correction: Correction, history: History) -> Iterator[Problem]:
    if not correction.reason.strip():
        yield Problem(file="--reason", message="is empty", hint="say why the books are wrong")
    held = history.held_on.get(computer.number, {})
    there = held.get(correction.package)
    if correction.version is None:
        if there is None:
            message = f"no book has {correction.package!r} on {computer.number}"
            yield Problem(file="--package", message=message, hint=suggest(correction.package, held))
        elif there.number != correction.book:
            message = f"{correction.package!r} on {computer.number} is not in the book {correction.book!r}"
            yield Problem(file="--book", message=message, hint=f"it is in {there.number!r}")
        return
    if not correction.version.strip():
        yield Problem(file="--installed", message="is empty", hint="write the version, or use --not-installed")
    if correction.quantity not in (0, 1):
        hint = "1, or 0 for a part of something else"
        yield Problem(file="--quantity", message=f"{correction.quantity} is neither 0 nor 1", hint=hint)
    if computer.status != "in_use":
        message = f"{computer.number} is {computer.status}, so nothing comes onto it"
        yield Problem(file="--computer", message=message, hint="--not-installed can be said of it")
    elif computer.number not in history.adopted or not computer.is_adopted:
        message, hint = f"{computer.number} is not adopted", f"zhengban ledger adopt {computer.number}"
        yield Problem(file="--computer", message=message, hint=hint)
    known = {*workspace.policy.product_by_number, UNLISTED, UNASSIGNED}
    if correction.book not in known:
        message = f"no software has the number {correction.book!r}"
        yield Problem(file="--book", message=message, hint=suggest(correction.book, known))
        return
    wrong = package_problem(workspace, computer, correction.package, number=correction.book, history=history)
    if wrong is not None:
        yield wrong
        return
    yield from _book_problems(workspace, computer, correction)


def _book_problems(workspace: Workspace, computer: Computer, correction: Correction) -> Iterator[Problem]:
    book = correction.book
    holding = Holding(number="", version=correction.version or "")
    compiled = workspace.compiler.for_computer(computer)
    product, _is_known = product_on_record(compiled, correction.package, holding)
    owner = workspace.policy.product_by_number.get(book)
    if correction.quantity and product is not None and owner is not None and owner.name != product.name:
        numbers = [number for number, item in workspace.policy.product_by_number.items() if item.name == product.name]
        message = f"{book} is {owner.label}, and {correction.package!r} is {product.label}"
        hint = suggest(book, numbers) or "give it a number first"
        yield Problem(file="--book", message=message, hint=hint)
        return
    lot = workspace.policy.lot_by_number.get(book)
    if not correction.quantity or product is None or owner is None or lot is None:
        return
    if product.type == "commercial" and not carries(owner, lot, product):
        versions = ", ".join(lot.usable_versions or (owner.version,))
        message = f"{book} may be used for {owner.name} {versions}, and {correction.version!r} is {product.label}"
        hint = f"name a lot for {product.version}, or {UNASSIGNED} where there is none (S3)"
        yield Problem(file="--book", message=message, hint=hint)
