# SPDX-License-Identifier: Apache-2.0
"""What a lost connection, a kill or a second order meets: signals, the lock, the journal."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.unit.host.orders import AFTER, MARKS, SIMULATED, Computer
from tests.unit.host.systems import Script
from zhengban.host.journal import Journal, JournalError
from zhengban.host.lock import Lock

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an order is for root, and the tests of refusals are not")


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_lost_connection_does_not_stop_it(computer: Computer, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    script = Script(*SIMULATED, computer.apt(*AFTER, check=lambda: os.kill(os.getpid(), number)), MARKS)
    assert computer.apply(script)["state"] == "done"
    assert signal.getsignal(number) is before


def test_a_torn_journal_line_is_ignored(computer: Computer) -> None:
    computer.state.mkdir()
    (computer.state / "journal.jsonl").write_text('{"intent": "run/PC-1", "state": "star')
    assert computer.apply(Script(*SIMULATED, computer.apt(*AFTER), MARKS))["state"] == "done"


def test_a_journal_that_cannot_be_believed_refuses(computer: Computer) -> None:
    computer.state.mkdir()
    (computer.state / "journal.jsonl").write_text("garbage\n")
    assert "journal.jsonl:1" in computer.apply(Script())["reason"]
    with pytest.raises(JournalError):
        computer.settle()


def test_a_running_transaction_refuses_others_and_makes_recovery_wait(computer: Computer) -> None:
    with Lock(str(computer.state)):
        result = computer.apply(Script())
        assert (result["state"], result["facts"]) == ("refused", None)
        assert "another transaction is running" in result["reason"]
        assert computer.settle(wait_seconds=0.3) == {"state": "busy"}


def test_the_lock_outlives_its_holder_in_a_child(computer: Computer) -> None:
    """apt goes on when the module that started it is killed; it holds the lock until it is done."""
    with Lock(str(computer.state)) as lock:
        inherited = os.dup(lock.descriptor)
    assert computer.settle() == {"state": "busy"}
    os.close(inherited)
    assert computer.settle()["state"] == "never"


def test_what_was_settled_as_never_is_refused_when_it_comes_late(computer: Computer) -> None:
    assert computer.settle()["state"] == "never"
    assert computer.settle()["state"] == "never"
    assert "in this host's journal as 'settled'" in computer.apply(Script())["reason"]
    assert len((computer.state / "journal.jsonl").read_text().splitlines()) == 1


def test_the_state_directory_is_roots_alone(computer: Computer) -> None:
    computer.state.mkdir(mode=0o777)
    computer.settle()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (computer.state, *computer.state.iterdir())}
    assert modes == {"state": 0o700, "lock": 0o600, "journal.jsonl": 0o600}
    os.chown(computer.state, 1, 1)
    assert "must belong to 0" in computer.apply(Script())["reason"]


def test_the_journal_says_what_an_order_left(computer: Computer) -> None:
    """The beacon of a minion compares with it: what an order of ours has changed is no news."""
    facts = computer.apply(Script(*SIMULATED, computer.apt(*AFTER), MARKS))["facts"]
    assert Journal(str(computer.state)).last_done()["digest"] == facts["digest"]
