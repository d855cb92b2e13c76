# SPDX-License-Identifier: Apache-2.0
"""Appending events; an unfinished line that is set aside is itself one. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from zhengban.model.record import Event

from .chain import Chain
from .events import events_of


def append_events(chain: Chain[Event], writer: str, events: Sequence[Event], *, at: dt.datetime) -> None:
    """Append events, in order; none touch nothing. The caller holds the writer lock."""
    if events:
        note_torn(chain, writer, [chain.append(writer, events, at=at)], at=at)


def note_torn(chain: Chain[Event], writer: str, names: Iterable[str], *, at: dt.datetime) -> None:
    """Tell which files unfinished lines were set aside to, skipping empty names. The caller holds the writer lock."""
    rows = [("torn_line", "", "", {"set_aside": name}) for name in names if name]
    append_events(chain, writer, events_of(rows, at=at), at=at)
