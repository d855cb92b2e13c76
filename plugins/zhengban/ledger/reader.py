# SPDX-License-Identifier: Apache-2.0
"""Reading the ledger of one workspace: what happened, what is under way, and whether it is as it was written."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from zhengban.model.errors import LedgerError, Problem
from zhengban.model.record import BookedRecord, Commit, Event, History, Intent, Record

from . import locks
from .history import fold_history, read_armed
from .snapshot import Store, read_snapshot
from .verify import find_alterations

APPEND_SECONDS = 0.2


class LedgerReader:
    """The reading half of :class:`zhengban.ledger.Ledger`; nothing here changes a file.

    Args:
        root: the folder ``ledger`` of a workspace; it need not exist.

    Every method raises :class:`LedgerError` when the operating system does not let us read a file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._store = Store(root)

    def pending(self) -> tuple[Intent, ...]:
        """Every intent in flight or left by a crash, sorted by the computer's file name."""
        return self._store.pending.all()

    def pending_of(self, computer: str) -> Intent | None:
        return self._store.pending.of(computer)

    def books(self) -> tuple[str, ...]:
        """The numbers that have a book, sorted."""
        return self._store.books.numbers()

    def records(self, book: str) -> tuple[Record, ...]:
        """The records of a book that can be read, in file order; for the others see :meth:`read_problems`."""
        return self._store.books.read(book).values()

    def all_records(self) -> tuple[BookedRecord, ...]:
        """The records of every book that can be read, by book, then in file order."""
        return read_snapshot(self._store).booked()

    def commits(self) -> tuple[Commit, ...]:
        """The commit lines of every writer that can be read, in one order; see ``chain.merge_writers``."""
        return read_snapshot(self._store).ordered_commits()

    def events(self) -> tuple[Event, ...]:
        """The events of every writer that can be read, in one order; see ``chain.merge_writers``."""
        return read_snapshot(self._store).ordered_events()

    def read_problems(self) -> tuple[Problem, ...]:
        """Every line of books, commits and events that cannot be read, sorted by place."""
        return read_snapshot(self._store).problems()

    def history(self, *, now: dt.datetime, window_hours: int, armed_dir: Path) -> History:
        """What the ledger knows that judging, planning and arming need.

        Args:
            now: aware.
            window_hours: how far back losses count.
            armed_dir: the folder ``plans/armed``.

        Raises:
            LedgerError: a line cannot be read: a limit or a holding would be counted wrong without it.
        """
        snapshot = read_snapshot(self._store)
        if problems := snapshot.problems():
            raise LedgerError("\n".join(str(problem) for problem in problems))
        since = now - dt.timedelta(hours=window_hours)
        return fold_history(snapshot, read_armed(armed_dir, now=now), since=since, now=now)

    def verify(self) -> tuple[Problem, ...]:
        """Everything in the ledger that is not as it was written, the first altered line first; changes
        nothing.

        See ``verify.find_alterations``. Writers wait while the files are read.
        """
        with self._lock_writer() if self._lock_path("writer").exists() else nullcontext():
            snapshot = read_snapshot(self._store)
            if snapshot.is_torn:
                # Perhaps a book that is being appended to right now: no append takes this long.
                time.sleep(APPEND_SECONDS)
                snapshot = read_snapshot(self._store)
        return find_alterations(self._store, snapshot)

    def _lock_path(self, name: str) -> Path:
        return self.root / ".locks" / name

    def _lock_writer(self) -> AbstractContextManager[None]:
        return locks.wait_for(self._lock_path("writer"))
