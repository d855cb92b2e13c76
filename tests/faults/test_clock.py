# SPDX-License-Identifier: Apache-2.0
"""The clock goes back between two writes, by a second or by years: order comes from the files, never from it.

Source: DESIGN 6.
"""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from tests.unit.ledger.examples import NOW, all_done, make_intent
from zhengban.ledger import Ledger, new_run_id
from zhengban.model.record import Holding

from .soundness import assert_ledger_sound

UNITS = 60
JUMPS = (1, 1, 60, 3600, 86400, 400 * 86400)


def test_clock_that_jumps_back(tmp_path: Path, seed: int) -> None:
    """A unit is settled before it was opened, the next one is of an earlier day: all stands as written."""
    chance = random.Random(f"clock {seed}")
    root = tmp_path / "ledger"
    now = NOW
    runs = []
    for number in range(UNITS):
        # A new process each time, and a crash in between every third time.
        ledger = Ledger(root)
        now += dt.timedelta(seconds=chance.choice(JUMPS) * chance.choice((1, -1)))
        intent = make_intent(run=new_run_id(now), plan=f"{number:064}", at=now)
        runs.append(intent.run)
        with ledger.lock_computer(intent.computer):
            ledger.open_intent(intent)
            now -= dt.timedelta(seconds=chance.choice(JUMPS))
            if number % 3:
                ledger.settle(intent, all_done(intent), at=now)
        for left in Ledger(root).pending():
            again = Ledger(root)
            with again.lock_computer(left.computer):
                again.settle(left, all_done(left), at=now - dt.timedelta(days=1))
        ledger.append_events([("notice", intent.run, intent.computer, {})], at=now)
    ledger = Ledger(root)
    assert_ledger_sound(ledger)
    assert [commit.run for commit in ledger.commits()] == runs
    assert [event.run for event in ledger.events()] == runs
    history = ledger.history(now=now, window_hours=24, armed_dir=tmp_path / "armed")
    # What was settled last holds, whatever its date.
    held = history.holdings["PC-0007", "dpkg:wps-office:amd64"]
    assert isinstance(held, Holding)
    assert held.record.startswith(runs[-1])


def test_lines_torn_in_the_same_second(tmp_path: Path) -> None:
    """A clock that stands still, or comes by the same second again, overwrites no line that was set aside."""
    ledger = Ledger(tmp_path / "ledger")
    for number in range(4):
        intent = make_intent(f"PC-{number}")
        with ledger.lock_computer(intent.computer):
            ledger.open_intent(intent)
            ledger.settle(intent, all_done(intent), at=NOW)
        book = ledger.root / "books" / "COM-0001.yml"
        book.write_bytes(book.read_bytes() + b'- {"torn": %d' % number)
    ledger.append_events([("notice", "", "", {})], at=NOW)
    intent = make_intent("PC-9")
    with ledger.lock_computer(intent.computer):
        ledger.open_intent(intent)
        ledger.settle(intent, all_done(intent), at=NOW)
    aside = sorted(path.read_bytes() for path in ledger.root.glob("books/*.torn-*"))
    assert aside == [b'- {"torn": %d' % number for number in range(4)]
    assert_ledger_sound(ledger)
