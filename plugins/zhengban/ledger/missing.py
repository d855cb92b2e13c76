# SPDX-License-Identifier: Apache-2.0
"""What a ledger lacks: records that commit lines name, and commit lines of records. Nothing is counted without them.

Source: DESIGN 6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from zhengban.model.errors import LedgerError, Problem
from zhengban.model.record import BookedRecord, Commit

from .snapshot import Store

HINT = (
    "nothing is counted or written without them: see zhengban ledger verify, and restore the file from version "
    "control or a backup"
)


def find_missing_records(store: Store, commits: Iterable[Commit], there: Collection[str]) -> tuple[Problem, ...]:
    """Name the books that lack records which commit lines name, by book.

    Args:
        store: for the names of files.
        commits: with their records.
        there: the ids of the records that are in the books.
    """
    missing: dict[str, dict[str, None]] = {}
    for commit in commits:
        for identity, book, _hash in commit.records:
            if identity not in there:
                missing.setdefault(book, {})[identity] = None
    return tuple(
        Problem(file=store.books.name(book), message=_describe(len(ids), next(iter(ids)), store, book), hint=HINT)
        for book, ids in sorted(missing.items())
    )


def find_unnamed_records(store: Store, records: Iterable[BookedRecord]) -> tuple[Problem, ...]:
    """Name the books with records that should have a commit line and have none, by book."""
    by_book: dict[str, list[str]] = {}
    for booked in records:
        by_book.setdefault(booked.book, []).append(booked.record.id)
    return tuple(
        Problem(
            file=store.books.name(book),
            message=f"no commit line in ledger/runs names {len(ids)} of its records, the first is {ids[0]!r}",
            hint=HINT,
        )
        for book, ids in sorted(by_book.items())
    )


def require_books(store: Store, books: Iterable[str]) -> None:
    """Check before anything is written to books that none of them was lost: another would be begun.

    Raises:
        LedgerError: commit lines name records of a book that is not there.
    """
    lost = {book for book in books if not store.books.path(book).exists()}
    if not lost:
        return
    named = {
        book
        for writer in store.commits.writers()
        for commit in store.commits.read(writer).values()
        for _identity, book, _hash in commit.records
    }
    if gone := sorted(lost & named):
        raise LedgerError("\n".join(f"{store.books.name(book)}: the book is missing; {HINT}" for book in gone))


def require_writable(store: Store, books: Iterable[str]) -> None:
    """Check before a host is touched that these books can be written to after it was.

    Raises:
        LedgerError: one was lost or is damaged, or the operating system refuses.
    """
    books = tuple(books)
    require_books(store, books)
    for book in books:
        store.books.require_appendable(book)


def _describe(count: int, first: str, store: Store, book: str) -> str:
    if not store.books.path(book).exists():
        return f"the book is missing, with {count} records that commit lines name"
    return f"{count} records that commit lines name are missing, the first is {first!r}"
