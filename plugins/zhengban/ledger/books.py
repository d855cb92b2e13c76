# SPDX-License-Identifier: Apache-2.0
"""The books: install records, one book per software number. Source: DESIGN 6, DOMAIN L2, L3 (form 9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import msgspec

from zhengban.model.record import Record

from .batches import Batch, Extent, read_batches
from .files import names_in, reported
from .ids import file_stem, number_of, record_id
from .linefile import LineFile, open_lines, require_appendable
from .lines import decode_line, encode_json
from .reading import Content, read_content

T = TypeVar("T")

FOLDER = "books"
_DECODER = msgspec.json.Decoder(Record)


class Books:
    """The folder of books below a ledger; appending to a book needs its lock, held by the caller."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._shown_as = f"{root.name}/{FOLDER}"

    def path(self, book: str) -> Path:
        return self._folder / f"{file_stem(book)}.yml"

    def name(self, book: str) -> str:
        """The book's file as messages show it."""
        return f"{self._shown_as}/{file_stem(book)}.yml"

    def numbers(self) -> tuple[str, ...]:
        """The numbers that have a book, sorted."""
        stems = names_in(self._folder, ".yml")
        return tuple(sorted(number for stem in stems if (number := number_of(stem)) is not None))

    def read(self, book: str) -> Content[Record]:
        return read_content(self.path(book), shown_as=self.name(book), header=_header(book), decoder=_DECODER)

    def read_batches(self, book: str, after: Extent | None = None) -> Iterator[Batch[Record]]:
        """The values of :meth:`read`, in bulk; see ``batches.read_batches``."""
        return self.read_batches_as(_DECODER, book, after)

    def read_batches_as(
        self, decoder: msgspec.json.Decoder[T], book: str, after: Extent | None = None
    ) -> Iterator[Batch[T]]:
        """As :meth:`read_batches`, with another type for the lines."""
        return read_batches(
            self.path(book), shown_as=self.name(book), header=_header(book), decoder=decoder, after=after
        )

    def require_appendable(self, book: str) -> None:
        """Check before a host is touched that the records can be written after it was; see
        ``linefile.require_appendable``.
        """
        require_appendable(self.path(book), _header(book), _is_record)

    def open(self, book: str, *, at: dt.datetime) -> AbstractContextManager[LineFile]:
        """Open a book for appending encoded records; see ``linefile.open_lines``."""
        return open_lines(self.path(book), header=_header(book), is_whole=_is_record, at=at)

    def append(self, book: str, lines: Iterable[bytes], *, at: dt.datetime) -> str:
        """Append encoded records and put them on disk; returns :meth:`set_aside`."""
        with self.open(book, at=at) as file:
            file.append(lines)
        return self.set_aside(file)

    def set_aside(self, file: LineFile) -> str:
        """The name of the file an unfinished last line was set aside to, as messages show it, or an empty text."""
        return f"{self._shown_as}/{file.set_aside}" if file.set_aside else ""

    def find(self, book: str, intent: str) -> dict[str, tuple[Record, bytes]]:
        """The whole records of an intent that are in a book already, with their lines, by id. Reads the whole
        book.
        """
        prefix = record_id(intent, 0)[:-1]
        needle = encode_json(prefix)[1:-1]
        found: dict[str, tuple[Record, bytes]] = {}
        path = self.path(book)
        with reported(path, "read the file"):
            try:
                lines = path.open("rb")
            except FileNotFoundError:
                return found
            with lines:
                for line in lines:
                    if needle in line:
                        raw = line.removesuffix(b"\n")
                        record = _decode(raw)
                        if record is not None and record.id.startswith(prefix):
                            found.setdefault(record.id, (record, raw))
        return found


def _header(book: str) -> bytes:
    return b"number: " + encode_json(book) + b"\nrecords:\n"


def _decode(line: bytes) -> Record | None:
    try:
        return decode_line(line, _DECODER)
    except ValueError:
        return None


def _is_record(line: bytes) -> bool:
    return _decode(line) is not None
