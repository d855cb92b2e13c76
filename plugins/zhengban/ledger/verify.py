# SPDX-License-Identifier: Apache-2.0
"""Checking that the ledger is what was written: the chains, and every record against its commit line. Source:
DESIGN 6.

This is evident against accident, not against an owner of the files, who can write a whole chain anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import chain as chained
from typing import Any, NamedTuple

from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import Problem
from zhengban.model.paper import PaperEntry
from zhengban.model.record import Commit, Event, Record
from zhengban.model.request import RequestEntry

from .chain import START, L
from .forks import lines_of_fork
from .heads import WAY_BACK
from .lines import hash_line
from .reading import VERIFY_HINT, Content, Line
from .requests import NOTED
from .snapshot import Snapshot, Store
from .strangers import find_strangers

Written = Record | Commit | Event | Confirmation | RequestEntry | PaperEntry

_MERGED_HINT = f"if git merged branches here, run zhengban ledger merge; else {VERIFY_HINT}"

# Within a run the line that was changed comes before what that makes of others.
CHANGED, COMPARED, MISSED = range(3)


class Doubt(NamedTuple):
    """A problem, the run it belongs to (or a moment spelt like one), its rank: sorts the first altered line first."""

    run: str
    rank: int
    problem: Problem


class Mark(NamedTuple):
    """What a commit line says about one record, and where it stands."""

    book: str
    sha256: str
    commit: Commit
    writer: str
    position: int
    place: str


def find_alterations(store: Store, snapshot: Snapshot) -> tuple[Problem, ...]:
    """Everything that is not as it was written.

    Args:
        store: for the names of files.
        snapshot: the ledger with its papers, read while the writer lock was held.

    Returns:
        Altered, removed, reordered, repeated and foreign lines, lines that cannot be read, unfinished ends
        and files that do not belong, sorted by run, rank and place: the first altered line first. Each message
        names the run where one is known.
    """
    marks: dict[str, Mark] = {}
    doubts = [
        *chained.from_iterable(_check_file(content) for content in snapshot.books.values()),
        *chained.from_iterable(_check_chain(content) for content in snapshot.commits.values()),
        *chained.from_iterable(_check_chain(content) for content in snapshot.events.values()),
        *chained.from_iterable(_check_chain(content) for content in snapshot.confirmations.values()),
        # One that was decided about twice is as it was written: see ``forks.find_contradictions``.
        *chained.from_iterable(
            _check_file(content) if lines_of_fork(content.lines) else _check_chain(content)
            for content in snapshot.papers.values()
        ),
        *collect_marks(snapshot.commits, marks),
        *_check_records(store, snapshot, marks),
        *_check_noted(store, snapshot),
        *_check_heads(snapshot),
        *(Doubt("", CHANGED, problem) for problem in snapshot.bad_pending),
        *(Doubt("", CHANGED, problem) for problem in find_strangers(store.root)),
    ]
    return tuple(doubt.problem for doubt in sorted(doubts))


def _check_file(
    content: Content[Record] | Content[Commit] | Content[Event] | Content[Confirmation] | Content[Any],
) -> Iterator[Doubt]:
    if content.bad_header:
        yield Doubt("", CHANGED, content.bad_header)
    if content.torn:
        yield Doubt("~", CHANGED, content.torn)
    run = ""
    for line in content.lines:
        if line.value is None:
            yield _doubt(content.file, line.number, run, f"{line.error} (near run {run})" if run else line.error)
        else:
            run = _run_of(line.value)


def _check_chain(content: Content[L]) -> Iterator[Doubt]:
    yield from _check_file(content)
    by_seq: dict[int, tuple[Line[L], L]] = {}
    highest = 0
    for line in content.lines:
        value = line.value
        if value is None:
            continue
        run = _run_of(value)
        if value.seq in by_seq:
            yield _doubt(content.file, line.number, run, f"repeated: seq {value.seq} is there already (run {run})")
            continue
        if by_seq and value.seq < highest:
            yield _doubt(content.file, line.number, run, f"reordered: seq {value.seq} after {highest} (run {run})")
        highest = max(highest, value.seq) if by_seq else value.seq
        by_seq[value.seq] = (line, value)
    expected, prev, before = 1, START, 0
    before_run = ""
    for seq, (line, value) in sorted(by_seq.items()):
        run = _run_of(value)
        if seq != expected:
            gap = f"seq {expected}" if seq == expected + 1 else f"seq {expected} to {seq - 1}"
            yield _doubt(
                content.file,
                line.number,
                run,
                f"removed or unreadable before this line: {gap} (next run {run})",
            )
        elif value.prev != prev:
            # The line before is what the chain does not fit; without one it is the start of the chain in this
            # line.
            place, whose = (before, before_run) if before else (line.number, run)
            yield _doubt(
                content.file,
                place,
                whose,
                f"altered: the line after it was chained to other bytes (run {whose})",
            )
        expected, prev, before, before_run = seq + 1, hash_line(line.raw), line.number, run


def collect_marks(commits: Mapping[str, Content[Commit]], marks: dict[str, Mark]) -> Iterator[Doubt]:
    """Put what the commit lines say about each record into ``marks``, by record id; yield what they say twice."""
    plans: dict[tuple[str, str, str], str] = {}
    for writer, content in commits.items():
        for line in content.lines:
            commit = line.value
            if commit is None:
                continue
            place = f"{content.file}:{line.number}"
            first = plans.setdefault((commit.run, commit.computer, commit.plan), place)
            if first != place:
                text = f"repeated: {commit.computer} of run {commit.run} was settled in {first}"
                yield _doubt(content.file, line.number, commit.run, text)
                continue
            for position, (record, book, sha256) in enumerate(commit.records):
                mark = Mark(book, sha256, commit, writer, position, place)
                if marks.setdefault(record, mark) is not mark:
                    text = f"repeated: record {record!r} was settled in {marks[record].place} (run {commit.run})"
                    yield _doubt(content.file, line.number, commit.run, text)


def _check_records(store: Store, snapshot: Snapshot, marks: Mapping[str, Mark]) -> Iterator[Doubt]:
    in_flight = {
        booked.record.id for intent in snapshot.pending for change in intent.changes for booked in change.records
    }
    seen: dict[str, str] = {}
    for book, content in snapshot.books.items():
        latest: dict[str, tuple[int, int]] = {}
        for line in content.lines:
            record = line.value
            if record is None:
                continue
            place = f"{content.file}:{line.number}"
            first = seen.setdefault(record.id, place)
            mark = marks.get(record.id)
            if first != place:
                text = f"repeated: record {record.id!r} is in {first} already"
            elif mark is None:
                text = "" if record.id in in_flight else f"foreign: no commit line names record {record.id!r}"
            elif mark.book != book:
                text = f"foreign: record {record.id!r} belongs in the book {mark.book!r}"
            elif mark.sha256 != hash_line(line.raw):
                text = f"altered: record {record.id!r} is not as {mark.place} has it"
            else:
                text = _check_order(record, mark, latest)
            if text:
                yield _doubt(content.file, line.number, record.run, f"{text} (run {record.run})", COMPARED)
    for record_id, mark in marks.items():
        if record_id not in seen:
            text = f"removed or unreadable: record {record_id!r} that {mark.place} names (run {mark.commit.run})"
            yield _doubt(store.books.name(mark.book), 0, mark.commit.run, text, MISSED)


def _check_noted(store: Store, snapshot: Snapshot) -> Iterator[Doubt]:
    """The lines of papers that events name: the last one of a file has none behind it that its change would break,
    and one that no event names nobody has decided.
    """
    noted: dict[str, int] = {}
    lines = {name: {hash_line(line.raw) for line in content.lines} for name, content in snapshot.papers.items()}
    for content in snapshot.events.values():
        for line in content.lines:
            event = line.value
            if event is not None and event.kind == NOTED:
                request, sha256 = str(event.data.get("request")), str(event.data.get("sha256"))
                number = event.data.get("line")
                noted[request] = max(noted.get(request, 0), number if isinstance(number, int) else 0)
                if sha256 not in lines.get(request, ()):
                    text = f"altered or removed: entry {number} of {request!r}, named by {content.file}:{line.number}"
                    yield _doubt(store.papers.name(request), 0, _run_of(event), text, MISSED)
    for request, written in snapshot.papers.items():
        for entry in written.lines:
            # An application by itself says only what somebody asks for; whoever decides about it names it.
            is_alone = len(written.lines) == 1 and entry.value is not None and entry.value.kind == "applied"
            if entry.value is not None and not is_alone and entry.value.seq > noted.get(request, 0):
                text = f"foreign: no event names entry {entry.value.seq} of {request!r}, so it does not count"
                yield _doubt(written.file, entry.number, _run_of(entry.value), text, COMPARED)


def _check_heads(snapshot: Snapshot) -> Iterator[Doubt]:
    """The ends of our own chains, which nothing else would miss."""
    chains = (snapshot.commits, snapshot.events, snapshot.confirmations)
    contents = {content.file: content for kind in chains for content in kind.values()}
    for file, head in snapshot.heads.items():
        lines = contents[file].lines if file in contents else ()
        known = {line.value.seq: hash_line(line.raw) for line in lines if line.value is not None}
        # Behind the line that was noted there may be more.
        seq = head.seq if head.seq in known else max(known, default=0)
        if missing := head.what_is_missing(seq, known.get(seq, START)):
            yield Doubt("~", CHANGED, Problem(file=file, message=f"taken back: {missing}", hint=WAY_BACK))


def _check_order(record: Record, mark: Mark, latest: dict[str, tuple[int, int]]) -> str:
    if mark.commit.recovered:
        # Written before a crash and settled after it: others may have been settled in between.
        return ""
    order = (mark.commit.seq, mark.position)
    if order < latest.get(mark.writer, order):
        return f"reordered: record {record.id!r} stands after records settled later"
    latest[mark.writer] = order
    return ""


def _run_of(value: Written) -> str:
    if isinstance(value, Record) or (not isinstance(value, RequestEntry | PaperEntry) and value.run):
        return value.run
    return f"{value.at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _doubt(file: str, line: int, run: str, message: str, rank: int = CHANGED) -> Doubt:
    hint = _MERGED_HINT if message.startswith(("repeated", "reordered")) else VERIFY_HINT
    return Doubt(run, rank, Problem(file=file, line=line, message=message, hint=hint))
