# SPDX-License-Identifier: Apache-2.0
"""The books of one unit, open from before its records are looked for until its commit line is written.

An open file keeps its inode: what git or an editor puts in its place meanwhile is always another file.
Source: DESIGN 6.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import ExitStack

from zhengban.model.record import Record

from .books import Books
from .linefile import LineFile
from .settle import Entry


class OpenBooks:
    """Books that are open; the caller holds their locks, and closes them by ``stack``.

    ``set_aside`` are the names of the files that unfinished last lines were moved to.
    """

    def __init__(self, books: Books, stack: ExitStack, *, at: dt.datetime) -> None:
        self._books = books
        self._stack = stack
        self._at = at
        self._files: dict[str, LineFile] = {}
        self.set_aside: list[str] = []

    def find(self, numbers: Iterable[str], intent: str) -> dict[str, tuple[Record, bytes]]:
        """What is in these books already; see ``books.Books.find``. Unfinished ends are mended."""
        found: dict[str, tuple[Record, bytes]] = {}
        for book in numbers:
            if self._books.path(book).exists():
                self._open(book).append(())
                found |= self._books.find(book, intent)
        return found

    def append(self, entries: Iterable[Entry]) -> None:
        """Append what is not there yet, book by book, and put it on disk."""
        lines: dict[str, list[bytes]] = {}
        for entry in entries:
            if not entry.is_there:
                lines.setdefault(entry.book, []).append(entry.line)
        for book in sorted(lines):
            self._open(book).append(lines[book])

    def require_in_place(self) -> None:
        """Check that all that was found and appended is what others find.

        Raises:
            LedgerError: a book was replaced, removed or cut meanwhile.
        """
        for file in self._files.values():
            file.require_in_place()

    def _open(self, book: str) -> LineFile:
        if book not in self._files:
            file = self._stack.enter_context(self._books.open(book, at=self._at))
            self._files[book] = file
            self.set_aside += [self._books.set_aside(file)] if file.set_aside else []
        return self._files[book]
