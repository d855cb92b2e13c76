# SPDX-License-Identifier: Apache-2.0
"""Writers of the ledger are killed at any instant, several at once and recoveries too; nothing is lost or doubled.

Source: DESIGN 6.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from zhengban.ledger import Ledger

from .conftest import LANES, Report
from .kill import SIGNALS
from .writer import Step, settle_all
from .writing import Writing, assert_all_written, opened, phase_of

# A ledger is kept for some runs, so that a kill also meets what earlier ones left, and then replaced: it grows.
RUNS_OF_A_LEDGER = 10
PHASES = {"event", "opening", "opened", "stated", "recording", "committed"}


@pytest.mark.parametrize("lane", range(LANES))
def test_killed_writers(tmp_path: Path, lane: int, runs: int, seed: int, report: Report) -> None:
    chance = random.Random(f"library {seed} {lane}")
    landed: Counter[str] = Counter()
    begun: list[Step] = []
    ended: list[Step] = []
    for number in range(runs):
        root = tmp_path / str(number // RUNS_OF_A_LEDGER)
        if number % RUNS_OF_A_LEDGER == 0:
            root.mkdir()
            begun, ended = [], []
        writers = [
            Writing(root, f"20261123T093000Z-{number:05x}{letter}", f"PC-{letter}", "1000")
            for letter in "abc"[: chance.choice((1, 2, 3))]
        ]
        _kill(writers, chance, seconds=0.12)
        for writer in writers:
            writer.finish()
            begun += writer.begun
            ended += writer.ended
        phases = [phase_of(root, writer.cut_off) for writer in writers]
        landed.update([*phases, *(["mid-unit kills"] if set(phases) & PHASES else [])])
        runs_there = opened(root)
        try:
            if chance.random() < 0.3:
                recovery = Writing(root, "recover")
                landed["killed recoveries"] += bool(Ledger(root / "ledger").pending())
                _kill([recovery], chance, seconds=0.02)
                recovery.finish()
            settle_all(Ledger(root / "ledger"))
            assert_all_written(root, begun, ended, runs_there)
        except AssertionError as err:
            err.add_note(f"seed {seed}, lane {lane}, run {number} in {root}: {phases}")
            raise
    report("library", runs, landed)
    assert landed["mid-unit kills"] >= runs / 2, landed
    assert landed.keys() >= (PHASES if runs >= 50 else {"opening", "opened", "recording"}), landed


def _kill(writers: list[Writing], chance: random.Random, *, seconds: float) -> None:
    """End each writer at a moment of its own, one after the other."""
    for writer in writers:
        time.sleep(chance.uniform(0, seconds))
        with contextlib.suppress(ProcessLookupError):
            writer.process.send_signal(chance.choice(SIGNALS))
