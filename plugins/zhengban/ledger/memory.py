# SPDX-License-Identifier: Apache-2.0
"""What a process remembers of the ledger's files, so that it reads each line once. Source: DESIGN 6, 12."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from zhengban.approval.changes import is_signed_for
from zhengban.model.cause import REQUEST, id_in
from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import LedgerError, Problem
from zhengban.model.record import BookedRecord, Commit, Event, Holding, Intent

from .batches import Rewritten
from .chain import Chain, read_in_order
from .collection import without_collection
from .follow import ChainFollower, Follower
from .heads import WAY_BACK, Head
from .holdings import HoldingsFold, Place, take_up_uncommitted
from .missing import find_missing_records, find_unnamed_records
from .snapshot import Store
from .unconfirmed import Packed


class Recollection(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the ledger, folded as far as it is the same for everybody who asks; not to be changed.

    ``holdings`` are what is on record now; ``commits`` (without their ``records``), ``events`` and ``confirmations``
    are in one order, see ``chain.merge_writers``; ``request_uses`` are (request, run, computer) of records under a
    request; ``changes`` by computer, in any order, the records somebody has to sign for, as bytes of JSON with their
    books: they are most of a long history, and asked for one computer at a time; ``pending`` the intents in flight.
    """

    holdings: dict[Place, Holding]
    commits: tuple[Commit, ...]
    events: tuple[Event, ...]
    confirmations: tuple[Confirmation, ...]
    request_uses: frozenset[tuple[str, str, str]]
    changes: dict[str, tuple[Packed, ...]]
    pending: tuple[Intent, ...]


class Memory:
    """The ledger as one process knows it: what is appended is read when it is asked for, the rest is known already.

    Files that were written to in another way (a checkout, an editor, a merge) make everything be read again. That is
    seen by inode, size, time and last bytes: an edit in place that keeps all of them is not.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: _Known | None = None

    def recall(self) -> Recollection:
        """Everything that is in the files now.

        Intents are read before and after the rest: one that is settled meanwhile is here as an intent, a commit line
        or both.

        Raises:
            LedgerError: a line or an intent cannot be read, and something would be counted wrong without it; or the
                operating system does not let us read a file.
        """
        early, _ = self._store.pending.survey()
        # Before the chains: those are written first.
        heads = self._store.heads()
        # Whatever ends this early leaves nothing half read behind.
        known, self._known = self._known or _Known(self._store), None
        with without_collection():
            try:
                known.read_on()
            except Rewritten:
                known = _Known(self._store)
                known.read_on()
        late, bad_pending = self._store.pending.survey()
        pending = {intent.id: intent for intent in (*early, *late)}
        followers = known.followers
        if problems := sorted([*bad_pending, *(problem for each in followers for problem in each.problems)]):
            raise LedgerError("\n".join(str(problem) for problem in problems))
        if incomplete := sorted(self._find_missing(known, heads, pending.values())):
            raise LedgerError("\n".join(str(problem) for problem in incomplete))
        if all(each.can_go_on for each in followers):
            self._known = known
        return Recollection(
            holdings=known.current_holdings(),
            commits=known.commits.lines,
            events=known.events.lines,
            confirmations=known.confirmations.lines,
            request_uses=known.request_uses,
            changes=known.changes,
            pending=tuple(pending.values()),
        )

    def _find_missing(self, known: _Known, heads: Mapping[str, Head], pending: Iterable[Intent]) -> Iterator[Problem]:
        for file, head in heads.items():
            if (last := known.last_seq(file)) < head.seq:
                yield Problem(file=file, message=f"taken back: {head.what_is_missing(last, '')}", hint=WAY_BACK)
        store = self._store
        if known.is_incomplete:
            there = {record.id for book in store.books.numbers() for record in store.books.read(book).values()}
            yield from find_missing_records(store, read_in_order(store.commits), there)
        # The first unit of all may have been settled while we read.
        if not known.commits.lines and (unnamed := known.find_unnamed(pending)) and not read_in_order(store.commits):
            yield from find_unnamed_records(store, unnamed)


class _Known:
    """All that was read, up to some point of each file. What is handed out is replaced, never changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits = ChainFollower(store.commits, keep=self._keep_commit)
        self.events = ChainFollower(store.events)
        self.confirmations = ChainFollower(store.confirmations)
        self.books = Follower(store.books.numbers, store.books.read_batches)
        self.followers = (
            self.commits.follower,
            self.events.follower,
            self.confirmations.follower,
            self.books,
        )
        self._committed: dict[str, int] = {}
        self._count = 0
        self._settled: set[tuple[str, str]] = set()
        self._holdings: dict[Place, Holding] = {}
        self._uncommitted: list[BookedRecord] = []
        self.is_incomplete = False
        """Whether commit lines name records that were in no book."""
        self.request_uses: frozenset[tuple[str, str, str]] = frozenset()
        self.changes: dict[str, tuple[Packed, ...]] = {}

    def last_seq(self, file: str) -> int:
        """The highest seq of a writer's file, by its name in messages; 0 when it has no lines."""
        chains: tuple[tuple[Chain[Any], ChainFollower[Any]], ...] = (
            (self._store.commits, self.commits),
            (self._store.events, self.events),
            (self._store.confirmations, self.confirmations),
        )
        return max(
            (
                follower.last_seq(name)
                for chain, follower in chains
                for name in chain.writers()
                if chain.name(name) == file
            ),
            default=0,
        )

    def current_holdings(self) -> dict[Place, Holding]:
        """What is on record now, last what no commit line names yet."""
        if not self._uncommitted:
            return self._holdings
        holdings = dict(self._holdings)
        take_up_uncommitted(holdings, self._uncommitted)
        return holdings

    def find_unnamed(self, pending: Iterable[Intent]) -> list[BookedRecord]:
        """The records that neither a commit line nor an intent in flight stands for."""
        in_flight = {booked.record.id for intent in pending for change in intent.changes for booked in change.records}
        return [item for item in self._uncommitted if item.record.id not in in_flight]

    def read_on(self) -> None:
        """Read what is new.

        Raises:
            Rewritten: what was read before is void; never when nothing was.
        """
        settled = len(self.commits.lines)
        fold = HoldingsFold(self._read_commits())
        self.events.read_lines()
        self.confirmations.read_lines()
        for item in self._uncommitted:
            fold.add(item.book, (item.record,))
        known = len(fold.uncommitted)
        changes: dict[str, list[Packed]] = {}
        uses = set()
        encode = msgspec.json.Encoder().encode
        for book, records in self.books.read_on():
            fold.add(book, records)
            for record in records:
                if is_signed_for(record):
                    changes.setdefault(record.computer, []).append((book, encode(record)))
                if request := id_in(record.cause, REQUEST):
                    uses.add((request, record.run, record.computer))
        if any((item.record.run, item.record.computer) in self._settled for item in fold.uncommitted[known:]):
            # A line of a unit that was settled before: perhaps one that is there twice.
            raise Rewritten
        self._settled |= {(commit.run, commit.computer) for commit in self.commits.lines[settled:]}
        self._holdings = dict(self._holdings)
        fold.take_up_committed(self._holdings)
        # Commit lines are written after their records and were read before them.
        self.is_incomplete |= fold.is_incomplete
        self._uncommitted = fold.uncommitted
        self.request_uses |= uses
        self.changes = self.changes | {
            computer: (*self.changes.get(computer, ()), *made) for computer, made in changes.items()
        }

    def _read_commits(self) -> dict[str, int]:
        """Read new commit lines; returns the place of its commit among them by record id."""
        before = len(self.commits.lines)
        read = self.commits.read_lines()
        committed, self._committed, self._count = self._committed, {}, 0
        ordered = self.commits.lines[before:]
        if read != ordered:
            place_of = {id(line): place for place, line in enumerate(ordered)}
            places = [place_of[id(line)] for line in read]
            committed = {identity: places[place] for identity, place in committed.items()}
        return committed

    def _keep_commit(self, commit: Commit) -> Commit:
        # Its records are most of it, and nobody asks for them again.
        place = self._count
        self._count += 1
        for identity, _book, _hash in commit.records:
            self._committed[identity] = place
        return msgspec.structs.replace(commit, records=())
