# SPDX-License-Identifier: Apache-2.0
"""The ledger of one workspace, as the rest of the program uses it. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from zhengban.model.errors import LedgerError
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Intent, PlannedEvent

from . import locks
from .books import FOLDER as BOOKS_FOLDER
from .edits import apply_edits, require_appliable, require_not_undone
from .events import events_of, find_untold, rows_of
from .files import make_directory, replace_file
from .ids import file_stem, utc_moment
from .missing import require_books, require_writable
from .mounts import read_mountinfo, refuse_remote
from .openbooks import OpenBooks
from .papers import FOLDERS
from .pending import FOLDER as PENDING_FOLDER
from .reader import LedgerReader
from .settle import booked_records, books_of, commit_of, entries_of, entries_of_commit, find_commit, require_sound
from .snapshot import Store
from .telling import append_events, note_torn
from .writer import read_or_make_writer

_IGNORED = b".writer\n.heads/\n.locks/\npending/\nsummary.yml\ndetail.yml\n"


class Ledger(LedgerReader):
    """The only writer of ``ledger/``; making the object touches nothing.

    Args:
        root: the folder ``ledger`` of a workspace; the first write makes it.

    Every method raises :class:`LedgerError` when the files are not what the ledger wrote or the operating
    system refuses. One object serves one process: it remembers which intents it opened itself, so that
    settling those need not search the books.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._writer = ""
        self._is_prepared = False
        self._held: set[str] = set()
        self._opened: set[str] = set()

    # -- who writes, and locks

    @property
    def writer(self) -> str:
        """The 6 hex digits that tell this workspace's copy from others; made at the first write."""
        if not self._writer:
            self._prepare()
            with self._lock_writer():
                self._writer = read_or_make_writer(self.root / ".writer")
        return self._writer

    @contextmanager
    def lock_workspace(self) -> Iterator[None]:
        """Hold the workspace: arming, merging. Before any computer's lock.

        Raises:
            Busy: somebody else holds it.
        """
        self._prepare()
        busy = "another run is arming or merging in this workspace; wait until it has ended"
        with locks.hold(self._lock_path("workspace"), busy=busy):
            yield

    @contextmanager
    def lock_computer(self, number: str) -> Iterator[None]:
        """Hold one computer, from before its intent is opened until after it is settled.

        Raises:
            Busy: somebody else holds it, perhaps the worker of a run that was killed.
        """
        self._prepare()
        busy = f"{number}: another run is working on this computer; wait until it has ended"
        with locks.hold(self._lock_path(f"computer-{file_stem(number)}"), busy=busy):
            self._held.add(file_stem(number))
            try:
                yield
            finally:
                self._held.discard(file_stem(number))

    # -- intents

    def open_intent(self, intent: Intent) -> None:
        """Put on disk what is about to happen; only then may the host be touched. The caller holds the
        computer's lock.

        Everything that settling will write to is looked at first, so that a damaged book refuses before the
        change, not after.

        Raises:
            Refused: the computer has an intent that is not settled.
            ValueError: the intent's ids do not agree, or the computer's lock is not held: the caller is
                wrong.
        """
        self._require_held(intent.computer)
        require_sound(intent)
        events_of(rows_of(intent), at=intent.at)
        require_appliable(self.root.parent, intent.files)
        require_writable(self._store, books_of(intent))
        self._store.require_appendable(self.writer)
        self._store.pending.write(intent)
        self._opened.add(self._store.pending.as_written(intent).id)

    def settle(
        self,
        intent: Intent,
        outcomes: Iterable[Outcome],
        *,
        evidence: str = "verified",
        events: Iterable[PlannedEvent] = (),
        at: dt.datetime,
    ) -> tuple[BookedRecord, ...]:
        """Write the records of what was verified as done, the events, the commit line, and remove the intent.

        The caller holds the computer's lock. Settling again, after a crash at any point or for nothing, adds
        nothing twice.

        Args:
            intent: as it was opened, or from :meth:`pending`.
            outcomes: what was verified; a change without an outcome is not done. An installed version found
                wins over the planned.
            evidence: ``verified`` or ``attested:ID``, for records not written yet.
            events: what is told besides the intent's own.
            at: now, aware.

        Returns:
            Every record of the intent that is in the books now, in the order of the intent, as it reads back.

        Raises:
            LedgerError: nothing is lost, the intent stays and can be settled again.
            Busy: a book stayed locked by others; the same holds.
            ValueError: the computer's lock is not held.
        """
        self._require_held(intent.computer)
        moment, writer = utc_moment(at), self.writer
        intent = self._store.pending.as_written(intent)
        there = self._store.pending.of(intent.computer)
        if there is not None and there.id != intent.id:
            raise LedgerError(f"{intent.computer}: {there.id} is in flight, not {intent.id}; settle that one first")
        is_fresh = intent.id in self._opened
        self._opened.discard(intent.id)
        committed = None if is_fresh else find_commit(intent, self.commits())
        outcomes = tuple(outcomes)
        books = books_of(intent)
        locks.allow_open_files(2 * len(books))  # a lock and a file each
        with ExitStack() as stack:
            for book in books:
                stack.enter_context(self._lock_book(book))
            require_books(self._store, books)
            # Before the books: what no commit line can follow would have to be taken out by hand.
            self._store.require_appendable(writer)
            opened = OpenBooks(self._store.books, stack, at=moment)
            found = {} if is_fresh else opened.find(books, intent.id)
            entries = entries_of(intent, outcomes, evidence=evidence, found=found)
            if committed is not None:
                entries = entries_of_commit(committed, entries)
            opened.append(entries)
            torn = opened.set_aside
            stack.enter_context(self._lock_writer())
            if not is_fresh and self._store.events.path(writer).exists():
                torn.append(self._store.events.append(writer, [], at=moment))
            note_torn(self._store.events, writer, torn, at=moment)
            commits = []
            if committed is None:
                told = () if is_fresh else self.events()
                untold = find_untold(events_of(rows_of(intent, events), at=moment), told)
                append_events(self._store.events, writer, untold, at=moment)
                # Right before the commit line: what it stands for is still there.
                self._require_all_there(opened, intent)
                self._store.events.require_appendable(writer)
                commits = [commit_of(intent, entries, outcomes, at=moment)]
            note_torn(self._store.events, writer, [self._store.commits.append(writer, commits, at=moment)], at=moment)
            # And behind it: what is taken back from now on goes together with the commit line, which is missed.
            self._require_all_there(opened, intent)
        self._store.pending.remove(intent.computer)
        return booked_records(entries)

    def record(self, intent: Intent, *, at: dt.datetime) -> tuple[BookedRecord, ...]:
        """Write a unit that no host is asked about, with the files that change with it; the caller holds the
        computer's lock.

        Raises:
            Refused: the computer has an intent that is not settled.
            LedgerError: nothing was written, or the intent is pending and :meth:`settle_stated` goes on.
        """
        self.open_intent(intent)
        return self.settle_stated(intent, at=at)

    def apply_files(self, intents: Iterable[Intent]) -> None:
        """Write the files of open units, each file once for all of them; the caller holds the computers' locks.

        Raises:
            LedgerError: somebody else changed a file meanwhile; none was written, the intents stay.
        """
        self._store.require_appendable(self.writer)
        apply_edits(self.root.parent, [edit for intent in intents for edit in intent.files])

    def settle_stated(self, intent: Intent, *, at: dt.datetime) -> tuple[BookedRecord, ...]:
        """Settle a unit from itself: its files, where they are not written, then its records; otherwise as
        :meth:`settle`.

        Raises:
            ValueError: the intent is about a host, which has to be asked.
        """
        if not intent.is_stated:
            raise ValueError(f"{intent.id}: its host has to be asked what became of it")
        self.apply_files((intent,))
        done = tuple(Outcome(package=change.package, state="done") for change in intent.changes)
        return self.settle(intent, done, evidence=intent.evidence, at=at)

    # -- events

    def append_events(self, events: Iterable[tuple[str, str, str, Mapping[str, object]]], *, at: dt.datetime) -> None:
        """Append (kind, run, computer, data) rows as events, in order, with one flush; no rows touch nothing.

        Raises:
            ValueError: data hold what readers do not read alike; see ``events.events_of``.
        """
        moment = utc_moment(at)
        entries = events_of(events, at=moment)
        if entries:
            self._store.require_appendable(self.writer)
            with self._lock_writer():
                append_events(self._store.events, self.writer, entries, at=moment)

    # -- requests and confirmations

    @contextmanager
    def hold_writer(self, *, at: dt.datetime) -> Iterator[tuple[Store, list[str]]]:
        """Hold the writer's lock, for a look and an append with nobody in between; yields as :meth:`hold_all`.

        Raises:
            LedgerError: a chain of this workspace is damaged, or lines were taken back.
        """
        moment, writer = utc_moment(at), self.writer
        with self._lock_writer():
            self._store.require_appendable(writer)
            torn: list[str] = []
            yield self._store, torn
            note_torn(self._store.events, writer, torn, at=moment)

    # -- all of it

    @contextmanager
    def hold_all(self, books: Iterable[str], *, at: dt.datetime) -> Iterator[tuple[Store, list[str]]]:
        """Hold the workspace, these books and the writer: nobody else writes to them, to commit lines or to events.

        Yields:
            The files, and a list for the names of what was set aside when they were mended, which are noted as events.

        Raises:
            Busy: another run is arming, or a book stayed locked.
        """
        # The writer's id is made under the writer lock: before it is taken here.
        moment, books, writer = utc_moment(at), sorted(books), self.writer
        with self.lock_workspace(), ExitStack() as stack:
            locks.allow_open_files(len(books))
            for book in books:
                stack.enter_context(self._lock_book(book))
            stack.enter_context(self._lock_writer())
            torn: list[str] = []
            yield self._store, torn
            note_torn(self._store.events, writer, torn, at=moment)

    # -- inside

    def _prepare(self) -> None:
        if self._is_prepared:
            return
        refuse_remote(self.root.resolve(), read_mountinfo())
        for folder in (".locks", BOOKS_FOLDER, "runs", "events", *FOLDERS.values(), "confirmations", PENDING_FOLDER):
            make_directory(self.root / folder)
        ignore = self.root / ".gitignore"
        # Where others of our files are, a checkout has taken this one, and will bring it back unless it is in the way.
        if not ignore.exists() and not (self.root / ".writer").exists():
            with self._lock_writer():
                replace_file(ignore, _IGNORED)
        self._is_prepared = True

    def _lock_book(self, book: str) -> AbstractContextManager[None]:
        return locks.wait_for(self._lock_path(f"book-{file_stem(book)}"))

    def _require_held(self, computer: str) -> None:
        if file_stem(computer) not in self._held:
            raise ValueError(f"{computer!r}: take lock_computer of this ledger object before its intent")

    def _require_all_there(self, opened: OpenBooks, intent: Intent) -> None:
        opened.require_in_place()
        require_not_undone(self.root.parent, intent.files)
