# SPDX-License-Identifier: Apache-2.0
"""Taking over what another copy of the ledger has and ours lacks: all of it or nothing. Source: DESIGN 6.

Everything is checked before anything is written, and what is written is only ever added to the end of our files: after
a crash in between, merging the same copy again adds the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from zhengban.model.errors import InputError, Problem

from .chain import Chain, L
from .ledger import Ledger
from .papers import Papers
from .reader import LedgerReader
from .reading import Content, Line
from .snapshot import Snapshot, Store, read_snapshot
from .verify import find_alterations

_FOLDERS = ("books", "runs", "events")
_RESTORE = "nothing was merged; find out which of the two was altered and restore it (version control, a backup)"
_FORKED = (
    "nothing was merged; two copies wrote under one id, because ledger/.writer was copied with the workspace (remove "
    "it from a copy before that writes): decide which of the two goes on; note what only the other did since this "
    "line (zhengban ledger show there), replace its folder ledger by a copy of the one that goes on without .writer "
    "and .heads, and record there again what is true (zhengban ledger correct, zhengban request new)"
)
_SETTLE = "nothing was merged; run zhengban ledger recover there, then merge again"


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """Another copy of the ledger: its folder, what problems call it, and all that was in it at one moment."""

    root: Path
    shown_as: str
    snapshot: Snapshot


class Additions(msgspec.Struct, frozen=True, kw_only=True):
    """The lines ours lacks, by software number, writer or paper (``requests``, with needs and purchase
    plans): each mapping sorted by its key.

    No lines: the file is not there yet, or its end needs mending.
    """

    books: Mapping[str, tuple[bytes, ...]] = {}
    commits: Mapping[str, tuple[bytes, ...]] = {}
    events: Mapping[str, tuple[bytes, ...]] = {}
    confirmations: Mapping[str, tuple[bytes, ...]] = {}
    requests: Mapping[str, tuple[bytes, ...]] = {}


def read_copy(place: Path) -> Copy:
    """Read another workspace, or a folder that is a ledger; its writers wait meanwhile.

    Raises:
        InputError: it is neither.
        LedgerError: the operating system does not let us read a file.
    """
    for root in (place / "ledger", place):
        if any((root / folder).is_dir() for folder in _FOLDERS):
            return Copy(root=root, shown_as=str(root), snapshot=LedgerReader(root).snapshot())
    message = "neither a workspace with a ledger nor a ledger: it has no books/, runs/ or events/"
    raise InputError([Problem(file=str(place), message=message, hint="name the folder of the other workspace")])


def merge_copy(ledger: Ledger, copy: Copy, *, at: dt.datetime) -> Additions:
    """Take over what another copy has and our ledger lacks; nobody writes to ours meanwhile.

    Returns:
        What was added; a second time nothing is.

    Raises:
        InputError: see :func:`plan_merge`; nothing was written.
        Busy: another run is arming, or a book stayed locked; nothing was written.
        LedgerError: some of it was perhaps written; merging the same copy again adds the rest.
    """
    with ledger.hold_all(copy.snapshot.books, at=at) as (store, torn):
        added = plan_merge(ledger.root, read_snapshot(store, with_papers=True), copy)
        # As settling does it: no commit line is there before its records.
        torn.extend(store.books.append(book, lines, at=at) for book, lines in added.books.items())
        torn.extend(_append(store.papers, added.requests, at))
        torn.extend(_append(store.confirmations, added.confirmations, at))
        torn.extend(_append(store.events, added.events, at))
        torn.extend(_append(store.commits, added.commits, at))
    return added


def plan_merge(root: Path, ours: Snapshot, copy: Copy) -> Additions:
    """Find what our ledger lacks of a copy, if the two together are as they were written.

    Args:
        root: our ledger.
        ours: all that is in it, with its writers waiting if the result is to be written.
        copy: the other.

    Raises:
        InputError: with every line of the copy that was altered, is foreign or in flight, or that ours has with other
            content or elsewhere; where there is none, with every line of ours that is not as it was written.
    """
    if copy.root.resolve() == root.resolve():
        message = "this is the ledger itself"
        raise InputError([Problem(file=copy.shown_as, message=message, hint="name the folder of the other workspace")])
    store, theirs = Store(root), copy.snapshot
    problems = list(_check_copy(Store(copy.root), theirs))
    books = _missing_records(ours, theirs, problems)
    commits = _missing_links(store.commits, ours.commits, theirs.commits, problems)
    events = _missing_links(store.events, ours.events, theirs.events, problems)
    confirmations = _missing_links(store.confirmations, ours.confirmations, theirs.confirmations, problems)
    papers = _missing_entries(store.papers, ours.papers, theirs.papers, problems)
    if problems:
        raise InputError(
            msgspec.structs.replace(problem, file=f"{copy.shown_as}/{problem.file.partition('/')[2]}")
            for problem in problems
        )
    merged = msgspec.structs.replace(
        ours,
        books=_extend(ours.books, books, store.books.name),
        commits=_extend(ours.commits, commits, store.commits.name),
        events=_extend(ours.events, events, store.events.name),
        confirmations=_extend(ours.confirmations, confirmations, store.confirmations.name),
        papers=_extend(ours.papers, papers, store.papers.name),
    )
    if alterations := find_alterations(store, merged):
        raise InputError(alterations)
    return Additions(
        books=_raw(books),
        commits=_raw(commits),
        events=_raw(events),
        confirmations=_raw(confirmations),
        requests=_raw(papers),
    )


def _append(chain: Chain[L] | Papers, added: Mapping[str, tuple[bytes, ...]], at: dt.datetime) -> list[str]:
    return [chain.append_lines(name, lines, at=at) for name, lines in added.items()]


def _check_copy(store: Store, theirs: Snapshot) -> Iterator[Problem]:
    # What is in flight there stays there, readable or not; what was taken back there is not for us to miss.
    yield from find_alterations(store, msgspec.structs.replace(theirs, bad_pending=(), heads={}))
    in_flight = {
        booked.record.id for intent in theirs.pending for change in intent.changes for booked in change.records
    }
    commits = (commit for content in theirs.commits.values() for commit in content.values())
    in_flight -= {identity for commit in commits for identity, _book, _hash in commit.records}
    for content in theirs.books.values():
        for line in content.lines:
            if line.value is not None and line.value.id in in_flight:
                text = f"the change of record {line.value.id!r} is not settled in that copy"
                yield _problem(content, line, text, _SETTLE)


def _missing_records(ours: Snapshot, theirs: Snapshot, problems: list[Problem]) -> dict[str, tuple[Line[Any], ...]]:
    there = {
        line.value.id: (book, line.raw, f"{content.file}:{line.number}")
        for book, content in ours.books.items()
        for line in content.lines
        if line.value is not None
    }
    missing = _torn(ours.books)
    for book, content in theirs.books.items():
        lines = []
        for line in content.lines:
            if line.value is None:
                continue
            known = there.get(line.value.id)
            if known is None:
                lines.append(line)
            elif known[:2] != (book, line.raw):
                text = f"duplicate: record {line.value.id!r} is in {known[2]} with other content or in another book"
                problems.append(_problem(content, line, text, _RESTORE))
        if lines or book not in ours.books:
            missing[book] = tuple(lines)
    return missing


def _missing_links(
    chain: Chain[L],
    ours: Mapping[str, Content[L]],
    theirs: Mapping[str, Content[L]],
    problems: list[Problem],
) -> dict[str, tuple[Line[Any], ...]]:
    missing = _torn(ours)
    for writer, content in theirs.items():
        mine = ours[writer].lines if writer in ours else ()
        for here, there in zip(mine, content.lines, strict=False):
            if here.raw != there.raw:
                text = f"forked: {chain.name(writer)}:{here.number} has another line in this place of the chain"
                problems.append(_problem(content, there, text, _FORKED))
                break
        else:
            if len(content.lines) > len(mine) or writer not in ours:
                missing[writer] = content.lines[len(mine) :]
    return missing


def _missing_entries(
    chain: Papers,
    ours: Mapping[str, Content[Any]],
    theirs: Mapping[str, Content[Any]],
    problems: list[Problem],
) -> dict[str, tuple[Line[Any], ...]]:
    """As :func:`_missing_links`, for what people in both copies may go on with; see ``forks.find_contradictions``."""
    missing = _torn(ours)
    for request, content in theirs.items():
        mine = ours[request].lines if request in ours else ()
        if mine and content.lines and mine[0].raw != content.lines[0].raw:
            text = f"forked: {chain.name(request)}:{mine[0].number} is another application"
            problems.append(_problem(content, content.lines[0], text, _FORKED))
            continue
        known = {line.raw for line in mine}
        lines = tuple(line for line in content.lines if line.raw not in known)
        if lines or request not in ours:
            missing[request] = lines
    return missing


def _torn(contents: Mapping[str, Content[Any]]) -> dict[str, tuple[Line[Any], ...]]:
    """Our files whose last line was cut short, perhaps while an earlier try of this merge wrote it."""
    return {name: () for name, content in contents.items() if content.torn is not None}


def _extend(
    contents: Mapping[str, Content[Any]], missing: Mapping[str, tuple[Line[Any], ...]], name_of: Callable[[str], str]
) -> dict[str, Content[Any]]:
    """The files as they will be."""
    extended = dict(contents)
    for name, lines in missing.items():
        content = contents.get(name) or Content(file=name_of(name))
        last = content.lines[-1].number if content.lines else 2
        added = (msgspec.structs.replace(line, number=number) for number, line in enumerate(lines, last + 1))
        extended[name] = msgspec.structs.replace(content, lines=(*content.lines, *added), torn=None)
    return dict(sorted(extended.items()))


def _raw(missing: Mapping[str, tuple[Line[Any], ...]]) -> dict[str, tuple[bytes, ...]]:
    return {name: tuple(line.raw for line in lines) for name, lines in sorted(missing.items())}


def _problem(content: Content[Any], line: Line[Any], text: str, hint: str) -> Problem:
    return Problem(file=content.file, line=line.number, message=text, hint=hint)
