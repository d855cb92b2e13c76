# SPDX-License-Identifier: Apache-2.0
"""Mending files that a write left unfinished and that nothing else may ever write to again. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from .ledger import Ledger
from .snapshot import Snapshot, Store


def mend(ledger: Ledger, *, at: dt.datetime) -> tuple[str, ...]:
    """Give every file its beginning and a whole last line; what was unfinished is set aside beside it.

    Returns:
        The names of the files, as messages show them.

    Raises:
        Busy: another run is arming, or a book stayed locked; nothing was changed.
    """
    snapshot = ledger.snapshot()
    if not snapshot.is_torn:
        return ()
    with ledger.hold_all(snapshot.books, at=at) as (store, torn):
        mended = []
        for name, set_aside in _mend_all(store, snapshot, at):
            mended.append(name)
            torn.append(set_aside)
    return tuple(mended)


def _mend_all(store: Store, snapshot: Snapshot, at: dt.datetime) -> Iterator[tuple[str, str]]:
    for book, content in snapshot.books.items():
        if content.torn:
            yield content.file, store.books.append(book, [], at=at)
    for chain, contents in (
        (store.commits, snapshot.commits),
        (store.events, snapshot.events),
        (store.confirmations, snapshot.confirmations),
        (store.papers, snapshot.papers),
    ):
        for name, file in contents.items():
            if file.torn:
                yield file.file, chain.append_lines(name, [], at=at)
