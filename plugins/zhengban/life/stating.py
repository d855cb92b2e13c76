# SPDX-License-Identifier: Apache-2.0
"""Units that no host is asked about: what people or the books already know, with the files that change along.

Source: DESIGN 6, 8, DOMAIN L3, C9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Literal

import msgspec

from zhengban.ledger.ids import intent_id, record_id
from zhengban.ledger.locks import allow_open_files
from zhengban.model.errors import Refused
from zhengban.model.record import BookedRecord, Change, FileEdit, History, Intent, PlannedEvent
from zhengban.run.author import Author
from zhengban.run.workspace import Workspace


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One record to be. ``author`` where it is not the unit's (the user before), ``day`` where it happened earlier."""

    book: str
    action: Literal["install", "uninstall", "correct"]
    package: str
    version: str
    quantity: int
    cause: str
    author: Author | None = None
    day: dt.date | None = None


def state_unit(
    workspace: Workspace,
    author: Author,
    statements: Iterable[Statement],
    *,
    known: History,
    what: str,
    evidence: str,
    now: dt.datetime,
    files: tuple[FileEdit, ...] = (),
    event: PlannedEvent | None = None,
) -> tuple[BookedRecord, ...]:
    """Write the records of one computer, and the files and the event that go with them, as one unit: all or none.

    Args:
        author: whose computer it is, the run and the day.
        statements: in the order of the records; for one package an uninstall before its install.
        known: the reading of the ledger that the statements were made from.
        what: a word for the unit (``adopted``, ``reassigned``), in its commit line.
        evidence: ``attested:ID`` of the person who says so, or ``verified`` where a host was just read.
        files: edits of register and policy (:func:`zhengban.ledger.edits.edit_of`); whoever makes them holds the
            workspace (:meth:`zhengban.ledger.ledger.Ledger.lock_workspace`) from the reading of the files on.
        event: what is told besides.

    Raises:
        Busy, Refused: another change of this computer, or of one of the files, is under way or not settled, or its
            books have changed since ``known``; nothing was written.
        LedgerError: nothing was written, or the unit is pending and ``zhengban ledger recover`` goes on.
    """
    intent = draft_unit(author, statements, what=what, evidence=evidence, now=now, files=files, event=event)
    return _write(workspace, intent, known=known, now=now)


def draft_unit(
    author: Author,
    statements: Iterable[Statement],
    *,
    what: str,
    evidence: str,
    now: dt.datetime,
    files: tuple[FileEdit, ...] = (),
    event: PlannedEvent | None = None,
) -> Intent:
    """The unit that :func:`state_unit` writes."""
    identity = intent_id(author.run, author.computer)
    changes = tuple(
        Change(
            package=f"{index}:{item.package}",
            kind="state",
            records=(
                (item.author or author).record(
                    record_id(identity, index),
                    book=item.book,
                    action=item.action,
                    package=item.package,
                    version=item.version,
                    quantity=item.quantity,
                    cause=item.cause,
                    day=item.day,
                ),
            ),
        )
        for index, item in enumerate(statements)
    )
    return Intent(
        id=identity,
        run=author.run,
        computer=author.computer,
        plan=what,
        at=now,
        changes=changes,
        evidence=evidence,
        files=files,
        events=(event,) if event else (),
    )


def state_units(
    workspace: Workspace, units: Iterable[Intent], *, known: History, now: dt.datetime
) -> tuple[tuple[BookedRecord, ...] | Refused, ...]:
    """Write units of several computers, each all or none, and the files they change parts of once for all of them.

    Returns:
        For each unit its records, or why it was not written.

    Raises:
        Refused: another change of one of the files is not settled; nothing was written.
        LedgerError: units are pending, and ``zhengban ledger recover`` goes on.
    """
    units = tuple(units)
    require_files_settled(workspace, (edit for unit in units for edit in unit.files))
    answers: dict[str, tuple[BookedRecord, ...] | Refused] = {}
    with ExitStack() as locks:
        allow_open_files(len(units))
        opened = []
        for unit in units:
            try:
                locks.enter_context(workspace.ledger.lock_computer(unit.computer))
            except Refused as err:
                answers[unit.computer] = err
        # Under the locks, and once: to count is to read all that is pending.
        settled = workspace.ledger.settled()
        for unit in (unit for unit in units if unit.computer not in answers):
            try:
                require_settled(workspace, unit.computer)
                _require_unmoved(unit.computer, known, settled)
                workspace.ledger.open_intent(unit)
            except Refused as err:
                answers[unit.computer] = err
            else:
                opened.append(unit)
        workspace.ledger.apply_files(opened)
        for unit in opened:
            answers[unit.computer] = workspace.ledger.settle_stated(unit, at=now)
    return tuple(answers[unit.computer] for unit in units)


def state_files(
    workspace: Workspace,
    files: tuple[FileEdit, ...],
    event: PlannedEvent,
    *,
    run: str,
    evidence: str,
    now: dt.datetime,
) -> None:
    """Write files that change for no computer's sake, and the event that tells it, as one unit: all or none.

    Args:
        files: at least one; for the others see :func:`state_unit`.

    Raises:
        Busy, Refused, LedgerError: as :func:`state_unit`.
    """
    place = files[0].path
    intent = Intent(
        id=intent_id(run, place),
        run=run,
        computer=place,
        plan=event.kind,
        at=now,
        changes=(),
        evidence=evidence,
        files=files,
        events=(event,),
    )
    _write(workspace, intent, known=None, now=now)


def _write(
    workspace: Workspace, intent: Intent, *, known: History | None, now: dt.datetime
) -> tuple[BookedRecord, ...]:
    with workspace.ledger.lock_computer(intent.computer):
        require_files_settled(workspace, intent.files)
        require_settled(workspace, intent.computer)
        if known is not None:
            _require_unmoved(intent.computer, known, workspace.ledger.settled())
        return workspace.ledger.record(intent, at=now)


def require_settled(workspace: Workspace, computer: str) -> None:
    """Check that no change of a computer is open.

    Raises:
        Refused: one is.
    """
    if there := workspace.ledger.pending_of(computer):
        raise Refused([f"{computer}: the change {there.id} is not settled; first run: zhengban ledger recover"])


def _require_unmoved(computer: str, known: History, settled: Mapping[str, int]) -> None:
    # What is on record may be the same again, and the host another: the changes are counted.
    if settled.get(computer, 0) != known.settled.get(computer, 0):
        raise Refused([f"{computer}: its books have changed meanwhile; give the command again"])


def require_files_settled(workspace: Workspace, files: Iterable[FileEdit]) -> None:
    """Check that no unit that was cut off waits to write one of these files: it would not find what it left.

    Raises:
        Refused: naming the computers of those units.
    """
    paths = {edit.path for edit in files}
    reasons = [
        f"{intent.computer}: a change that also writes {edit.path} is not settled; first run: zhengban ledger recover"
        for intent in workspace.ledger.pending()
        for edit in intent.files
        if edit.path in paths
    ]
    if reasons:
        raise Refused(reasons)
