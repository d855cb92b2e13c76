# SPDX-License-Identifier: Apache-2.0
"""The life of computers, people and departments: the register and the records change together.

Everything is drafted first and nothing written; a draft is what ``--check`` shows and what is carried out.
Source: DESIGN 8, DOMAIN L5, C8, C9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Literal

import msgspec

from zhengban.documents.edit import read_editable
from zhengban.documents.suggestion import suggest
from zhengban.ledger.edits import edit_of
from zhengban.ledger.ids import new_run_id
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.policy import Policy
from zhengban.model.record import FileEdit, Holding, PlannedEvent
from zhengban.model.register import Computer
from zhengban.register.changes import (
    File,
    RowChange,
    assign_computer,
    require_present,
    return_computer,
    scrap_computer,
    write_rows,
)
from zhengban.register.load import FOLDER, read_register
from zhengban.run.author import Author, operator
from zhengban.run.workspace import Workspace

from .stating import Statement, require_files_settled, require_settled, state_files, state_unit


class LifeStep(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of a draft: all of it is written or none.

    ``what`` is the kind of its event and the word in its commit line, ``says`` a sentence for people, ``data`` are the
    event's. ``author`` is whose computer the records are about, None where it is about people or departments.
    """

    what: str
    says: str
    data: dict[str, object]
    files: tuple[FileEdit, ...]
    author: Author | None = None
    statements: tuple[Statement, ...] = ()

    @property
    def computer(self) -> str:
        return self.author.computer if self.author else ""


class LifeDraft:
    """Steps drafted one on top of the other; :func:`draft_life` makes one.

    Args:
        workspace: only read until :meth:`carry_out`.
        now: aware.
        by: the id of the person who says so; empty: the account of this process does.

    Raises:
        InputError: register or policy are wrong, or there is no such person.
        Refused: the person has left.
    """

    def __init__(self, workspace: Workspace, *, now: dt.datetime, by: str) -> None:
        self.workspace = workspace
        self.register = workspace.register
        self.today = self.register.organisation.today(now)
        self.steps: list[LifeStep] = []
        self.notes: list[str] = []
        self._now = now
        self._run = new_run_id(now)
        self._by = require_present(self.register, by).id if by else operator()
        self._history = workspace.history(now)
        self._read: dict[File, str] = {}
        self._texts: dict[File, str] = {}

    @property
    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """(path, what it holds, what it is to hold) of every file that changes, by path."""
        return tuple((_path(file), self._read[file], self._texts[file]) for file in sorted(self._texts))

    def has_records(self, number: str) -> bool:
        """Whether anything is on record on a computer."""
        return bool(self._history.held_on.get(number))

    # -- computers

    def add_computer(self, change: RowChange) -> None:
        """A computer that is new to the register.

        Raises:
            InputError: its row has a problem, or a preinstalled licence that the policy does not know.
        """
        files = self._edit([change])
        computer = self.register.computer_by_number[change.identity]
        _require_oem(self.workspace.policy, computer.oem)
        author = self._author(computer)
        self._add("computer_added", f"{author.computer}: is in the register", files, author=author)

    def assign(self, computer: Computer, user: str) -> None:
        """Another user of a computer: the books say who has its software from now on, seat for seat (C9)."""
        before = self._author(computer)
        files = self._edit([assign_computer(self.register, computer, user)])
        after = self._author(self.register.computer_by_number[computer.number])
        statements: list[Statement] = []
        for package, holding in self._holdings(computer) if user != computer.user else ():
            statements.append(_state(package, holding, "uninstall", cause="reassigned", author=before))
            statements.append(_state(package, holding, "install", cause="reassigned", author=after))
        says = f"{computer.number}: is used by {user} ({after.user})"
        data = {"user": user, "user_before": computer.user}
        self._add("computer_assigned", says, files, author=after, statements=statements, data=data)

    def return_(self, computer: Computer, *, is_wiped: bool) -> None:
        """A computer comes back into the store room; its software stays on record unless its disk was wiped.

        Raises:
            Refused: it is scrapped, or there already and wiped as far as anybody knows.
        """
        before = self._author(computer)
        change = return_computer(computer, is_wiped=is_wiped)
        if not change.values and not self._holdings(computer):
            raise Refused([f"{computer.number}: is a spare already, and nothing is on record on it"])
        files = self._edit([change])
        statements = self._gone(computer, before, cause="reassigned") if is_wiped else ()
        says = f"{computer.number}: is a spare{', wiped' if is_wiped else ''}"
        data = {"user_before": computer.user, "wiped": is_wiped}
        self._add("computer_returned", says, files, author=before, statements=statements, data=data)
        if is_wiped and computer.is_adopted:
            self.notes.append(f"{computer.number}: its identity was taken out of the register; adopt it again")

    def scrap(self, computer: Computer, *, approval: str) -> None:
        """A computer is scrapped: commercial seats come back (C9), what was preinstalled ends with it (C8)."""
        before = self._author(computer)
        files = self._edit([scrap_computer(computer)])
        statements = self._gone(computer, before, cause="scrapped")
        data = {"user_before": computer.user, "approval": approval}
        self._add(
            "computer_scrapped",
            f"{computer.number}: is scrapped",
            files,
            author=before,
            statements=statements,
            data=data,
        )

    # -- people and departments

    def change_rows(self, changes: Iterable[RowChange], *, what: str, says: str, data: Mapping[str, object]) -> None:
        """A step without records."""
        self._add(what, says, self._edit(changes), data=data)

    # -- all of it

    def carry_out(self) -> None:
        """Write every step: its event, its files and its records as one unit.

        Raises:
            Busy, Refused, LedgerError: nothing of that step was written, or ``zhengban ledger recover`` goes on with
                it; the steps before it stand, and the command can be given again.
        """
        evidence = f"attested:{self._by}"
        for step in self.steps:
            event = PlannedEvent(kind=step.what, computer=step.computer, data=step.data)
            if step.author is None:
                state_files(self.workspace, step.files, event, run=self._run, evidence=evidence, now=self._now)
                continue
            state_unit(
                self.workspace,
                step.author,
                step.statements,
                known=self._history,
                what=step.what,
                evidence=evidence,
                now=self._now,
                files=step.files,
                event=event,
            )

    # -- inside

    def _add(
        self,
        what: str,
        says: str,
        files: tuple[FileEdit, ...],
        *,
        author: Author | None = None,
        statements: Iterable[Statement] = (),
        data: Mapping[str, object] = {},
    ) -> None:
        require_files_settled(self.workspace, files)
        if author:
            require_settled(self.workspace, author.computer)
        step = LifeStep(
            what=what,
            says=says,
            data={"by": self._by, **data},
            files=files,
            author=author,
            statements=tuple(statements),
        )
        self.steps.append(step)

    def _edit(self, changes: Iterable[RowChange]) -> tuple[FileEdit, ...]:
        """Edit the drafted texts and the register with them; the register that results has no problem."""
        by_file: dict[File, list[RowChange]] = {}
        for change in changes:
            by_file.setdefault(change.file, []).append(change)
        edits = []
        for file, rows in by_file.items():
            path = _path(file)
            if file not in self._texts:
                self._read[file] = read_editable(self.workspace.root / path, shown_as=path)
            was = self._texts.get(file, self._read[file])
            self._texts[file] = write_rows(was, file, rows)
            edits.append(edit_of(self.workspace.root, path, self._texts[file], was=was))
        register, problems = read_register(
            self.workspace.root, edited={str(file): text for file, text in self._texts.items()}
        )
        if register is None:
            raise InputError(problems)
        self.register = register
        return tuple(edits)

    def _author(self, computer: Computer) -> Author:
        return Author.of(self.register, computer, run=self._run, day=self.today)

    def _holdings(self, computer: Computer) -> list[tuple[str, Holding]]:
        held = self._history.held_on.get(computer.number, {})
        # By book, as people read the ledger.
        return sorted(held.items(), key=lambda item: (item[1].number, item[0]))

    def _gone(self, computer: Computer, author: Author, *, cause: str) -> tuple[Statement, ...]:
        held = self._holdings(computer)
        return tuple(_state(package, holding, "uninstall", cause=cause, author=author) for package, holding in held)


@contextmanager
def draft_life(workspace: Workspace, *, now: dt.datetime, by: str, is_check: bool) -> Iterator[LifeDraft]:
    """A draft to be filled; carried out at the end unless it is a check, with nobody else deciding in between.

    Raises:
        Busy: another run is at work on the whole workspace.
        InputError, Refused, LedgerError: as drafting and carrying out say.
    """
    with nullcontext() if is_check else workspace.ledger.lock_workspace():
        draft = LifeDraft(workspace, now=now, by=by)
        yield draft
        if not is_check:
            draft.carry_out()


def _require_oem(policy: Policy, numbers: Iterable[str]) -> None:
    known = {number for product in policy.products if product.type == "oem" for number in product.numbers}
    problems = [
        Problem(
            file=_path("computers"),
            message=f"no preinstalled software (oem) has the number {number!r}",
            hint=suggest(number, known),
        )
        for number in numbers
        if number not in known
    ]
    if problems:
        raise InputError(problems)


def _path(file: File) -> str:
    return f"{FOLDER}/{file}.yml"


def _state(
    package: str, holding: Holding, action: Literal["install", "uninstall"], *, cause: str, author: Author
) -> Statement:
    return Statement(
        book=holding.number,
        action=action,
        package=package,
        version=holding.version,
        quantity=holding.quantity,
        cause=cause,
        author=author,
    )
