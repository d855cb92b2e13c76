# SPDX-License-Identifier: Apache-2.0
"""Starting writers, and holding the ledger against what they said."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.conftest import ROOT
from zhengban.ledger import Ledger

from .soundness import assert_ledger_sound
from .writer import EVENT, Step, edited_file, edited_text, intent_of, outcomes_of


class Writing:
    """A writer that is running; see :mod:`tests.faults.writer`. Returns from its making once it is about to begin.

    Args:
        arguments: of the writer, behind the workspace.
        within: a command prefix, such as one that enters a mount namespace.
    """

    def __init__(self, root: Path, *arguments: str, within: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*within, sys.executable, "-m", "tests.faults.writer", str(root), *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]
        self.begun: list[Step] = []
        self.ended: list[Step] = []
        self.complaint = ""

    def finish(self) -> int:
        """Wait for its end, however that comes; afterwards ``begun``, ``ended`` and ``complaint`` are known."""
        assert self.process.stdout is not None and self.process.stderr is not None
        # Not communicate(): it would pass over what readline() has read ahead.
        with self.process.stdout as said, self.process.stderr as complaint:
            lines = said.read().splitlines()
            self.complaint = complaint.read()
        for line in lines:
            word, *step = line.split(" ")
            (self.begun if word == "begin" else self.ended).append(Step(*step))
        return self.process.wait(timeout=60)

    @property
    def cut_off(self) -> Step | None:
        """What it had begun and not ended."""
        return self.begun[-1] if len(self.begun) > len(self.ended) else None


def phase_of(root: Path, step: Step | None) -> str:
    """How far a step got that was cut off, from what is on disk before any recovery."""
    if step is None:
        return "between"
    if step.kind == "event":
        return "event"
    ledger = Ledger(root / "ledger")
    committed = any(commit.run == step.run for commit in ledger.commits())
    if ledger.pending_of(step.computer) is None:
        return "settled" if committed else "opening"
    if committed:
        return "committed"
    if any(booked.record.run == step.run for booked in ledger.all_records()):
        return "recording"
    return "stated" if step.kind == "stated" else "opened"


def opened(root: Path) -> set[str]:
    """The runs that have an intent or a commit line: what must be there in the end."""
    ledger = Ledger(root / "ledger")
    return {intent.run for intent in ledger.pending()} | {commit.run for commit in ledger.commits()}


def assert_all_written(root: Path, begun: Iterable[Step], ended: Iterable[Step], runs: set[str]) -> None:
    """After recovery: every step that ended is there once and whole, every other whole or not at all.

    Args:
        begun, ended: the steps of every writer so far.
        runs: those that were open or committed before recovery (:func:`opened`), which it had to settle.
    """
    ledger = Ledger(root / "ledger")
    assert_ledger_sound(ledger)
    written = Counter(booked.record.id for booked in ledger.all_records())
    committed = {commit.run for commit in ledger.commits()}
    events = Counter(event.run for event in ledger.events() if event.kind == EVENT)
    expected: Counter[str] = Counter()
    ended = set(ended)
    for step in begun:
        if step.kind == "event":
            assert events[step.run] == 2 or (step not in ended and events[step.run] <= 2), step
            continue
        assert (step.run in committed) == (step.run in runs), step
        assert step.run in committed or step not in ended, f"{step}: said to be written, and is lost"
        if step.run in committed:
            expected.update(_records_of(root, step))
    assert written == expected
    assert events.keys() <= {step.run for step in begun}
    _assert_files(root, begun, committed)


def _records_of(root: Path, step: Step) -> list[str]:
    intent = intent_of(root, step)
    done = {outcome.package for outcome in outcomes_of(intent)}
    return [
        booked.record.id
        for change in intent.changes
        if step.kind == "stated" or change.package in done
        for booked in change.records
    ]


def _assert_files(root: Path, begun: Iterable[Step], committed: set[str]) -> None:
    """A file that changes with records holds what the last unit written says."""
    last = {step.computer: step for step in begun if step.kind == "stated" and step.run in committed}
    for computer, step in last.items():
        assert (root / edited_file(computer)).read_text(encoding="utf-8") == edited_text(step)
