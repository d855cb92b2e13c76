# SPDX-License-Identifier: Apache-2.0
"""git replaces the files under a writer that is at work.

Source: DESIGN 6, "writers open after locking and compare inodes".
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

from zhengban.ledger import Ledger

from .conftest import Report
from .kill import wait_until
from .soundness import assert_ledger_sound
from .writer import Step, settle_all
from .writing import Writing, assert_all_written, opened

RUNS = 30
# A file is open for a hundredth of the time only.
STASHES = 120
_SETTINGS = ("-c", "user.name=lab", "-c", "user.email=lab@example.org", "-c", "commit.gpgsign=false")


def git(workspace: Path, *arguments: str) -> bool:
    """Run git; False when it refused."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    command = ["git", *_SETTINGS, *arguments]
    return subprocess.run(command, cwd=workspace, env=environment, capture_output=True).returncode == 0


def commit_all(workspace: Path, message: str) -> None:
    assert git(workspace, "add", "--all")
    git(workspace, "commit", "--quiet", "--message", message)


class Freezing:
    """Stops a process and lets it go on: what git does meanwhile happens at one instant of it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __enter__(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)
        state = Path(f"/proc/{self._pid}/stat")
        wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] in "TZ", seconds=10, what="it stopped")

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGCONT)


def made_repository(workspace: Path) -> tuple[Path, list[Step]]:
    """A workspace whose branch ``main`` has more of the ledger than its branch ``other``."""
    people = workspace / "inventories" / "register" / "people.yml"
    people.parent.mkdir(parents=True)
    people.write_text("people: []\n", encoding="utf-8")
    assert git(workspace, "init", "--quiet", "--initial-branch", "main")
    ended: list[Step] = []
    for number, branch in enumerate(("other", "main")):
        writing = Writing(workspace, f"20261123T093000Z-{number:06x}", "PC-", "12")
        assert writing.finish() == 0
        ended += writing.ended
        commit_all(workspace, f"up to {branch}")
        if branch == "other":
            assert git(workspace, "branch", "other")
    return workspace, ended


def units(workspace: Path) -> Counter[str]:
    return Counter(commit.run for commit in Ledger(workspace / "ledger").commits())


def test_checkout_of_another_branch_under_a_writer(tmp_path: Path, seed: int, report: Report) -> None:
    """Each change of a host is on one of the branches, once, and each branch is as it was written."""
    chance = random.Random(f"checkout {seed}")
    landed: Counter[str] = Counter()
    workspace, ended = made_repository(tmp_path / "workspace")
    for number in range(2, 2 + RUNS):
        writing = Writing(workspace, f"20261123T093000Z-{number:06x}", "PC-", "12")
        time.sleep(chance.choice((0.0, 0.0, 0.02)) * chance.random())
        with Freezing(writing.process.pid):
            # git refuses by itself where this would overwrite lines that are not committed.
            landed[
                "switched" if git(workspace, "checkout", "--quiet", chance.choice(("main", "other"))) else "refused"
            ] += 1
        if writing.finish():
            assert "by another program" in writing.complaint or "by somebody else" in writing.complaint
            landed["stopped"] += 1
        ended += writing.ended
        settle_all(Ledger(workspace / "ledger"))
        assert_ledger_sound(Ledger(workspace / "ledger"))
        commit_all(workspace, f"after {number}")
    found: Counter[str] = Counter()
    for branch in ("other", "main"):
        assert git(workspace, "checkout", "--quiet", branch)
        assert_ledger_sound(Ledger(workspace / "ledger"))
        here = units(workspace)
        assert max(here.values()) == 1
        found |= here
    assert {step.run for step in ended if step.kind != "event"} <= found.keys()
    report("checkout", RUNS, landed)
    assert landed["switched"] and landed["refused"], landed


def test_stash_and_back_under_a_writer(tmp_path: Path, seed: int, report: Report) -> None:
    """The files come back as others: whoever has one open at that moment notices, and the next one goes on."""
    chance = random.Random(f"stash {seed}")
    landed: Counter[str] = Counter()
    workspace, ended = made_repository(tmp_path / "workspace")
    begun = list(ended)
    for number in range(2, 2 + STASHES):
        writing = Writing(workspace, f"20261123T093000Z-{number:06x}", "PC-", "16")
        time.sleep(chance.uniform(0, 0.15))
        with Freezing(writing.process.pid):
            # With nothing to stash there is nothing to pop.
            if git(workspace, "stash") and git(workspace, "rev-parse", "--verify", "refs/stash"):
                assert git(workspace, "stash", "pop")
        if writing.finish():
            assert "replaced by another program while it was written" in writing.complaint
            landed["noticed"] += 1
        begun += writing.begun
        ended += writing.ended
        runs = opened(workspace)
        settle_all(Ledger(workspace / "ledger"))
        assert_all_written(workspace, begun, ended, runs)
        commit_all(workspace, f"after {number}")
    report("stash and pop", STASHES, landed)
    assert landed["noticed"], landed
