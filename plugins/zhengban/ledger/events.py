# SPDX-License-Identifier: Apache-2.0
"""Events: what happened and is not an install or uninstall. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from zhengban.model.record import Event

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
