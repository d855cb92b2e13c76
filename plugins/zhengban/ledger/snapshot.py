# SPDX-License-Identifier: Apache-2.0
"""All files of the ledger, each read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import Problem
from zhengban.model.record import BookedRecord, Commit, Event, Intent, Record

from .books import Books
from .chain import Chain, merge_writers
from .heads import Head
from .papers import Papers
from .pending import Pending
from .reading import Content
from .writer import read_writer


class Store:
    """The kinds of files below a ledger, each with its reader and writer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.books = Books(root)
        self.commits = Chain(root, folder="runs", key="commits", kind=Commit)
        self.events = Chain(root, folder="events", key="events", kind=Event)
        self.confirmations = Chain(root, folder="confirmations", key="confirmations", kind=Confirmation)
        self.papers = Papers(root)
        self.pending = Pending(root)

    def require_appendable(self, writer: str) -> None:
        """Check before a host is touched that this workspace can go on with its own chains.

        Raises:
            LedgerError: one is damaged, or lines were taken back.
        """
        for chain in (self.commits, self.events, self.confirmations):
            chain.require_appendable(writer)

    def heads(self) -> dict[str, Head]:
        """How far this workspace has written its own chains, as far as it knows, by the name of their files.

        Raises:
            LedgerError: ``.writer`` holds no writer's id.
        """
        writer = read_writer(self.root / ".writer")
        chains = (self.commits, self.events, self.confirmations) if writer else ()
        return {chain.name(writer): head for chain in chains if (head := chain.head(writer))}


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Books by number, commit lines, events and confirmations by writer, each mapping sorted by its key; and the
    intents in flight. Papers are a file each and read where they are asked for: here only when that was. ``heads``
    are how far this workspace has written its own chains, by the name of their files.
    """

    books: Mapping[str, Content[Record]]
    commits: Mapping[str, Content[Commit]]
    events: Mapping[str, Content[Event]]
    confirmations: Mapping[str, Content[Confirmation]]
    pending: tuple[Intent, ...]
    papers: Mapping[str, Content[Any]] = {}
    bad_pending: tuple[Problem, ...] = ()
    heads: Mapping[str, Head] = {}

    def booked(self) -> tuple[BookedRecord, ...]:
        """The records of every book that can be read, by book, then in file order."""
        return tuple(
            BookedRecord(book=book, record=record)
            for book, content in self.books.items()
            for record in content.values()
        )

    def ordered_commits(self) -> tuple[Commit, ...]:
        """The commit lines that can be read, in one order; see ``chain.merge_writers``."""
        return merge_writers({writer: content.values() for writer, content in self.commits.items()})

    def ordered_events(self) -> tuple[Event, ...]:
        """The events that can be read, in one order; see ``chain.merge_writers``."""
        return merge_writers({writer: content.values() for writer, content in self.events.items()})

    def ordered_confirmations(self) -> tuple[Confirmation, ...]:
        """The confirmations that can be read, in one order; see ``chain.merge_writers``."""
        return merge_writers({writer: content.values() for writer, content in self.confirmations.items()})

    def problems(self) -> tuple[Problem, ...]:
        """Every line and intent that cannot be read, sorted by place; an unfinished last line is not one."""
        lines = (problem for content in self._contents() for problem in content.problems())
        return tuple(sorted([*lines, *self.bad_pending]))

    @property
    def is_torn(self) -> bool:
        return any(content.torn is not None for content in self._contents())

    def _contents(
        self,
    ) -> Iterator[Content[Record] | Content[Commit] | Content[Event] | Content[Confirmation] | Content[Any]]:
        yield from self.books.values()
        yield from self.commits.values()
        yield from self.events.values()
        yield from self.confirmations.values()
        yield from self.papers.values()


def read_snapshot(store: Store, *, with_papers: bool = False) -> Snapshot:
    """Read everything; requests, needs and purchase plans too where that is asked for.

    Intents are read before and after the rest: one that is settled meanwhile is here as an intent, a commit
    line or both, and, while the caller holds the writer lock, a record without a commit line has its intent
    here.

    Raises:
        LedgerError: the operating system does not let us read a file.
    """
    early, _ = store.pending.survey()
    # Before the chains: those are written first.
    heads = store.heads()
    commits = {writer: store.commits.read(writer) for writer in store.commits.writers()}
    events = {writer: store.events.read(writer) for writer in store.events.writers()}
    confirmations = {writer: store.confirmations.read(writer) for writer in store.confirmations.writers()}
    papers = {name: store.papers.read(name) for name in store.papers.writers()} if with_papers else {}
    books = {book: store.books.read(book) for book in store.books.numbers()}
    late, bad_pending = store.pending.survey()
    pending = {intent.id: intent for intent in (*early, *late)}
    return Snapshot(
        books=books,
        commits=commits,
        events=events,
        confirmations=confirmations,
        pending=tuple(pending.values()),
        papers=papers,
        bad_pending=bad_pending,
        heads=heads,
    )
