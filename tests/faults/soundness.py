# SPDX-License-Identifier: Apache-2.0
"""What must hold when everybody is gone and everything is settled: books = hosts, and nobody holds a lock."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path

from zhengban.ledger import Ledger
from zhengban.run.workspace import Workspace

from .office import SEATS, Fleet


def held_locks(paths: Iterable[Path]) -> list[Path]:
    """The lock files somebody holds now."""
    held = []
    for path in paths:
        try:
            fd = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.append(path)
        finally:
            os.close(fd)
    return held


def assert_ledger_sound(ledger: Ledger) -> None:
    """Nothing open, nothing altered, no record and no unit twice, nobody at work."""
    assert ledger.pending() == ()
    assert [str(problem) for problem in ledger.verify()] == []
    ids = [booked.record.id for booked in ledger.all_records()]
    assert len(set(ids)) == len(ids), "a record is there twice"
    units = [(commit.run, commit.computer, commit.plan) for commit in ledger.commits()]
    assert len(set(units)) == len(units), "a unit was settled twice"
    assert held_locks((ledger.root / ".locks").glob("*")) == []


def assert_books_equal_hosts(fleet: Fleet) -> None:
    """Every package of ours on a host is held in the books in that version, every record happened, seats fit."""
    ledger = fleet.ledger
    assert_ledger_sound(ledger)
    assert held_locks(fleet.lock_files()) == []
    packages = fleet.packages()
    assert _replayed(ledger) == packages
    for number in fleet.hosts:
        assert _recorded(ledger, number) == _reported(fleet, number)
    _assert_seats(fleet, packages)


def _replayed(ledger: Ledger) -> dict[tuple[str, str], str]:
    """What the books say is installed, from their records in the order they were settled."""
    records = {booked.record.id: booked.record for booked in ledger.all_records()}
    state: dict[tuple[str, str], str] = {}
    for commit in ledger.commits():
        for identity, _book, _hash in commit.records:
            record = records.pop(identity)
            place = (record.computer, record.package.split(":")[1])
            if record.action == "uninstall":
                assert state.pop(place, None) == record.version, f"{identity}: left, and was not there"
            else:
                assert place not in state, f"{identity}: came twice"
                state[place] = record.version
    assert records == {}
    return state


def _recorded(ledger: Ledger, number: str) -> dict[str, set[str]]:
    """The packages each intent of a computer has records of, as their own records say it."""
    there: dict[str, set[str]] = {}
    for booked in ledger.all_records():
        record = booked.record
        if record.computer == number:
            there.setdefault(record.id.rpartition("/")[0], set()).add(record.package)
    return there


def _reported(fleet: Fleet, number: str) -> dict[str, set[str]]:
    """The packages each intent of a computer has changed, as its host's journal says it."""
    done: dict[str, set[str]] = {}
    for line in fleet.journal(number).splitlines():
        entry = json.loads(line)
        if entry["state"] == "done":
            done[entry["intent"]] = {one["package"] for one in entry["outcomes"] if one["state"] == "done"}
    return done


def _assert_seats(fleet: Fleet, packages: dict[tuple[str, str], str]) -> None:
    now = dt.datetime.now(dt.UTC)
    workspace = Workspace(fleet.root)
    history = workspace.history(now)
    held = {
        (holding.number, computer)
        for (computer, _package), holding in history.holdings.items()
        if holding.quantity and holding.number in SEATS
    }
    there = {
        (number, computer)
        for computer, name in packages
        for number, product in zip(SEATS, ("draw-2019", "draw-2023"), strict=True)
        if name == product
    }
    assert held == there
    # A run that was cut off before a computer's turn keeps its seat there until the arming expires, no longer.
    armed = (json.loads(path.read_bytes()) for path in workspace.armed_dir.glob("*.json"))
    settled = {(commit.run, commit.computer) for commit in fleet.ledger.commits()}
    waiting = {
        (number, computer)
        for run in armed
        for number, computer in run["seats"]
        if (run["run"], computer) not in settled
    }
    assert history.reserved <= waiting
