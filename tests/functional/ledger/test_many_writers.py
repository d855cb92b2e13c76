# SPDX-License-Identifier: Apache-2.0
"""Many processes, one ledger: no record lost or doubled, every book loads with plain YAML tools."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from tests.unit.ledger.examples import (
    NOW,
    RUN,
    assert_settled,
    carry_out,
    make_record,
    read_as_yaml,
)
from zhengban.ledger import Ledger, intent_id, record_id
from zhengban.model.record import BookedRecord, Change, Intent

pytestmark = pytest.mark.slow

WRITERS = 1000
AT_ONCE = 8
RECORDS = 20
BOOKS = 50


def intents_of(writer: int) -> tuple[Intent, Intent]:
    """Two units of one computer, ten records each, each record in another book."""
    computer = f"PC-{writer:04}"
    intents = []
    for unit in range(2):
        run = f"{RUN[:-1]}{unit}"
        intent = intent_id(run, computer)
        changes = []
        for index in range(RECORDS // 2):
            number = unit * RECORDS // 2 + index
            package = f"dpkg:软件{number}:amd64"
            record = make_record(record_id(intent, index), "install", package, "1.0")
            booked = BookedRecord(book=f"COM-{(writer * 7 + number) % BOOKS:04}", record=record)
            changes.append(Change(package=package, kind="install", new="1.0", records=(booked,)))
        intents.append(Intent(id=intent, run=run, computer=computer, plan="p" * 64, at=NOW, changes=tuple(changes)))
    return intents[0], intents[1]


def write(root: Path, writer: int) -> None:
    """What one process does."""
    ledger = Ledger(root)
    for intent in intents_of(writer):
        carry_out(ledger, intent)
        ledger.append_events([("notice", intent.run, intent.computer, {"writer": writer})], at=NOW)


def fork_writers(root: Path) -> int:
    """Run every writer in a process of its own, some at once; returns how many failed."""
    failed = 0
    running: set[int] = set()
    for writer in range(WRITERS):
        if len(running) == AT_ONCE:
            failed += _await_one(running)
        child = os.fork()
        if child == 0:
            try:
                write(root, writer)
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        running.add(child)
    while running:
        failed += _await_one(running)
    return failed


def _await_one(running: set[int]) -> bool:
    child, status = os.wait()
    running.remove(child)
    return status != 0


def test_a_thousand_writers_of_twenty_records_over_fifty_books(tmp_path: Path, repo_root: Path) -> None:
    root = tmp_path / "ledger"
    # Forked from a process of its own: pytest's has threads.
    writers = subprocess.Popen(
        [sys.executable, "-m", __name__, str(root)],
        cwd=repo_root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(repo_root), *sys.path])},
    )
    reads = 0
    while writers.poll() is None:
        # A reader among the writers never sees anything amiss.
        assert Ledger(root).verify() == ()
        reads += 1
        try:
            writers.wait(timeout=2)
        except subprocess.TimeoutExpired:
            continue
    assert writers.returncode == 0
    assert reads > 1
    assert_settled(root, *(intent for writer in range(WRITERS) for intent in intents_of(writer)))
    assert len(Ledger(root).books()) == BOOKS
    assert len(Ledger(root).all_records()) == WRITERS * RECORDS
    assert len(Ledger(root).events()) == WRITERS * 2
    assert len(list((root / "runs").iterdir())) == 1
    # Every YAML reader sees the same; one book is enough of the slow ones.
    document = read_as_yaml(root / "books" / "COM-0007.yml")
    assert isinstance(document, dict)
    assert len({row["id"] for row in document["records"]}) == len(document["records"]) == WRITERS * RECORDS // BOOKS


if __name__ == "__main__":
    sys.exit(min(fork_writers(Path(sys.argv[1])), 1))
