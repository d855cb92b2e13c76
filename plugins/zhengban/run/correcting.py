# SPDX-License-Identifier: Apache-2.0
"""Corrections: a person says what is true from now on, by a new record. Source: DESIGN 4, 6, DOMAIN L2, L3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import get_args

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.judge.private import product_on_record
from zhengban.ledger.ids import intent_id, new_run_id, record_id
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.policy import Manager
from zhengban.model.record import UNASSIGNED, UNLISTED, BookedRecord, Holding
from zhengban.model.register import Computer

from .author import Author
from .people import require_person
from .stating import Statement, state_unit
from .workspace import Workspace


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
    workspace: Workspace, computer: Computer, correction: Correction, *, now: dt.datetime
) -> tuple[BookedRecord, ...]:
    """Write a correction as one unit, with its reason in an event of the kind ``correction``.

    Returns:
        The records: none when the books say so already, two when the install moves from another book.

    Raises:
        InputError: a name, the package or the book is wrong; nothing was written.
        Busy, Refused: another change of the computer is under way or not settled.
    """
    today = workspace.register.organisation.today(now)
    held = workspace.history(now).held_on.get(computer.number, {})
    require_person(workspace.register, correction.by, option="--by", today=today, role="it")
    problems = tuple(_problems(workspace, computer, correction, held))
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
    if (pending := workspace.ledger.pending_of(computer.number)) is not None:
        reason = f"the change {pending.id} is not settled yet; settle it first: zhengban ledger recover"
        raise Refused([f"{computer.number}: {reason}"])
    author = Author.of(workspace.register, computer, run=new_run_id(now), day=today)
    # Before the records: a correction without its reason must not be there, a reason without a correction harms nobody.
    records = [record_id(intent_id(author.run, computer.number), index) for index in range(len(statements))]
    data = {"records": records, "package": correction.package, "by": correction.by, "reason": correction.reason.strip()}
    workspace.ledger.append_events([("correction", author.run, computer.number, data)], at=now)
    return state_unit(workspace, author, statements, what="correction", evidence=f"attested:{correction.by}", now=now)


def _statement(correction: Correction, book: str, version: str, quantity: int) -> Statement:
    return Statement(
        book=book,
        action="correct",
        package=correction.package,
        version=version,
        quantity=quantity,
        cause="correction",
    )


def _problems(
    workspace: Workspace, computer: Computer, correction: Correction, held: dict[str, Holding]
) -> Iterator[Problem]:
    if not correction.reason.strip():
        yield Problem(file="--reason", message="is empty", hint="say why the books are wrong")
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
    if correction.quantity < 0:
        yield Problem(file="--quantity", message=f"{correction.quantity} is less than 0", hint="1, or 0 for a part")
    manager, _colon, rest = correction.package.partition(":")
    if there is None and (manager not in get_args(Manager) or not rest.rpartition(":")[0]):
        message = f"{correction.package!r} is not manager:name:arch"
        yield Problem(file="--package", message=message, hint="such as dpkg:wps-office:amd64")
        return
    yield from _book_problems(workspace, computer, correction)


def _book_problems(workspace: Workspace, computer: Computer, correction: Correction) -> Iterator[Problem]:
    book = correction.book
    known = {*workspace.policy.product_by_number, UNLISTED, UNASSIGNED}
    if book not in known:
        yield Problem(file="--book", message=f"no software has the number {book!r}", hint=suggest(book, known))
        return
    holding = Holding(number="", version=correction.version or "")
    compiled = workspace.compiler.for_computer(computer)
    product, _is_known = product_on_record(compiled, correction.package, holding)
    owner = workspace.policy.product_by_number.get(book)
    if correction.quantity and product is not None and owner is not None and owner.name != product.name:
        numbers = [number for number, item in workspace.policy.product_by_number.items() if item.name == product.name]
        message = f"{book} is {owner.label}, and {correction.package!r} is {product.label}"
        hint = suggest(book, numbers) or "give it a number first"
        yield Problem(file="--book", message=message, hint=hint)
