# SPDX-License-Identifier: Apache-2.0
"""What the ledger says about a computer, a software number or a run, for whoever asks. Source: DESIGN 9, DOMAIN L3."""

from __future__ import annotations

import datetime as dt

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.life.releasing import is_stale
from zhengban.model.errors import InputError, Problem
from zhengban.model.record import UNASSIGNED, UNLISTED, BookedRecord, Intent
from zhengban.run.workspace import Workspace


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about; what is empty narrows nothing.

    ``computer`` is a number or an Ansible host name, ``since`` the first day, in the organisation's time zone, as the
    records have theirs.
    """

    computer: str = ""
    number: str = ""
    run: str = ""
    since: dt.date | None = None


class StandingInstall(msgspec.Struct, frozen=True, kw_only=True):
    """An install that is on record now; ``quantity`` 0 when it came with something else (C9)."""

    computer: str
    package: str
    number: str
    version: str
    quantity: int
    date: dt.date | None
    record: str


class OpenChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change whose end is not in the ledger yet; ``is_stale``: a person may decide what became of it."""

    id: str
    computer: str
    run: str
    at: dt.datetime
    numbers: tuple[str, ...]
    packages: tuple[str, ...]
    is_stale: bool


def find_records(workspace: Workspace, question: Question) -> tuple[BookedRecord, ...]:
    """The records that match, by book, in the order they were written.

    Lines that cannot be read are left out: see ``Ledger.read_problems``.

    Raises:
        InputError: the computer or the number is nobody's.
        LedgerError: a file cannot be read.
    """
    computer = _computer_number(workspace, question.computer)
    _require_number(workspace, question.number)
    return tuple(
        booked
        for booked in workspace.ledger.all_records()
        if question.number in ("", booked.book)
        and computer in ("", booked.record.computer)
        and question.run in ("", booked.record.run)
        and (question.since is None or booked.record.date >= question.since)
    )


def find_standing(workspace: Workspace, question: Question) -> tuple[StandingInstall, ...]:
    """What is on record now, by computer, then package; ``run`` and ``since`` ask about the record that put it there.

    Raises:
        InputError: the computer or the number is nobody's.
        LedgerError: a line cannot be read.
    """
    holdings = workspace.ledger.recall().holdings
    computer = _computer_number(workspace, question.computer)
    _require_number(workspace, question.number)
    found = (
        StandingInstall(
            computer=place[0],
            package=place[1],
            number=holding.number,
            version=holding.version,
            quantity=holding.quantity,
            date=holding.date,
            record=holding.record,
        )
        # By place: the order of the holdings is that of the commits, and says nothing to a reader.
        for place, holding in sorted(holdings.items(), key=lambda item: item[0])
    )
    return tuple(
        install
        for install in found
        if question.number in ("", install.number)
        and computer in ("", install.computer)
        and question.run in ("", install.record.partition("/")[0])
        and (question.since is None or (install.date is not None and install.date >= question.since))
    )


def find_open(workspace: Workspace, question: Question, *, now: dt.datetime) -> tuple[OpenChange, ...]:
    """The changes that are under way or were left by a crash, by computer.

    Raises:
        InputError: the computer or the number is nobody's.
        LedgerError: an intent cannot be read.
    """
    computer = _computer_number(workspace, question.computer)
    _require_number(workspace, question.number)
    today = workspace.register.organisation.today
    return tuple(
        change
        for change in (_open_change(intent, now=now) for intent in workspace.ledger.pending())
        if computer in ("", change.computer)
        and question.run in ("", change.run)
        and (not question.number or question.number in change.numbers)
        and (question.since is None or today(change.at) >= question.since)
    )


def _open_change(intent: Intent, *, now: dt.datetime) -> OpenChange:
    return OpenChange(
        id=intent.id,
        computer=intent.computer,
        run=intent.run,
        at=intent.at,
        numbers=tuple(sorted({booked.book for change in intent.changes for booked in change.records})),
        packages=tuple(change.package for change in intent.changes),
        is_stale=is_stale(intent, now),
    )


def _computer_number(workspace: Workspace, name: str) -> str:
    """What the ledger calls a computer; one that left the register is still known by its records."""
    if not name or name in workspace.register.computer_by_number:
        return name
    if any(booked.record.computer == name for booked in workspace.ledger.all_records()):
        return name
    return workspace.computer_named(name).number


def _require_number(workspace: Workspace, number: str) -> None:
    """A number without a book yet is fine when the policy has it; any other is a mistake."""
    books = workspace.ledger.books()
    if number in ("", UNLISTED, UNASSIGNED) or number in books:
        return
    if number not in workspace.policy.product_by_number:
        message = f"there is no book {number!r}, and no software has that number"
        raise InputError([Problem(file="ledger/books", message=message, hint=suggest(number, books))])
