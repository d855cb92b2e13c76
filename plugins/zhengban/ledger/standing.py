# SPDX-License-Identifier: Apache-2.0
"""What is on record in a ledger of one writer, without what else its lines say: for views of all of it.

Source: DESIGN 6, 12.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Literal

import msgspec

from zhengban.model.record import Standing

from .ids import index_of
from .snapshot import Store


class _Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The parts of a record that say what is where. Every text that is not read is time."""

    id: str
    action: Literal["install", "uninstall", "correct"]
    computer: str
    package: str
    version: str
    date: dt.date
    quantity: int


class _Named(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record as a commit line names it: it is counted, nothing of it is read."""


class _Commit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The parts of a commit line that say whether its records stand in their books in its order."""

    seq: int
    run: str
    computer: str
    records: tuple[_Named, ...] = ()
    recovered: bool = False


# Computer -> run -> the place of that unit among the commit lines of the computer.
_Order = dict[str, dict[str, int]]

_RECORDS = msgspec.json.Decoder(_Record)
_COMMITS = msgspec.json.Decoder(_Commit)


def read_standing(store: Store) -> Standing | None:
    """Read what ``holdings.HoldingsFold`` finds, from files as one writer leaves them.

    Every line of books and commit lines is decoded, and the books must hold as many records as the commit lines name;
    hashes and the ids they name are what ``verify`` is for.

    Returns:
        What is on record. None where the lines of a book need not stand in the order they were committed in, or where
        that takes a closer look: several writers, a crash, a change under way, lines that were merged, edited, taken
        back or cannot be read.

    Raises:
        LedgerError: the operating system does not let us read a file.
    """
    read = _read_order(store)
    return None if read is None else _read_books(store, *read)


def _read_order(store: Store) -> tuple[_Order, int] | None:
    """The order of the units, and how many records they name."""
    # Before the chain: that is written first.
    heads = store.heads()
    writers = store.commits.writers()
    if len(writers) > 1:
        return None
    order: _Order = defaultdict(dict)
    last_seq = named = 0
    for writer in writers:
        for batch in store.commits.read_batches_as(_COMMITS, writer):
            if batch.problems or batch.is_loose:
                return None
            for commit in batch.values:
                units = order[commit.computer]
                if commit.recovered or commit.seq != last_seq + 1 or commit.run in units:
                    return None
                units[commit.run] = last_seq = commit.seq
                named += len(commit.records)
    if any(last_seq < head.seq for file, head in heads.items() if file in map(store.commits.name, writers)):
        return None
    return order, named


def _read_books(store: Store, order: _Order, named: int) -> Standing | None:
    read: dict[str, dict[str, dict[str, _Record]]] = {}
    books_of: dict[str, list[str]] = {}
    for book in store.books.numbers():
        # By package, then computer: the last one wins, it stands behind the others.
        here: dict[str, dict[str, _Record]] = defaultdict(dict)
        for batch in store.books.read_batches_as(_RECORDS, book):
            if batch.problems or batch.is_loose:
                return None
            named -= len(batch.values)
            for record in batch.values:
                here[record.package][record.computer] = record
        read[book] = here
        # Most packages are in one book only, and there is nothing to compare.
        for package, records in here.items():
            others = books_of.setdefault(package, [])
            for other in others:
                _keep_last(read[other][package], records, order)
            others.append(book)
    if named:
        return None
    for packages in read.values():
        for records in packages.values():
            _drop_what_left(records)
    return {
        book: standing
        for book, packages in read.items()
        if (standing := {package: records for package, records in packages.items() if records})
    }


def _keep_last(there: dict[str, _Record], records: dict[str, _Record], order: _Order) -> None:
    """Take out of the records of two books about one package those that the other book's come after."""
    for computer in there.keys() & records.keys():
        earlier = there if _is_later(records[computer].id, there[computer].id, order[computer]) else records
        del earlier[computer]


def _is_later(record: str, other: str, places: dict[str, int]) -> bool:
    """Whether a record of a computer comes after another, by their ids."""
    run, other_run = record.partition("/")[0], other.partition("/")[0]
    if run != other_run:
        # What no commit names would come last; there is none here.
        return places.get(run, 0) > places.get(other_run, 0)
    return index_of(record) > index_of(other)


def _drop_what_left(records: dict[str, _Record]) -> None:
    left = [
        computer
        for computer, record in records.items()
        if not (record.action == "install" or (record.action == "correct" and record.version))
    ]
    for computer in left:
        del records[computer]
