# SPDX-License-Identifier: Apache-2.0
"""The changes nobody has signed for, worked out for the computers that are asked about. Source: DESIGN 6, DOMAIN I3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from zhengban.approval.changes import fold_unconfirmed
from zhengban.model.confirmation import ChangeMade, Confirmation
from zhengban.model.record import BookedRecord, Record

from .ids import index_of

Packed = tuple[str, bytes]
"""A record as JSON, behind its book."""

_DECODER = msgspec.json.Decoder(Record)


class Unconfirmed(Mapping[str, tuple[ChangeMade, ...]]):
    """What ``approval.changes.fold_unconfirmed`` finds, by computer: a task is about one of thousands.

    Args:
        changes: by computer, the records that are signed for.
        confirmations: what was signed, in the order it was.
    """

    def __init__(self, changes: Mapping[str, Iterable[Packed]], confirmations: Iterable[Confirmation]) -> None:
        self._changes = changes
        self._confirmations: dict[str, list[Confirmation]] = {}
        for confirmation in confirmations:
            self._confirmations.setdefault(confirmation.computer, []).append(confirmation)

    def __getitem__(self, computer: str) -> tuple[ChangeMade, ...]:
        booked = (BookedRecord(book=book, record=_DECODER.decode(data)) for book, data in self._changes[computer])
        return fold_unconfirmed(booked, self._confirmations.get(computer, ()), index_of=index_of)[computer]

    def __iter__(self) -> Iterator[str]:
        return (computer for computer in self._changes if computer in self)

    def __len__(self) -> int:
        return sum(1 for _computer in self)
