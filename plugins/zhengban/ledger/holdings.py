# SPDX-License-Identifier: Apache-2.0
"""Folding install records into what is on record now, in a stated order. Source: DESIGN 6, DOMAIN L3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from zhengban.model.record import BookedRecord, Holding, Record, Standing

from .ids import index_of

# (computer, package)
Place = tuple[str, str]

_SEEN = -1
_UNCOMMITTED = 1 << 62


class HoldingsFold:
    """Finds the last record of each (computer, package), whatever order the books are read in.

    Records count in the order they were committed: a run that began first may act last. Within a commit by index, where
    an upgrade's uninstall comes before its install; what no commit names comes last, by date, run and index. Of records
    with one id the first that is read counts.

    Args:
        committed: maps a record's id to the place of its commit line, from 0; it is used up.
    """

    def __init__(self, committed: dict[str, int]) -> None:
        self._committed = committed
        # Rank, id, and what is on record from then on: the rest of a record is most of it.
        self._latest: dict[Place, tuple[int, str, Holding | None]] = {}
        self.uncommitted: list[BookedRecord] = []
        """What no commit names, in the order read."""

    def add(self, book: str, records: Iterable[Record]) -> None:
        """Take up records of one book."""
        committed, latest = self._committed, self._latest
        for record in records:
            identity = record.id
            rank = committed.get(identity, _UNCOMMITTED)
            if rank == _SEEN:
                continue
            committed[identity] = _SEEN
            if rank == _UNCOMMITTED:
                self.uncommitted.append(BookedRecord(book=book, record=record))
                continue
            place = (record.computer, record.package)
            there = latest.get(place)
            if (
                there is None
                or there[0] < rank
                or (there[0] == rank and _order_in_commit(there[1]) < _order_in_commit(identity))
            ):
                latest[place] = (rank, identity, _holding(book, record))

    @property
    def is_incomplete(self) -> bool:
        """Whether a commit line names a record that was not read."""
        return any(rank != _SEEN for rank in self._committed.values())

    def take_up_committed(self, holdings: dict[Place, Holding]) -> None:
        """Bring what was on record before up to date with the last committed record of each place."""
        for place, (_rank, _id, holding) in self._latest.items():
            _take_up(holdings, place, holding)


def take_up_uncommitted(holdings: dict[Place, Holding], uncommitted: Iterable[BookedRecord]) -> None:
    """Bring what is on record up to date with what no commit names."""
    for item in sorted(uncommitted, key=lambda item: _order_of_uncommitted(item.record)):
        record = item.record
        _take_up(holdings, (record.computer, record.package), _holding(item.book, record))


def fold_holdings(booked: Iterable[BookedRecord], committed: Mapping[str, int]) -> dict[Place, Holding]:
    """The install on record of each (computer, package) that is there now; for the order see :class:`HoldingsFold`.

    A ``correct`` says what is true from then on: installed in its version, or, with an empty version, not there.
    """
    fold = HoldingsFold(dict(committed))
    for item in booked:
        fold.add(item.book, (item.record,))
    holdings: dict[Place, Holding] = {}
    fold.take_up_committed(holdings)
    take_up_uncommitted(holdings, fold.uncommitted)
    return holdings


def by_book(holdings: Mapping[Place, Holding]) -> Standing:
    """Holdings by book, then package, then computer."""
    standing: dict[str, dict[str, dict[str, Holding]]] = {}
    for (computer, package), holding in holdings.items():
        standing.setdefault(holding.number, {}).setdefault(package, {})[computer] = holding
    return standing


def _holding(book: str, record: Record) -> Holding | None:
    """What is on record once a record says so, None for nothing."""
    if record.action == "install" or (record.action == "correct" and record.version):
        return Holding(
            number=book, version=record.version, quantity=record.quantity, date=record.date, record=record.id
        )
    return None


def _take_up(holdings: dict[Place, Holding], place: Place, holding: Holding | None) -> None:
    if holding is not None:
        holdings[place] = holding
    else:
        holdings.pop(place, None)


def _order_in_commit(identity: str) -> tuple[int, str]:
    # The id last, for what a hand wrote without an index.
    return (index_of(identity), identity)


def _order_of_uncommitted(record: Record) -> tuple[dt.date, str, int, str]:
    # The id last: several computers of one run share an index.
    return (record.date, record.run, index_of(record.id), record.id)
