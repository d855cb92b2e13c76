# SPDX-License-Identifier: Apache-2.0
"""What the ledger knows, with what follows from it."""

from __future__ import annotations

import datetime as dt

from zhengban.model.record import History, Holding

DAY = dt.date(2026, 11, 23)


def test_other_days_of_detection_share_all_that_follows_from_the_rest() -> None:
    """``policy impact`` asks for others for each computer: what is on record on all of them was sorted anew each time,
    and 2,000 computers took three minutes.
    """
    holding = Holding(number="COM-0001", version="1", quantity=1)
    history = History(holdings={("PC-0001", "dpkg:a:amd64"): holding})
    first, second = (history.with_first_seen({("PC-0001", "unlisted", package): DAY}) for package in "ab")
    assert first.first_seen.keys() != second.first_seen.keys()
    assert first.held_on is second.held_on is history.held_on
    assert first.worked_out is second.worked_out is history.worked_out
    assert first.holders == {"COM-0001": ("PC-0001",)}
