# SPDX-License-Identifier: Apache-2.0
"""Filled-in forms become register, policy and books: understood first, written after, all of it or nothing.

Source: DESIGN 6, 8, DOMAIN N1-N8, L1-L7.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from zhengban.forms.booked import Compared, Step, compare_books
from zhengban.forms.completing import completion_workbook
from zhengban.forms.extract import extract_book
from zhengban.forms.grid import Book
from zhengban.forms.intake import Ledgers, gather
from zhengban.forms.oddity import Oddity
from zhengban.forms.opening import open_books
from zhengban.forms.page import Workbook
from zhengban.ledger.ids import new_run_id
from zhengban.life.joining import form_package
from zhengban.life.stating import Statement, require_files_settled, state_files, state_unit
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.record import BookedRecord, FileEdit, PlannedEvent
from zhengban.model.register import Register
from zhengban.run.author import Author
from zhengban.run.people import require_person
from zhengban.run.workspace import Workspace

from .drafting import Draft
from .drafting_policy import draft_policy
from .drafting_register import draft_register

IMPORTED = "imported"
"""The kind of the event that says which files were imported, and the word of its units."""

CAUSE = "adopted"


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an import.

    ``open`` are the oddities that keep it from being written, ``counts`` what it has new by kind, ``written`` the
    records; ``left`` are computers that could not be written and why, which the same command does again.
    """

    oddities: tuple[Oddity, ...]
    open: tuple[Oddity, ...]
    counts: Mapping[str, int]
    completion: Workbook | None
    is_written: bool = False
    written: tuple[BookedRecord, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


def import_files(
    workspace: Workspace, paths: Iterable[Path], *, accept: Iterable[str], by: str, is_check: bool, now: dt.datetime
) -> Imported:
    """Read filled-in forms, and write what they say if all of it is understood or accepted.

    Register, policy and the event that names the files are written with the records of the first computer as one unit,
    the records of each other computer as one more. Cut off, the same command does the rest: what is on record is not
    recorded again.

    Args:
        accept: places or codes of questions whose answer is yes.
        by: the id of the person who answers for it; empty: who filled the forms in.

    Raises:
        InputError: a file is refused, nobody answers for it, or what they say makes no register or policy; nothing was
            written.
        Busy, LedgerError: what was written before stands.
    """
    books = open_books(paths)
    ledgers = gather(extract_book(book) for book in books)
    planned = _Import(workspace, ledgers, tuple(accept), by, now).plan()
    if is_check or planned.open:
        return planned
    with workspace.ledger.lock_workspace():
        # Again under the lock: a run may just have changed what is there.
        found = _Import(Workspace(workspace.root), ledgers, tuple(accept), by, now)
        planned = found.plan()
        return planned if planned.open else found.write(planned, books)


class _Import:
    def __init__(
        self, workspace: Workspace, ledgers: Ledgers, accept: tuple[str, ...], by: str, now: dt.datetime
    ) -> None:
        self._workspace = workspace
        self._ledgers = ledgers
        self._accept = accept
        self._by = by
        self._now = now
        organisation = workspace.register.organisation
        self._today = organisation.today(now)
        self._compared: Compared = compare_books(ledgers, today=self._today, refresh_days=organisation.refresh_days)
        self._draft = Draft(workspace)
        self._register: Register | None = None

    def plan(self) -> Imported:
        """What it would write, and what is open."""
        people = draft_register(self._draft, self._ledgers, self._compared)
        draft_policy(self._draft, self._ledgers, people)
        oddities = tuple(sorted({*self._ledgers.oddities, *self._compared.oddities, *self._draft.oddities}))
        open_ = tuple(item for item in oddities if item.level != "note" and not item.is_accepted(self._accept))
        is_incomplete = any(item.code == "incomplete" for item in open_)
        if not open_:
            self._require_sound()
        new = len(people.new_people), len(people.new_departments)
        records = sum(len(steps) for steps in self._missing().values())
        counts = {
            "software": sum(
                number not in self._workspace.policy.product_by_number
                for number in {*self._ledgers.summary, *self._ledgers.free}
            ),
            "people": new[0],
            "departments": new[1],
            "records": records,
        }
        workbook = completion_workbook(self._ledgers, self._compared, as_of=self._today) if is_incomplete else None
        return Imported(oddities=oddities, open=open_, counts=counts, completion=workbook)

    def _require_sound(self) -> None:
        register, problems = self._draft.read_register()
        if register is not None:
            problems = self._draft.problems(register)
        if problems or register is None:
            # Nobody has seen these lines yet.
            raise InputError(
                msgspec.structs.replace(item, file=f"{item.file} as these forms would make it") for item in problems
            )
        self._register = register

    def _missing(self) -> dict[str, tuple[Step, ...]]:
        """What is not on record yet, by computer."""
        there: Counter[tuple[str, str, str, str, dt.date]] = Counter(
            (number, record.computer, record.action, record.version, record.date)
            for number in {step.number for steps in self._compared.steps.values() for step in steps}
            for record in self._workspace.ledger.records(number)
            if record.package == form_package(number)
        )
        missing: dict[str, tuple[Step, ...]] = {}
        for computer, steps in self._compared.steps.items():
            fresh = []
            for step in steps:
                key = (step.number, computer, step.action, step.version, step.day)
                if there[key]:
                    there[key] -= 1
                else:
                    fresh.append(step)
            if fresh:
                missing[computer] = tuple(fresh)
        return missing

    def write(self, planned: Imported, books: tuple[Book, ...]) -> Imported:
        """Write all of it."""
        assert self._register is not None
        by = self._answers_for_it()
        files = self._draft.edits()
        require_files_settled(self._workspace, files)
        run, history = new_run_id(self._now), self._workspace.history(self._now)
        digests = {book.file: book.sha256 for book in books}
        event = PlannedEvent(kind=IMPORTED, data={"files": digests, "by": by, "accepted": list(self._accept)})
        along: tuple[tuple[FileEdit, ...], PlannedEvent | None] = (files, event)
        written: list[BookedRecord] = []
        left: list[tuple[str, str]] = []
        for computer, steps in self._missing().items():
            author = Author.of(self._register, self._register.computer_by_number[computer], run=run, day=self._today)
            try:
                written += state_unit(
                    self._workspace,
                    author,
                    [_statement(author, step) for step in steps],
                    known=history,
                    what=IMPORTED,
                    evidence=f"attested:{by}",
                    now=self._now,
                    files=along[0],
                    event=along[1],
                )
                along = ((), None)
            except Refused as err:
                left.append((computer, str(err)))
        if along[0]:
            state_files(
                self._workspace, files, event, run=new_run_id(self._now), evidence=f"attested:{by}", now=self._now
            )
        return msgspec.structs.replace(planned, is_written=True, written=tuple(written), left=tuple(left))

    def _answers_for_it(self) -> str:
        assert self._register is not None
        by = self._by or self._register.organisation.filled_by
        if not by:
            message = "nobody answers for what the forms say"
            hint = "name a person's id, or set organisation.filled_by"
            raise InputError([Problem(file="--by", message=message, hint=hint)])
        return require_person(self._register, by, option="--by", today=self._today).id


def _statement(author: Author, step: Step) -> Statement:
    return Statement(
        book=step.number,
        action="install" if step.action == "install" else "uninstall",
        package=form_package(step.number),
        version=step.version,
        quantity=step.quantity,
        cause=CAUSE,
        # Names are those of the day, as the form has them.
        author=msgspec.structs.replace(
            author,
            brand=step.brand or author.brand,
            user=step.user,
            user_id=author.user_id if step.user == author.user else "",
            department=step.department,
        ),
        day=step.day,
    )
