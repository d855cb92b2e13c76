# SPDX-License-Identifier: Apache-2.0
"""What the ledger says a run took away on a computer. Source: DESIGN 5, 6."""

from __future__ import annotations

import re

from zhengban.approval.changes import fold_unconfirmed
from zhengban.documents.suggestion import suggest
from zhengban.ledger.ids import index_of
from zhengban.model.errors import InputError, Problem
from zhengban.model.record import BookedRecord
from zhengban.model.restoration import Restoration, Taken

from .workspace import Workspace


def restoration_of(workspace: Workspace, run: str, computer: str) -> Restoration:
    """What a run removed or upgraded on a computer; nothing where it did nothing of the kind.

    ``run`` is the id of the run; an ansible-playbook that armed more than once has more of them (``…-2``), which are
    meant too.

    Raises:
        InputError: the ledger knows no such run.
        LedgerError: a line cannot be read.
    """
    commits = workspace.ledger.commits()
    known = {commit.run for commit in commits}
    meant = {item for item in known if re.fullmatch(f"{re.escape(run)}(-[0-9]+)?", item)}
    if not meant:
        message = f"the ledger knows no run {run!r}" if run else "no run is named"
        hint = suggest(run, known) or "zhengban ledger show names the run of each record"
        raise InputError([Problem(file="restore", message=message, hint=hint)])
    found = {
        (identity, book)
        for commit in commits
        if commit.run in meant and commit.computer == computer
        for identity, book, _hash in commit.records
    }
    booked = [
        BookedRecord(book=book, record=record)
        for book in sorted({book for _identity, book in found})
        for record in workspace.ledger.records(book)
        if (record.id, book) in found
    ]
    changes = fold_unconfirmed(booked, (), index_of=index_of).get(computer, ())
    return Restoration(
        run=run,
        taken=tuple(
            Taken(
                package=change.old_package,
                version=change.old_version,
                number=change.old_number,
                now=change.package,
                now_version=change.version,
            )
            if change.kind == "upgrade"
            else Taken(package=change.package, version=change.version, number=change.number)
            for change in changes
            if change.kind != "install"
        ),
    )
