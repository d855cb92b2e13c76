# SPDX-License-Identifier: Apache-2.0
"""Folding the ledger into what judging, planning and arming need to know. Source: DESIGN 4-6."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from zhengban.judge.passed_over import LEFT, take_out
from zhengban.model.cause import REQUEST, id_in
from zhengban.model.errors import LedgerError
from zhengban.model.record import Arming, Commit, Event, History, Intent, Loss

from .files import reported
from .memory import Recollection
from .requests import fold_notes
from .unconfirmed import Unconfirmed
from .upgrades import fold_unwell, upgrade_tries
from .waivers import fold_raised, fold_urgent, urgent_armings


class ArmedRun(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of ``plans/armed/<run>.json`` that count against limits; ``at`` is when it was armed, if the
    file says so.
    """

    run: str
    expires: dt.datetime
    losing: tuple[str, ...] = ()
    seats: tuple[tuple[str, str], ...] = ()
    requests: tuple[tuple[str, str], ...] = ()
    at: dt.datetime | None = None


_ARMED = msgspec.json.Decoder(ArmedRun)


def read_armed(folder: Path, *, now: dt.datetime) -> tuple[ArmedRun, ...]:
    """The armed runs that have not expired, by file name; none when the folder is missing.

    Raises:
        LedgerError: a file is not an armed run; a limit cannot be counted without it.
    """
    runs = []
    for path in sorted(folder.glob("*.json")):
        with reported(path, "read the file"):
            data = path.read_bytes()
        try:
            armed = _ARMED.decode(data)
        except ValueError as err:
            raise LedgerError(f"{path}: not an armed run ({err}); remove the file and arm again") from err
        if armed.expires > now:
            runs.append(armed)
    return tuple(runs)


def fold_adopted(events: Iterable[Event]) -> dict[str, dt.date]:
    """The day each computer was adopted: its first ``adopted`` event, since its disk was wiped if it was."""
    adopted: dict[str, dt.date] = {}
    for event in events:
        if event.kind == "adopted":
            adopted.setdefault(event.computer, _day_of(event))
        elif _is_wiped(event):
            adopted.pop(event.computer, None)
    return adopted


def fold_passed_over(events: Iterable[Event]) -> dict[str, str]:
    """What was there and not recorded when each computer was adopted, as that ``adopted`` event lists it, without what
    was seen to be gone since (``passed_over.LEFT``).
    """
    passed_over: dict[str, str] = {}
    for event in events:
        if event.kind == "adopted":
            passed_over.setdefault(event.computer, str(event.data.get("passed_over", "")))
        elif event.kind == LEFT and event.computer in passed_over:
            passed_over[event.computer] = take_out(passed_over[event.computer], str(event.data.get("packages", "")))
        elif _is_wiped(event):
            passed_over.pop(event.computer, None)
    return passed_over


def _is_wiped(event: Event) -> bool:
    return event.kind == "computer_returned" and event.data.get("wiped") is True


def fold_first_seen(events: Iterable[Event]) -> dict[tuple[str, str, str], dt.date]:
    """The day each finding that still stands was first detected: ``first_detection`` minus later
    ``detection_closed``.

    The day is ``data["date"]`` (ISO, in the organisation's time zone) where the event has one, else the
    UTC day of ``at``.

    Raises:
        LedgerError: an event's ``date`` is not a day.
    """
    first: dict[tuple[str, str, str], dt.date] = {}
    for event in events:
        key = (event.computer, str(event.data.get("code", "")), str(event.data.get("package", "")))
        if event.kind == "first_detection":
            first.setdefault(key, _day_of(event))
        elif event.kind == "detection_closed":
            first.pop(key, None)
    return first


def _day_of(event: Event) -> dt.date:
    day = event.data.get("date")
    if day is None:
        return event.at.astimezone(dt.UTC).date()
    try:
        return dt.date.fromisoformat(str(day))
    except ValueError as err:
        raise LedgerError(f"event {event.seq} of run {event.run!r}: date {day!r} is not a day (YYYY-MM-DD)") from err


def last_register_size(events: Iterable[Event]) -> int:
    """The computers in the register at the last arming; 0 when nothing was ever armed."""
    sizes = [event.data.get("register_size") for event in events if event.kind == "armed"]
    return next((size for size in reversed(sizes) if isinstance(size, int)), 0)


def find_losses(
    commits: Iterable[Commit],
    pending: Iterable[Intent],
    armed: Iterable[ArmedRun],
    *,
    since: dt.datetime,
    now: dt.datetime,
    spared: Iterable[tuple[str, str]] = (),
) -> tuple[Loss, ...]:
    """Computers that lost software since a moment, may be losing it now, or are armed to, sorted.

    A computer counts once per run: as the commit says when its run is settled there, else as the intent or
    the armed run says. ``spared`` are (run, computer) that do not count.
    """
    without = frozenset(spared)
    losses: dict[tuple[str, str], Loss | None] = dict.fromkeys(without)
    for commit in commits:
        place = (commit.run, commit.computer)
        if commit.removed and commit.at >= since and place not in without:
            losses[place] = Loss(at=commit.at, computer=commit.computer, run=commit.run)
        else:
            losses.setdefault(place, None)
    for intent in pending:
        if intent.at >= since and any(change.kind == "remove" for change in intent.changes):
            losses.setdefault(
                (intent.run, intent.computer), Loss(at=intent.at, computer=intent.computer, run=intent.run)
            )
    for run in armed:
        for computer in run.losing:
            losses.setdefault((run.run, computer), Loss(at=run.at or now, computer=computer, run=run.run))
    return tuple(sorted(loss for loss in losses.values() if loss is not None))


def count_settled(commits: Iterable[Commit]) -> Mapping[str, int]:
    """The units of change of each computer that are settled."""
    return Counter(commit.computer for commit in commits)


def fold_history(known: Recollection, armed: Iterable[ArmedRun], *, since: dt.datetime, now: dt.datetime) -> History:
    """Everything above, of one reading of the ledger."""
    commits, events = known.commits, known.events
    armed = tuple(armed)
    urgent = tuple(urgent_armings(events))
    settled = frozenset((commit.run, commit.computer) for commit in commits)
    return History(
        first_seen=fold_first_seen(events),
        holdings=known.holdings,
        settled=count_settled(commits),
        adopted=fold_adopted(events),
        passed_over=fold_passed_over(events),
        losses=find_losses(
            commits,
            known.pending,
            armed,
            since=since,
            now=now,
            spared=((run, computer) for _identity, run, computer, is_all in urgent if is_all),
        ),
        register_size=last_register_size(events),
        used=frozenset(
            {(commit.run, commit.computer, commit.plan) for commit in commits}
            | {(intent.run, intent.computer, intent.plan) for intent in known.pending}
        ),
        armed=dict(_armings(events)),
        reserved=frozenset(_reserved_seats(settled, known.pending, armed)),
        request_uses=known.request_uses | frozenset(_request_uses(known.pending)),
        request_armed=frozenset(_armed_requests(settled, armed)),
        request_notes=fold_notes(events),
        unconfirmed=Unconfirmed(known.changes, known.confirmations),
        urgent=fold_urgent(events),
        urgent_uses=frozenset((identity, computer) for identity, _run, computer, _is_all in urgent),
        raised=fold_raised(events, now=now),
        upgrade_tries=frozenset(upgrade_tries(events, settled)),
        unwell=fold_unwell(events),
    )


def _armings(events: Iterable[Event]) -> Iterator[tuple[tuple[str, str, str], Arming]]:
    for event in events:
        if event.kind == "armed":
            expires = _moment_of(event.data.get("expires"))
            computers, moved, without = (
                item if isinstance(item := event.data.get(key), dict) else {}
                for key in ("computers", "moved", "without_seat")
            )
            for computer, plan_hash in computers.items():
                yield (event.run, computer, str(plan_hash)), Arming(expires=expires, moved=moved.get(computer) or {})
            for computer, reason in without.items():
                yield (event.run, computer, ""), Arming(expires=expires, without_seat=str(reason))


def _moment_of(text: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _reserved_seats(
    settled: Collection[tuple[str, str]], pending: Iterable[Intent], armed: Iterable[ArmedRun]
) -> Iterator[tuple[str, str]]:
    """(number, computer) of installs that are armed or under way and not settled; ``settled`` are (run, computer)."""
    for run in armed:
        yield from (seat for seat in run.seats if (run.run, seat[1]) not in settled)
    for intent in pending:
        for change in intent.changes:
            for booked in change.records:
                if booked.record.action == "install" and booked.record.quantity:
                    yield booked.book, intent.computer


def _armed_requests(settled: Collection[tuple[str, str]], armed: Iterable[ArmedRun]) -> Iterator[tuple[str, str, str]]:
    """(request, run, computer) of what is armed under a request: one that came to nothing is free again once it is
    settled.
    """
    for run in armed:
        for request, computer in run.requests:
            if (run.run, computer) not in settled:
                yield request, run.run, computer


def _request_uses(pending: Iterable[Intent]) -> Iterator[tuple[str, str, str]]:
    """(request, run, computer) of what is under way under a request."""
    for intent in pending:
        for change in intent.changes:
            for booked in change.records:
                if request := id_in(booked.record.cause, REQUEST):
                    yield request, booked.record.run, booked.record.computer
