# SPDX-License-Identifier: Apache-2.0
"""Who may work: a busy computer or workspace refuses at once, short waits end."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.unit.ledger.examples import NOW, all_done, carry_out, make_intent
from zhengban.ledger import Ledger
from zhengban.ledger.locks import hold, wait_for
from zhengban.model.errors import Busy, Problem, Refused


def test_busy_computer_refuses_at_once_and_others_are_free(tmp_path: Path) -> None:
    first, second = Ledger(tmp_path / "ledger"), Ledger(tmp_path / "ledger")
    with first.lock_computer("PC-0007"):
        began = time.monotonic()
        with pytest.raises(Busy, match="PC-0007: another run is working"), second.lock_computer("PC-0007"):
            pass
        assert time.monotonic() - began < 1
        with second.lock_computer("PC-0008"):
            pass
    with second.lock_computer("PC-0007"):
        pass


def test_busy_workspace_refuses(tmp_path: Path) -> None:
    first, second = Ledger(tmp_path / "ledger"), Ledger(tmp_path / "ledger")
    with first.lock_workspace(), pytest.raises(Busy, match="arming"), second.lock_workspace():
        pass
    with second.lock_workspace():
        pass


def test_waiting_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path, busy=""), pytest.raises(Busy, match=r"locked for 0\.05 s"), wait_for(path, seconds=0.05):
        pass
    with wait_for(path, seconds=0):
        pass


def test_lock_file_that_was_removed_locks_nobody_out_for_ever(tmp_path: Path) -> None:
    """``git clean -x`` removes ignored files: the next process must lock the file that is there now."""
    path = tmp_path / "lock"
    with hold(path, busy=""):
        path.unlink()
        with hold(path, busy="held"), pytest.raises(Busy, match="held"), hold(path, busy="held"):
            pass


def test_verify_waits_for_a_writer(tmp_path: Path) -> None:
    """Else it could read a book before and the commit lines after somebody else's settling."""
    ledger = Ledger(tmp_path / "ledger")
    carry_out(ledger, make_intent())
    problems: list[tuple[Problem, ...]] = []
    reader = threading.Thread(target=lambda: problems.append(ledger.verify()))
    with hold(tmp_path / "ledger" / ".locks" / "writer", busy=""):
        reader.start()
        reader.join(timeout=0.2)
        assert problems == []
    reader.join()
    assert problems == [()]


def test_intents_need_the_lock_of_their_computer(tmp_path: Path) -> None:
    ledger, intent = Ledger(tmp_path / "ledger"), make_intent()
    with pytest.raises(ValueError, match="lock_computer"):
        ledger.open_intent(intent)
    with pytest.raises(ValueError, match="lock_computer"):
        ledger.settle(intent, all_done(intent), at=NOW)
    assert not (tmp_path / "ledger").exists()


def test_second_intent_of_a_computer_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with ledger.lock_computer("PC-0007"):
        ledger.open_intent(make_intent())
        with pytest.raises(Refused, match="not settled yet; settle it first"):
            ledger.open_intent(make_intent(run="20261124T000000Z-000001"))
    assert ledger.pending() == (make_intent(),)
