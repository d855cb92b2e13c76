# SPDX-License-Identifier: Apache-2.0
"""The events that set limits aside: urgent removals, and limits that were raised for a while. Source: DESIGN 5, 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

from zhengban.model.errors import LedgerError
from zhengban.model.record import Event
from zhengban.model.waiver import LimitRaise, UrgentRemoval

from .requests import last_number, paper_id

if TYPE_CHECKING:
    from .ledger import Ledger

OPENED, CLOSED, RAISED = "urgent_opened", "urgent_closed", "limit_raised"
_KIND = "URG"

Waiver = TypeVar("Waiver", UrgentRemoval, LimitRaise)


def fold_urgent(events: Iterable[Event]) -> dict[str, UrgentRemoval]:
    """The urgent removals that are open, by id.

    Raises:
        LedgerError: an event does not say what an urgent removal is.
    """
    found: dict[str, UrgentRemoval] = {}
    for event in events:
        if event.kind == OPENED:
            urgent = _read(event, UrgentRemoval)
            found[urgent.id] = urgent
        elif event.kind == CLOSED:
            found.pop(str(event.data.get("id")), None)
    return found


def fold_raised(events: Iterable[Event], *, now: dt.datetime) -> tuple[LimitRaise, ...]:
    """The limits that are raised at a moment, in the order of the decisions.

    Raises:
        LedgerError: an event does not say what is raised.
    """
    raised = (_read(event, LimitRaise) for event in events if event.kind == RAISED)
    return tuple(item for item in raised if item.until > now)


def urgent_armings(events: Iterable[Event]) -> Iterator[tuple[str, str, str, bool]]:
    """(urgent removal, run, computer, whether the computer loses nothing else there) of everything that was armed."""
    for event in events:
        losing = event.data.get("losing")
        for identity, computer in armed_for(event, "urgent"):
            yield identity, event.run, computer, computer not in (losing if isinstance(losing, list) else ())


def armed_for(event: Event, key: str) -> Iterator[tuple[str, str]]:
    """(id, computer) of what an arming maps each computer to under a key; nothing of another event."""
    by_computer = event.data.get(key) if event.kind == "armed" else None
    for computer, ids in by_computer.items() if isinstance(by_computer, dict) else ():
        for identity in ids if isinstance(ids, list) else ():
            yield str(identity), computer


def open_urgent(ledger: Ledger, urgent: UrgentRemoval, *, at: dt.datetime) -> UrgentRemoval:
    """Write down an urgent removal; returns it with the id it was given (``URG-2026-a3f01c-0001``)."""
    with ledger.lock_workspace():
        known = [str(event.data.get("id")) for event in ledger.events() if event.kind == OPENED]
        number = last_number(known, kind=_KIND, year=urgent.opened.year, writer=ledger.writer) + 1
        given = msgspec.structs.replace(urgent, id=paper_id(_KIND, urgent.opened.year, ledger.writer, number))
        ledger.append_events([(OPENED, "", "", msgspec.to_builtins(given))], at=at)
    return given


def _read(event: Event, kind: type[Waiver]) -> Waiver:
    try:
        return msgspec.convert(event.data, kind)
    except msgspec.ValidationError as err:
        raise LedgerError(f"event {event.seq}, {event.kind}: {err}; see: zhengban ledger verify") from err
