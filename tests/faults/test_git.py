# SPDX-License-Identifier: Apache-2.0
"""git replaces the files under a writer that is at work.

Whatever git takes is missed before anything else is written; once it is back, the recovery ends what was begun.
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

import pytest

from zhengban.cli.starter import starter_files
from zhengban.ledger import Ledger

from .conftest import Report
from .kill import wait_until
from .soundness import held_locks
from .writer import Step, settle_all
from .writing import Writing, assert_all_written, opened

RUNS = 30
STASHES = 60
# What a writer says that was stopped by git, and what that means.
MESSAGES = {
    "a checkout, a stash or an old copy has taken lines back": "lines missed",
    "replaced by another program while it was written": "file replaced",
    "taken back while a change to it was written": "file of the register taken back",
    "changed by somebody else while a change to it was under way": "file of the register changed",
}
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


class Repository:
    """A workspace whose branch ``main`` has more of the ledger than its branch ``other``, and what was done there."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.begun: list[Step] = []
        self.ended: list[Step] = []
        self.landed: Counter[str] = Counter()
        for name in (".gitignore", ".gitattributes", "inventories/register/people.yml"):
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            (workspace / name).write_text(starter_files("office")[name], encoding="utf-8")
        assert git(workspace, "init", "--quiet", "--initial-branch", "main")
        for number, branch in enumerate(("other", "main")):
            assert self.let_end(self.write(number, "12")) == "nothing"
            commit_all(workspace, f"up to {branch}")
            assert git(workspace, "branch", branch) or branch == "main"

    def write(self, number: int, count: str) -> Writing:
        return Writing(self.workspace, f"20261123T093000Z-{number:06x}", "PC-", count)

    def let_settle(self, writing: Writing, units: int) -> None:
        """Let a writer settle so many units, or end."""
        (path,) = (self.workspace / "ledger" / "runs").glob("*.yml")
        lines = path.read_bytes().count(b"\n") + units
        wait_until(
            lambda: path.read_bytes().count(b"\n") >= lines or writing.process.poll() is not None,
            seconds=60,
            what=f"{units} units were settled",
        )

    def let_end(self, writing: Writing) -> str:
        """Wait for a writer; returns what stopped it."""
        code = writing.finish()
        self.begun += writing.begun
        self.ended += writing.ended
        if code == 0:
            return "nothing"
        reasons = [reason for words, reason in MESSAGES.items() if words in writing.complaint]
        assert reasons, writing.complaint
        return reasons[0]

    def recover(self, message: str) -> None:
        """Settle what is open, and hold the ledger against all that was done so far."""
        runs = opened(self.workspace)
        settle_all(Ledger(self.workspace / "ledger"))
        assert_all_written(self.workspace, self.begun, self.ended, runs)
        commit_all(self.workspace, message)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "workspace")


def test_checkout_of_another_branch_under_a_writer(repository: Repository, seed: int, report: Report) -> None:
    """An older branch takes no change: the writer says so, and back on its own it goes on as if nothing had been."""
    chance = random.Random(f"checkout {seed}")
    workspace, landed = repository.workspace, repository.landed
    for number in range(2, 2 + RUNS):
        writing = repository.write(number, "12")
        repository.let_settle(writing, chance.choice((0, 0, 1)))
        time.sleep(chance.uniform(0, 0.005))
        with Freezing(writing.process.pid):
            # git refuses by itself where this would overwrite lines that are not committed.
            is_away = git(workspace, "checkout", "--quiet", "other")
        stopped_by = repository.let_end(writing)
        landed.update(["switched" if is_away else "refused", stopped_by])
        assert held_locks((workspace / "ledger" / ".locks").glob("*")) == []
        if is_away:
            assert stopped_by != "nothing"
            # What was written here belongs to a change that is still open.
            assert git(workspace, "checkout", "--quiet", "--", ".")
        assert git(workspace, "checkout", "--quiet", "main")
        repository.recover(f"after {number}")
    report("checkout", RUNS, landed)
    assert {"switched", "refused", "lines missed"} <= landed.keys(), landed


@pytest.mark.parametrize("is_popped_at_once", [True, False], ids=["popped at once", "popped later"])
def test_stash_under_a_writer(repository: Repository, seed: int, report: Report, *, is_popped_at_once: bool) -> None:
    """What comes back at once comes back as another file: whoever has the old one open notices. What does not is
    missed by the next change, if not by the one at work.
    """
    name = "stash and pop" if is_popped_at_once else "stash, pop later"
    chance = random.Random(f"{name} {seed}")
    workspace, landed = repository.workspace, repository.landed
    for number in range(2, 2 + STASHES):
        writing = repository.write(number, "16")
        time.sleep(chance.uniform(0, 0.15))
        with Freezing(writing.process.pid):
            git(workspace, "stash")
            # With nothing to stash there is nothing to pop.
            is_stashed = git(workspace, "rev-parse", "--verify", "--quiet", "refs/stash")
            if is_stashed and is_popped_at_once:
                assert git(workspace, "stash", "pop")
        stopped_by = repository.let_end(writing)
        landed.update([f"stopped by {stopped_by}", *(["stashed"] if is_stashed else [])])
        assert held_locks((workspace / "ledger" / ".locks").glob("*")) == []
        if is_stashed and not is_popped_at_once and not git(workspace, "stash", "pop"):
            # The stash came just before a file was replaced: what was written since belongs to a change still open.
            assert stopped_by != "nothing"
            assert git(workspace, "checkout", "--quiet", "--", ".") and git(workspace, "stash", "pop")
            landed["popped over an open change"] += 1
        repository.recover(f"after {number}")
    report(name, STASHES, landed)
    wanted = "stopped by file replaced" if is_popped_at_once else "stopped by lines missed"
    assert landed["stashed"] and landed[wanted], landed
