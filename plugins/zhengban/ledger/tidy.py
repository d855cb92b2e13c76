# SPDX-License-Identifier: Apache-2.0
"""Putting right what a line-wise merge of two branches can leave: lines twice, or out of their writer's order.

git's union driver keeps the lines of both sides. Where branches were merged in both directions at the same time, or
merged ones were rebased, it may write lines of both twice and in another order; none is lost and none is altered.
Source: DESIGN 6; gitattributes(5), "union".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from zhengban.model.errors import InputError
from zhengban.model.record import Record

from .chain import L
from .files import replace_file, reported
from .ledger import Ledger
from .reading import Content, Line
from .snapshot import Snapshot, Store, read_snapshot
from .verify import Mark, collect_marks, find_alterations


def tidy(ledger: Ledger, *, at: dt.datetime) -> tuple[Path, ...]:
    """Rewrite the files that :func:`plan_tidy` names; returns them.

    Raises:
        InputError: something else is not as it was written either; nothing was changed.
        Busy: another run is arming, or a book stayed locked; nothing was changed.
    """
    with ledger.hold_all(ledger.books(), at=at) as (store, _torn):
        files = plan_tidy(ledger.root, read_snapshot(store, with_papers=True))
        for path, content in files.items():
            replace_file(path, content)
    return tuple(files)


def plan_tidy(root: Path, snapshot: Snapshot) -> dict[Path, bytes]:
    """Find the files whose lines are doubled or out of order, if that is all that is wrong.

    Args:
        root: the ledger.
        snapshot: all that is in it.

    Returns:
        What those files should hold: the same lines, each once, each writer's in the order they were written, comments
        where they were; books first, by name; empty when all is well.

    Raises:
        InputError: with everything that is not as it was written, when something else is wrong too.
    """
    store = Store(root)
    commits = {writer: _order_chain(content) for writer, content in snapshot.commits.items()}
    events = {writer: _order_chain(content) for writer, content in snapshot.events.items()}
    confirmations = {writer: _order_chain(content) for writer, content in snapshot.confirmations.items()}
    papers: dict[str, Content[Any]] = {name: _order_chain(content) for name, content in snapshot.papers.items()}
    marks: dict[str, Mark] = {}
    for _doubt in collect_marks(commits, marks):
        pass
    books = {book: _order_book(content, marks) for book, content in snapshot.books.items()}
    tidied = msgspec.structs.replace(
        snapshot, books=books, commits=commits, events=events, confirmations=confirmations, papers=papers
    )
    if find_alterations(store, tidied):
        raise InputError(find_alterations(store, snapshot))
    return {
        **_rewritten(store.books.path, snapshot.books, books),
        **_rewritten(store.commits.path, snapshot.commits, commits),
        **_rewritten(store.events.path, snapshot.events, events),
        **_rewritten(store.confirmations.path, snapshot.confirmations, confirmations),
        **_rewritten(store.papers.path, snapshot.papers, papers),
    }


def _rewritten(
    path_of: Callable[[str], Path], before: Mapping[str, Content[Any]], after: Mapping[str, Content[Any]]
) -> dict[Path, bytes]:
    changed = [name for name, content in before.items() if content.lines != after[name].lines]
    return {path: _with_lines(path, before[name], after[name]) for name in changed for path in (path_of(name),)}


def _distinct(lines: tuple[Line[Any], ...]) -> list[Line[Any]]:
    distinct: dict[bytes, Line[Any]] = {}
    for line in lines:
        distinct.setdefault(line.raw, line)
    return list(distinct.values())


def _order_chain(content: Content[L]) -> Content[L]:
    # A line that cannot be read has no seq; verify names it.
    lines = sorted(_distinct(content.lines), key=lambda line: line.value.seq if line.value is not None else 0)
    return msgspec.structs.replace(content, lines=tuple(lines))


def _order_book(content: Content[Record], marks: Mapping[str, Mark]) -> Content[Record]:
    """Each writer's lines in the places of that writer's lines, in the order of their commits."""
    lines = _distinct(content.lines)
    places: dict[str, list[tuple[int, int, int]]] = {}
    for place, line in enumerate(lines):
        mark = marks.get(line.value.id) if line.value is not None else None
        # What was settled after a crash may stand before its turn.
        if mark is not None and not mark.commit.recovered:
            places.setdefault(mark.writer, []).append((mark.commit.seq, mark.position, place))
    ordered = list(lines)
    for rows in places.values():
        for place, (_seq, _position, source) in zip(sorted(row[2] for row in rows), sorted(rows), strict=True):
            ordered[place] = lines[source]
    return msgspec.structs.replace(content, lines=tuple(ordered))


def _with_lines(path: Path, before: Content[Any], after: Content[Any]) -> bytes:
    with reported(path, "read the file"):
        raws = path.read_bytes().split(b"\n")
    entries = {line.number for line in before.lines}
    ordered = iter(after.lines)
    kept = []
    for number, raw in enumerate(raws, 1):
        if number not in entries:
            kept.append(raw)
        elif (line := next(ordered, None)) is not None:
            kept.append(line.raw)
    return b"\n".join(kept)
