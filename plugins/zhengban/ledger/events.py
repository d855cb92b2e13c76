# SPDX-License-Identifier: Apache-2.0
"""Events: what happened and is not an install or uninstall. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from zhengban.model.record import Event, Intent, PlannedEvent

# PyYAML gives up on a key longer than 1024 characters, escapes included.
_KEY_LIMIT = 128
_SAFE_INTEGER = 2**53 - 1

EventRow = tuple[str, str, str, Mapping[str, object]]


def events_of(rows: Iterable[EventRow], *, at: dt.datetime) -> tuple[Event, ...]:
    """Make events of (kind, run, computer, data) rows, in order, not yet numbered.

    Data become what every reader reads alike: text, safe integers, booleans, null, lists and maps; days and
    moments become text.

    Raises:
        ValueError: a value none of these can stand for (a fraction, a huge integer, a long key): the caller
            is wrong.
    """
    return tuple(_event(kind, run, computer, data, at) for kind, run, computer, data in rows)


def rows_of(intent: Intent, more: Iterable[PlannedEvent] = ()) -> tuple[EventRow, ...]:
    """The events that are told with an intent as rows of :func:`events_of`, those of the intent first."""
    return tuple((event.kind, intent.run, event.computer, event.data) for event in (*intent.events, *more))


def find_untold(events: Iterable[Event], there: Iterable[Event]) -> tuple[Event, ...]:
    """Those events that an earlier settling, which was cut off, has not written; each that is there stands for one."""
    told = [_content(event) for event in there]
    untold = []
    for event in events:
        if _content(event) in told:
            told.remove(_content(event))
        else:
            untold.append(event)
    return tuple(untold)


def _content(event: Event) -> EventRow:
    return (event.kind, event.run, event.computer, event.data)


def _event(kind: str, run: str, computer: str, data: Mapping[str, object], at: dt.datetime) -> Event:
    plain = msgspec.to_builtins(dict(data))
    _check(plain, f"event {kind!r}: data")
    return Event(seq=0, prev="", at=at, kind=kind, run=run, computer=computer, data=plain)


def _check(value: object, place: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or len(key) > _KEY_LIMIT:
                raise ValueError(f"{place}: the key {key!r} is not a text of at most {_KEY_LIMIT} characters")
            _check(item, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _check(item, f"{place}[{number}]")
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > _SAFE_INTEGER):
        raise ValueError(f"{place}: {value!r} is not a safe integer; write it as text")
