# SPDX-License-Identifier: Apache-2.0
"""Reading the ledger of one workspace: what happened, what is under way, and whether it is as it was written."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import Problem
from zhengban.model.paper import NeedEntry, PlanEntry
from zhengban.model.record import BookedRecord, Commit, Event, History, Intent, Record, Standing

from . import locks
from .chain import read_in_order
from .collection import without_collection
from .forks import find_contradictions
from .history import count_settled, fold_history, read_armed
from .holdings import by_book
from .memory import Memory, Recollection
from .missing import find_missing_records
from .papers import PaperKind
from .requests import PaperFile, RequestFile, read_paper
from .snapshot import Snapshot, Store, read_snapshot
from .standing import read_standing
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
        self._memory = Memory(self._store)

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
        return read_in_order(self._store.commits)

    def events(self) -> tuple[Event, ...]:
        """The events of every writer that can be read, in one order; see ``chain.merge_writers``."""
        return read_in_order(self._store.events)

    def confirmations(self) -> tuple[Confirmation, ...]:
        """The signed confirmations of every writer that can be read, in one order; see ``chain.merge_writers``."""
        return read_in_order(self._store.confirmations)

    def request_ids(self) -> tuple[str, ...]:
        """The ids of all requests, sorted."""
        return self.paper_ids("REQ")

    def paper_ids(self, kind: PaperKind) -> tuple[str, ...]:
        """The ids of all papers of a kind, sorted."""
        return self._store.papers.of_kind(kind).writers()

    def request(self, identity: str) -> RequestFile | None:
        """The entries of a request; None when there is none.

        Raises:
            LedgerError: one of its lines is not as it was written; see ``requests.read_paper``.
        """
        return read_paper(self._store.papers.requests, identity)

    def need(self, identity: str) -> PaperFile[NeedEntry] | None:
        """The entries of a need; otherwise as :meth:`request`."""
        return read_paper(self._store.papers.needs, identity)

    def plan(self, identity: str) -> PaperFile[PlanEntry] | None:
        """The entries of a purchase plan; otherwise as :meth:`request`."""
        return read_paper(self._store.papers.plans, identity)

    def read_problems(self) -> tuple[Problem, ...]:
        """Every line of books, commits and events that cannot be read, sorted by place; then the books that lack
        records.
        """
        snapshot = read_snapshot(self._store)
        problems = snapshot.problems()
        unread = {problem.file for problem in problems}
        there = {booked.record.id for booked in snapshot.booked()}
        missing = find_missing_records(self._store, snapshot.ordered_commits(), there)
        return (*problems, *(problem for problem in missing if problem.file not in unread))

    def history(self, *, now: dt.datetime, window_hours: int, armed_dir: Path) -> History:
        """What the ledger knows that judging, planning and arming need.

        Args:
            now: aware.
            window_hours: how far back losses count.
            armed_dir: the folder ``plans/armed``.

        Raises:
            LedgerError: a line cannot be read: a limit or a holding would be counted wrong without it.
        """
        since = now - dt.timedelta(hours=window_hours)
        return fold_history(self._memory.recall(), read_armed(armed_dir, now=now), since=since, now=now)

    def settled(self) -> Mapping[str, int]:
        """How many units of change of each computer are settled, as ``History.settled``.

        Raises:
            LedgerError: a line cannot be read.
        """
        return count_settled(self._memory.recall().commits)

    def standing(self) -> Standing:
        """What is on record now, read as fast as the files allow.

        Raises:
            LedgerError: a line that matters cannot be read.
        """
        with without_collection():
            standing = read_standing(self._store)
        return by_book(self._memory.recall().holdings) if standing is None else standing

    def recall(self) -> Recollection:
        """Everything that is in the ledger; what this object has read before is not read again.

        Raises:
            LedgerError: a line or an intent cannot be read.
        """
        return self._memory.recall()

    def verify(self) -> tuple[Problem, ...]:
        """Everything in the ledger that is not as it was written, the first altered line first; changes
        nothing.

        See ``verify.find_alterations``; papers that two copies decided about come last. Writers wait while the
        files are read.
        """
        snapshot = self.snapshot()
        return (*find_alterations(self._store, snapshot), *find_contradictions(snapshot.papers))

    def snapshot(self) -> Snapshot:
        """Everything that is in the files, papers too; writers wait while they are read."""
        with self._lock_writer() if self._lock_path("writer").exists() else nullcontext():
            snapshot = read_snapshot(self._store, with_papers=True)
            if snapshot.is_torn:
                # Perhaps a book that is being appended to right now: no append takes this long.
                time.sleep(APPEND_SECONDS)
                snapshot = read_snapshot(self._store, with_papers=True)
        return snapshot

    def _lock_path(self, name: str) -> Path:
        return self.root / ".locks" / name

    def _lock_writer(self) -> AbstractContextManager[None]:
        return locks.wait_for(self._lock_path("writer"))
