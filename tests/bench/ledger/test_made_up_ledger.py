# SPDX-License-Identifier: Apache-2.0
"""A benchmark on a ledger that nobody could have written, or of another result, would say nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.ledger.test_standing import rows_of
from zhengban.ledger import Ledger
from zhengban.ledger.holdings import by_book, fold_holdings
from zhengban.ledger.snapshot import Store
from zhengban.ledger.standing import read_standing

from .office import BOOKS, Office


def test_the_made_up_ledger_is_sound_and_read_alike_fast_and_slow(tmp_path: Path) -> None:
    root = tmp_path / "ledger"
    Office(2_000).write(root)
    ledger = Ledger(root)
    snapshot = ledger.snapshot()
    booked = snapshot.booked()
    assert ledger.verify() == ()
    assert (len(booked), len(ledger.books())) == (2_000, BOOKS)
    assert {booked.record.action for booked in booked} == {"install", "uninstall"}
    order = {record[0]: place for place, commit in enumerate(snapshot.ordered_commits()) for record in commit.records}
    slow = fold_holdings(booked, order)
    assert len(slow) > 500
    assert rows_of(read_standing(Store(root))) == rows_of(by_book(slow))
    assert ledger.recall().holdings == slow


def test_the_benchmark_runs(repo_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHENGBAN_BENCH_RECORDS", "2000")
    answer = subprocess.run(
        [sys.executable, "-m", "tests.bench.ledger"], cwd=repo_root, capture_output=True, text=True, timeout=120
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert re.search(r"2,000 records: load .* derive forms 7 and 8", answer.stdout)
    assert re.search(
        r"PyYAML's C loader: .* times as long for the files that were loaded, .* times for the books alone",
        answer.stdout,
    )
