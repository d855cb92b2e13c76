# SPDX-License-Identifier: Apache-2.0
"""Signed confirmations: one chained file for each writer. Source: DESIGN 6, DOMAIN I3 (form 11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from zhengban.model.confirmation import Confirmation

from .chain import read_in_order
from .ledger import Ledger
from .requests import last_number, paper_id


def append_confirmations(
    ledger: Ledger, confirmations: Iterable[Confirmation], *, day: dt.date, at: dt.datetime
) -> tuple[Confirmation, ...]:
    """Write the confirmations of a day with one flush.

    Args:
        confirmations: in order, without an id.

    Returns:
        Those written, with their ids. What another process has just confirmed as done is not written again.

    Raises:
        LedgerError: the last line of the writer's file cannot be read.
    """
    writer = ledger.writer
    with ledger.hold_writer(at=at) as (store, torn):
        there = read_in_order(store.confirmations)
        done: set[str] = set()
        for item in there:
            # What was said last holds: not done after done opens it again.
            (done.update if item.done else done.difference_update)(item.records)
        new = [item for item in confirmations if not (item.done and done.issuperset(item.records))]
        last = last_number((item.id for item in there), kind="CNF", year=day.year, writer=writer)
        numbered = tuple(
            msgspec.structs.replace(item, id=paper_id("CNF", day.year, writer, number))
            for number, item in enumerate(new, last + 1)
        )
        torn.append(store.confirmations.append(writer, numbered, at=at))
    return numbered
