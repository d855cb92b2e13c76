# SPDX-License-Identifier: Apache-2.0
"""Files whose lines are numbered and chained by hash: one for each writer (commit lines, events, confirmations) or
for each request, need and purchase plan. Source: DESIGN 6.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Generic, Literal, TypeVar

import msgspec

from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import LedgerError
from zhengban.model.paper import NeedEntry, PlanEntry
from zhengban.model.record import Commit, Event
from zhengban.model.request import RequestEntry

from .batches import Batch, Extent, read_batches
from .files import names_in
from .heads import WAY_BACK, Head, Heads
from .ids import number_of
from .linefile import open_lines, require_appendable
from .lines import decode_line, encode_json, encode_line, hash_line
from .reading import VERIFY_HINT, Content, read_content

T = TypeVar("T")
L = TypeVar("L", Commit, Event, Confirmation, RequestEntry, NeedEntry, PlanEntry)
Key = Literal["commits", "events", "confirmations", "entries"]
Owner = Literal["writer", "request", "need", "purchase"]

START = "0" * 64


class Chain(Generic[L]):
    """A folder with one chained file per writer, or per paper; appending needs the writer lock, held by the caller.

    ``seq`` counts from 1 and alone gives the order of a file: a clock may go back. ``prev`` is the SHA-256 of
    the line before, 64 zeros for the first.
    """

    def __init__(self, root: Path, *, folder: str, key: Key, kind: type[L], owner: Owner = "writer") -> None:
        self._folder = root / folder
        self._shown_as = f"{root.name}/{folder}"
        self._key = key
        self._owner = owner
        self._decoder: msgspec.json.Decoder[L] = msgspec.json.Decoder(kind)
        # A request, a need, a plan is written by many workspaces.
        self._heads = Heads(root, folder) if owner == "writer" else None

    def path(self, writer: str) -> Path:
        return self._folder / f"{writer}.yml"

    def name(self, writer: str) -> str:
        """The writer's file as messages show it."""
        return f"{self._shown_as}/{writer}.yml"

    def writers(self) -> tuple[str, ...]:
        """The writers that have a file here, sorted."""
        return tuple(stem for stem in names_in(self._folder, ".yml") if number_of(stem) is not None)

    def read(self, writer: str) -> Content[L]:
        return read_content(
            self.path(writer), shown_as=self.name(writer), header=self._header(writer), decoder=self._decoder
        )

    def read_batches(self, writer: str, after: Extent | None = None) -> Iterator[Batch[L]]:
        """The values of :meth:`read`, in bulk; see ``batches.read_batches``."""
        return self.read_batches_as(self._decoder, writer, after)

    def read_batches_as(
        self, decoder: msgspec.json.Decoder[T], writer: str, after: Extent | None = None
    ) -> Iterator[Batch[T]]:
        """As :meth:`read_batches`, with another type for the lines."""
        return read_batches(
            self.path(writer), shown_as=self.name(writer), header=self._header(writer), decoder=decoder, after=after
        )

    def require_appendable(self, writer: str) -> None:
        """Check before a host is touched that a line can be chained to the file after it was.

        Raises:
            LedgerError: the header or the last whole line is not what the ledger wrote, or lines were taken back.
        """
        # The note first: others may write meanwhile, and the chain is always written before its note.
        head = self.head(writer)
        link = self._next_link(writer, require_appendable(self.path(writer), self._header(writer), self._is_whole))
        self._require_all(writer, head, link)

    def head(self, writer: str) -> Head | None:
        """How far this workspace has written a writer's chain, as far as it knows."""
        return self._heads.read(writer) if self._heads else None

    def append(self, writer: str, entries: Iterable[L], *, at: dt.datetime) -> str:
        """Number, chain and append entries, and put them on disk with one flush.

        Args:
            writer: whose file.
            entries: in order; their ``seq`` and ``prev`` are set here.
            at: the moment, for the name of the file an unfinished line is set aside to.

        Returns:
            The name of that file as messages show it, or an empty text.
        """
        with open_lines(self.path(writer), header=self._header(writer), is_whole=self._is_whole, at=at) as file:
            link = self._next_link(writer, file.last_line())
            self._require_all(writer, self.head(writer), link)
            lines = tuple(self._links(entries, *link))
            with self._noting(writer, link[0] - 1 + len(lines), lines):
                file.append(lines)
        return f"{self._shown_as}/{file.set_aside}" if file.set_aside else ""

    def append_lines(self, writer: str, lines: Iterable[bytes], *, at: dt.datetime) -> str:
        """Append lines that are chained already, as another copy has them; otherwise as :meth:`append`."""
        with open_lines(self.path(writer), header=self._header(writer), is_whole=self._is_whole, at=at) as file:
            file.append(lines)
        return f"{self._shown_as}/{file.set_aside}" if file.set_aside else ""

    def _links(self, entries: Iterable[L], seq: int, prev: str) -> Iterator[bytes]:
        for number, entry in enumerate(entries, seq):
            line = encode_line(msgspec.structs.replace(entry, seq=number, prev=prev))
            prev = hash_line(line)
            yield line

    def _next_link(self, writer: str, line: bytes) -> tuple[int, str]:
        if not line:
            return 1, START
        try:
            return decode_line(line, self._decoder).seq + 1, hash_line(line)
        except ValueError as err:
            raise LedgerError(
                f"{self.name(writer)}: the last line cannot be read ({err}), so nothing can follow it; {VERIFY_HINT}"
            ) from err

    def _require_all(self, writer: str, head: Head | None, link: tuple[int, str]) -> None:
        """Check that a chain whose next line has this link lacks nothing that this workspace has written to it."""
        if head and (missing := head.what_is_missing(link[0] - 1, link[1])):
            raise LedgerError(f"{self.name(writer)}: {missing}; nothing is written to it: {WAY_BACK}")

    def _noting(self, writer: str, seq: int, lines: Sequence[bytes]) -> AbstractContextManager[None]:
        if self._heads is None or not lines:
            return nullcontext()
        return self._heads.noting(writer, Head(seq=seq, sha256=hash_line(lines[-1])))

    def _is_whole(self, line: bytes) -> bool:
        try:
            decode_line(line, self._decoder)
        except ValueError:
            return False
        return True

    def _header(self, writer: str) -> bytes:
        return f"{self._owner}: ".encode() + encode_json(writer) + f"\n{self._key}:\n".encode()


def merge_writers(by_writer: Mapping[str, Sequence[L]]) -> tuple[L, ...]:
    """Put the lines of several writers in one order.

    By time, then writer, then seq, where a writer's clock that goes back counts as standing still: so each
    writer's own lines keep the order they were written in.
    """
    if len(by_writer) == 1:
        (entries,) = by_writer.values()
        return tuple(sorted(entries, key=lambda entry: entry.seq))
    keyed = []
    for writer, entries in by_writer.items():
        latest = dt.datetime.min.replace(tzinfo=dt.UTC)
        for entry in sorted(entries, key=lambda entry: entry.seq):
            latest = max(latest, entry.at)
            keyed.append(((latest, writer, entry.seq), entry))
    return tuple(entry for _, entry in sorted(keyed, key=lambda pair: pair[0]))


def read_in_order(chain: Chain[L]) -> tuple[L, ...]:
    """The lines of every writer that can be read, in one order; see :func:`merge_writers`."""
    return merge_writers({writer: chain.read(writer).values() for writer in chain.writers()})
