# SPDX-License-Identifier: Apache-2.0
"""Units that no host is asked about: what people or the books already know, with the files that change along.

Source: DESIGN 6, 8, DOMAIN L3, C9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from zhengban.ledger.edits import require_appliable
from zhengban.ledger.ids import intent_id, record_id
from zhengban.model.errors import Refused
from zhengban.model.record import BookedRecord, Change, FileEdit, Intent

from .author import Author
from .workspace import Workspace


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
    what: str,
    evidence: str,
    now: dt.datetime,
    files: tuple[FileEdit, ...] = (),
    event: tuple[str, Mapping[str, object]] | None = None,
) -> tuple[BookedRecord, ...]:
    """Write the records of one computer, and the files that change with them, as one unit: all or none.

    Args:
        author: whose computer it is, the run and the day.
        statements: in the order of the records; for one package an uninstall before its install.
        what: a word for the unit (``adopted``, ``reassigned``), in its commit line.
        evidence: ``attested:ID`` of the person who says so, or ``verified`` where a host was just read.
        files: edits of register and policy (:func:`zhengban.ledger.edits.edit_of`); whoever makes them holds the
            workspace (:meth:`zhengban.ledger.ledger.Ledger.lock_workspace`) from the reading of the files on.
        event: (kind, data) of what is told besides, written first, of the same run: without a commit line of that run
            and computer it was begun and not done.

    Raises:
        Busy, Refused: another change of this computer, or of one of the files, is under way or not settled; nothing
            was written.
        LedgerError: nothing was written, or the unit is pending and ``zhengban ledger recover`` goes on.
    """
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
    intent = Intent(
        id=identity,
        run=author.run,
        computer=author.computer,
        plan=what,
        at=now,
        changes=changes,
        evidence=evidence,
        files=files,
    )
    with workspace.ledger.lock_computer(author.computer):
        require_files_settled(workspace, files)
        require_settled(workspace, author.computer)
        if event:
            kind, data = event
            require_appliable(workspace.root, files)
            workspace.ledger.append_events([(kind, author.run, author.computer, data)], at=now)
        return workspace.ledger.record(intent, at=now)


def require_settled(workspace: Workspace, computer: str) -> None:
    """Check that no change of a computer is open.

    Raises:
        Refused: one is.
    """
    if there := workspace.ledger.pending_of(computer):
        raise Refused([f"{computer}: the change {there.id} is not settled; first run: zhengban ledger recover"])


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
