# SPDX-License-Identifier: Apache-2.0
"""From an intent and what was verified to the records that belong in the books. Source: DESIGN 6, DOMAIN L3,
L4.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from zhengban.model.errors import LedgerError
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Change, Commit, Intent, Record

from .ids import index_of
from .lines import encode_line, hash_line, plain_text


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A record of an intent as a line of its book; ``is_there`` when an earlier, interrupted settling already
    wrote it.
    """

    book: str
    record: Record
    line: bytes
    is_there: bool = False

    @property
    def committed(self) -> tuple[str, str, str]:
        return (self.record.id, self.book, hash_line(self.line))


def require_sound(intent: Intent) -> None:
    """Check that an intent's parts agree with each other, before it is opened.

    Raises:
        ValueError: an id is not made as ``ids`` makes it, or appears twice: the caller is wrong, not the
            data.
    """
    if intent.id != f"{intent.run}/{intent.computer}":
        raise ValueError(f"the intent {intent.id!r} is not {intent.run!r}/{intent.computer!r}")
    seen = set()
    for change in intent.changes:
        for booked in change.records:
            record = booked.record
            if record.id in seen or record.id != f"{intent.id}/{index_of(record.id)}":
                raise ValueError(f"{intent.id}: the record id {record.id!r} is repeated or not of this intent")
            if (record.run, record.computer) != (intent.run, intent.computer):
                raise ValueError(f"{record.id}: the record is of another run or computer than its intent")
            seen.add(record.id)


def books_of(intent: Intent) -> tuple[str, ...]:
    """Every book the intent may write to, sorted: the order their locks are taken in."""
    return tuple(sorted({booked.book for change in intent.changes for booked in change.records}))


def entries_of(
    intent: Intent,
    outcomes: Iterable[Outcome],
    *,
    evidence: str,
    found: Mapping[str, tuple[Record, bytes]],
) -> tuple[Entry, ...]:
    """The records of everything done, in the order of the intent.

    Args:
        intent: what was about to happen, as it reads back from disk.
        outcomes: what was verified; a change without an outcome is not done.
        evidence: how it was verified, for the records.
        found: records of this intent already in the books, with their lines, by id. They stand as they are,
            whatever the outcomes say now: the settling that wrote them had verified them.
    """
    done = done_by_package(outcomes)
    entries = []
    for change in intent.changes:
        outcome = done.get(change.package)
        # A change is one unit over its books (L4): a record that is there says that all of it was verified.
        is_done = outcome is not None or any(booked.record.id in found for booked in change.records)
        for booked in change.records if is_done else ():
            if there := found.get(booked.record.id):
                entries.append(Entry(book=booked.book, record=there[0], line=there[1], is_there=True))
            else:
                entries.append(_new_entry(booked, plain_text(outcome.version) if outcome else "", plain_text(evidence)))
    return tuple(entries)


def find_commit(intent: Intent, commits: Iterable[Commit]) -> Commit | None:
    """The commit line of an intent, None while there is none."""
    plan = (intent.run, intent.computer, intent.plan)
    return next((item for item in commits if (item.run, item.computer, item.plan) == plan), None)


def entries_of_commit(commit: Commit, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those of the entries of an intent that its commit line has: those that are there, and those that were lost since
    and are the same line again.

    What is committed was verified then; nothing said later adds to it.

    Raises:
        LedgerError: the commit line names another.
    """
    named = set(commit.records)
    chosen = tuple(entry for entry in entries if entry.is_there or entry.committed in named)
    lost = {(identity, book) for identity, book, _hash in named} - {(item.record.id, item.book) for item in chosen}
    if lost:
        identity, book = min(lost)
        raise LedgerError(
            f"{commit.computer}: its commit line names {len(lost)} records that are in no book, the first is "
            f"{identity!r} of {book}: bring the book back (git stash pop, git checkout, a backup), then run again: "
            "zhengban ledger recover"
        )
    return chosen


def done_by_package(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    return {plain_text(outcome.package): outcome for outcome in outcomes if outcome.state == "done"}


def _new_entry(booked: BookedRecord, version: str, evidence: str) -> Entry:
    record = booked.record
    came = record.action == "install" and version
    record = msgspec.structs.replace(record, version=version if came else record.version, evidence=evidence)
    line = encode_line(record)
    return Entry(book=booked.book, record=record, line=line)


def commit_of(intent: Intent, entries: tuple[Entry, ...], outcomes: Iterable[Outcome], *, at: dt.datetime) -> Commit:
    """The commit line of an intent, not yet numbered; with no records it still marks the plan as used."""
    done = done_by_package(outcomes)
    booked = {entry.record.id for entry in entries}
    return Commit(
        seq=0,
        prev="",
        at=at,
        run=intent.run,
        computer=intent.computer,
        plan=intent.plan,
        removed=sum(1 for change in intent.changes if change.kind == "remove" and _has_left(change, done, booked)),
        records=tuple(entry.committed for entry in entries),
        recovered=any(entry.is_there for entry in entries),
    )


def _has_left(change: Change, done: Mapping[str, Outcome], booked: set[str]) -> bool:
    return change.package in done or any(item.record.id in booked for item in change.records)


def booked_records(entries: tuple[Entry, ...]) -> tuple[BookedRecord, ...]:
    return tuple(BookedRecord(book=entry.book, record=entry.record) for entry in entries)
