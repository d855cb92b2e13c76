# SPDX-License-Identifier: Apache-2.0
"""The disk fills up, or becomes read-only, under a writer that is at work. Source: DESIGN 6."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

from zhengban.ledger import Ledger

from .conftest import Report
from .mount import PrivateMount, filled
from .writer import Step
from .writing import Writing, assert_all_written, opened, phase_of

RUNS = 40
RUNS_OF_A_MOUNT = 8
MANY = "100000"
READ_ONLY = "Read-only file system; make the file system writable and run again"
PHASES = {"opening", "opened", "stated", "recording"}


class Kept:
    """A workspace on a mount, and what its writers have said so far."""

    def __init__(self, mount: PrivateMount) -> None:
        self._mount = mount
        self.root = mount.outside / "workspace"
        self.root.mkdir()
        self._begun: list[Step] = []
        self._ended: list[Step] = []
        self._number = 0

    def write(self, *, count: str = MANY) -> Writing:
        self._number += 1
        run = f"20261123T093000Z-{self._number:06x}"
        return Writing(self._mount.inside / "workspace", run, "PC-", count, within=self._mount.within)

    def end(self, writing: Writing, *, code: int) -> str:
        """Wait for the end of a writer; returns the phase it was in."""
        assert writing.finish() == code, writing.complaint
        self._begun += writing.begun
        self._ended += writing.ended
        return phase_of(self.root, writing.cut_off)

    def settle(self) -> None:
        runs = opened(self.root)
        # Inside: what is resolved from outside leads out of the mount.
        recovery = Writing(self._mount.inside / "workspace", "recover", within=self._mount.within)
        assert recovery.finish() == 0, recovery.complaint
        assert_all_written(self.root, self._begun, self._ended, runs)


def test_full_disk_under_a_writer(tmp_path: Path, seed: int, report: Report) -> None:
    """A tmpfs takes whole pages: lines are torn for real, wherever in the order of writing the space ends."""
    chance = random.Random(f"full {seed}")
    landed: Counter[str] = Counter()
    for batch in range(RUNS // RUNS_OF_A_MOUNT):
        with PrivateMount(tmp_path / str(batch), "size=4m,mode=755") as mount:
            kept = Kept(mount)
            kept.end(kept.write(count="5"), code=0)
            for _run in range(RUNS_OF_A_MOUNT):
                with filled(mount, left=chance.randrange(12)):
                    writing = kept.write()
                    landed[kept.end(writing, code=2)] += 1
                    assert "No space left on device; free some space and run again" in writing.complaint
                    assert "Traceback" not in writing.complaint
                    # Trying again while it is still full changes nothing for the worse.
                    landed[f"again: {kept.end(kept.write(), code=2)}"] += 1
                kept.settle()
    report("full disk", RUNS, landed)
    assert landed.keys() >= PHASES, landed


def test_disk_without_inodes(tmp_path: Path) -> None:
    """The intent, and the note on an event, need a new file: without one nothing begins, and nothing is lost."""
    with PrivateMount(tmp_path / "mount", "size=4m,mode=755,nr_inodes=60") as mount:
        kept = Kept(mount)
        kept.end(kept.write(count="5"), code=0)
        fillers = mount.outside / "fillers"
        fillers.mkdir()
        try:
            for number in range(60):
                (fillers / str(number)).touch()
        except OSError:
            writing = kept.write()
            assert kept.end(writing, code=2) in ("opening", "opened", "stated", "event")
            assert "No space left on device; free some space" in writing.complaint
        else:
            raise AssertionError("there were inodes left")
        for path in fillers.iterdir():
            path.unlink()
        kept.settle()
        kept.end(kept.write(count="5"), code=0)
        kept.settle()


def test_read_only_remount_under_a_writer(tmp_path: Path, seed: int, report: Report) -> None:
    chance = random.Random(f"read-only {seed}")
    landed: Counter[str] = Counter()
    for batch in range(RUNS // RUNS_OF_A_MOUNT):
        with PrivateMount(tmp_path / str(batch), "size=16m,mode=755") as mount:
            kept = Kept(mount)
            kept.end(kept.write(count="5"), code=0)
            for _run in range(RUNS_OF_A_MOUNT):
                writing = kept.write()
                time.sleep(chance.uniform(0, 0.03))
                while not mount.remount("ro"):
                    assert writing.process.poll() is None, "the writer ended by itself"
                landed[kept.end(writing, code=2)] += 1
                assert READ_ONLY in writing.complaint, writing.complaint
                assert "Traceback" not in writing.complaint
                # What is there can be read, and is as it was written.
                assert all("was cut short here" in problem.message for problem in Ledger(kept.root / "ledger").verify())
                assert mount.remount("rw")
                kept.settle()
    report("read-only", RUNS, landed)
    assert landed.keys() & {"opened", "recording", "stated"}, landed
