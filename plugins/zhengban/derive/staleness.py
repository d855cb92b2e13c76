# SPDX-License-Identifier: Apache-2.0
"""Whether forms 7 and 8 have to be made again. Source: DOMAIN L6, L7, C7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from .summary import Summary


def find_overdue(refreshed: dt.date | None, *, today: dt.date, refresh_days: int) -> str:
    """Why the views are too old (L6, L7), or an empty text.

    Args:
        refreshed: the day they were made last, None when they never were.
        refresh_days: how old they may be; half a year is 183.
    """
    if refreshed is None:
        return "forms 7 and 8 were never made from the install records (L6, L7)"
    age = (today - refreshed).days
    if age <= refresh_days:
        return ""
    return f"forms 7 and 8 are of {refreshed}, {age} days old; they are made every {refresh_days} days (L6, L7)"


def find_changes(written: Summary, current: Summary) -> Iterator[str]:
    """What was added or disposed of since a summary was written (L6, C7), a sentence each.

    Software first, new before gone, by number; install counts are the half-yearly refresh's business.
    """
    before = {row.number: row for row in written.software}
    now = {row.number: row for row in current.software}
    for number in sorted(now.keys() - before.keys()):
        yield f"{number} {now[number].name} is new and not in the summary (L6)"
    for number in sorted(before.keys() - now.keys()):
        yield f"{number} {before[number].name} is in the summary and was disposed of or delisted (L6)"
    for kind in ("servers", "desktops", "laptops"):
        old, new = getattr(written.computers, kind), getattr(current.computers, kind)
        if old != new:
            yield f"there are {new} {kind}, the summary has {old} (L6)"
