# SPDX-License-Identifier: Apache-2.0
"""What is on record in a ledger of one writer, without what else its lines say: for views of all of it.

Source: DESIGN 6, 12.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from zhengban.model.record import Holding

from .ids import index_of
from .snapshot import Store

# Computer -> package -> what is on record.
HeldOn = dict[str, dict[str, Holding]]


class _Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The parts of a record that say what is where. Every text that is not read is time."""

    id: str
    action: Literal["install", "uninstall", "correct"]
    computer: str
    package: str
    version: str
    date: dt.date
    quantity: int


class _Commit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The parts of a commit line that say whether its records stand in their books in its order."""

    seq: int
    run: str
    computer: str
    records: msgspec.Raw = msgspec.Raw(b"[]")
    recovered: bool = False


_RECORDS = msgspec.json.Decoder(_Record)
_COMMITS = msgspec.json.Decoder(_Commit)


def read_standing(store: Store) -> HeldOn | None:
    """Read what ``holdings.HoldingsFold`` finds, from files as one writer leaves them.

    Returns:
        What is on record by computer, then package. None where the lines of a book need not stand in the order they
        were committed in, or where that takes a closer look: several writers, a crash, a change under way, lines that
        were merged, edited, taken back or cannot be read.

    Raises:
        LedgerError: the operating system does not let us read a file.
    """
    read = _read_places(store)
    return None if read is None else _read_books(store, *read)


def _read_places(store: Store) -> tuple[dict[str, int], int] | None:
    """The place of each unit among the commit lines, and how many records they name."""
    # Before the chain: that is written first.
    heads = store.heads()
    writers = store.commits.writers()
    if len(writers) > 1:
        return None
    places: dict[str, int] = {}
    named = 0
    for writer in writers:
        for batch in store.commits.read_batches_as(_COMMITS, writer):
            if batch.problems or batch.is_loose:
                return None
            for commit in batch.values:
                if commit.recovered or commit.seq != len(places) + 1:
                    return None
                places[f"{commit.run}/{commit.computer}"] = commit.seq
                # A bracket in a text makes it too many: then it takes a closer look.
                named += bytes(commit.records).count(b"[") - 1
    if any(len(places) < head.seq for file, head in heads.items() if file in map(store.commits.name, writers)):
        return None
    return places, named


def _read_books(store: Store, places: dict[str, int], named: int) -> HeldOn | None:
    # By package, then book: most packages are in one book only, and there is nothing to compare.
    found: dict[str, dict[str, dict[str, _Record]]] = {}
    for book in store.books.numbers():
        here: dict[str, dict[str, _Record]] = {}
        for batch in store.books.read_batches_as(_RECORDS, book):
            if batch.problems or batch.is_loose:
                return None
            named -= len(batch.values)
            for record in batch.values:
                package = record.package
                if package not in here:
                    here[package] = {}
                # The last one wins: it stands behind the others.
                here[package][record.computer] = record
        for package, records in here.items():
            found.setdefault(package, {})[book] = records
    if named:
        return None
    held: HeldOn = {}
    for package, by_book in found.items():
        for book, records in _last_records(by_book, places).items():
            for computer, record in records.items():
                if record.action == "install" or (record.action == "correct" and record.version):
                    if computer not in held:
                        held[computer] = {}
                    held[computer][package] = Holding(
                        number=book,
                        version=record.version,
                        quantity=record.quantity,
                        date=record.date,
                        record=record.id,
                    )
    return held


def _last_records(by_book: dict[str, dict[str, _Record]], places: dict[str, int]) -> dict[str, dict[str, _Record]]:
    """The last record of one package on each computer, by book."""
    if len(by_book) == 1:
        return by_book
    last: dict[str, tuple[str, _Record]] = {}
    for book, records in by_book.items():
        for computer, record in records.items():
            there = last.get(computer)
            if there is None or _is_later(record, there[1], places):
                last[computer] = (book, record)
    chosen: dict[str, dict[str, _Record]] = {}
    for computer, (book, record) in last.items():
        chosen.setdefault(book, {})[computer] = record
    return chosen


def _is_later(record: _Record, there: _Record, places: dict[str, int]) -> bool:
    unit, other = record.id.rpartition("/")[0], there.id.rpartition("/")[0]
    if unit != other:
        # What no commit names would come last; there is none here.
        return places.get(unit, 0) > places.get(other, 0)
    return index_of(record.id) > index_of(there.id)
