# SPDX-License-Identifier: Apache-2.0
"""Commands that write are killed at any instant; recovered, the workspace is as before or as after, never between.

Source: DESIGN 6, 8.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.lab.workspace import copy_example
from zhengban.ledger import Ledger
from zhengban.ledger.requests import NOTED

from .commands import COMMANDS
from .conftest import LANES, Report
from .kill import SIGNALS
from .soundness import assert_ledger_sound

State = tuple[dict[str, str], Counter[tuple[str, ...]]]


def zhengban(workspace: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "zhengban.cli.main", "--workspace", str(workspace), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(workspace: Path, *arguments: str) -> None:
    process = zhengban(workspace, *arguments)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said


def state_of(workspace: Path) -> State:
    """What people decided, and the ledger, events too, without what differs from run to run."""
    files = {
        str(path.relative_to(workspace)): path.read_text(encoding="utf-8")
        for folder in ("inventories/register", "policies")
        for path in sorted((workspace / folder).rglob("*.yml"))
    }
    ledger = Ledger(workspace / "ledger")
    records = Counter(
        (item.book, item.record.action, item.record.computer, item.record.package, item.record.version,
         str(item.record.quantity), item.record.cause, item.record.user_id, item.record.evidence)
        for item in ledger.all_records()
    )  # fmt: skip
    papers = Counter(
        (folder, "line")
        for folder in ("requests", "confirmations")
        for path in workspace.glob(f"ledger/{folder}/*.yml")
        for line in path.read_bytes().splitlines()
        if line.startswith(b"- ")
    )
    # A note on a line of a request is no news: the next decision makes it where a kill has kept it back.
    told = Counter(
        ("event", event.kind, event.computer) for event in ledger.events() if event.kind not in ("torn_line", NOTED)
    )
    return files, records + papers + told


def stamps(workspace: Path) -> list[int]:
    """What changes when a command begins to write or to lock."""
    folders = (workspace / "ledger" / name for name in ("", ".locks", "pending", "books", "runs", "events"))
    return [folder.stat().st_mtime_ns for folder in folders if folder.exists()]


def follow(process: subprocess.Popen[str], workspace: Path, *, upto: int = 10**6) -> int:
    """Watch a command until the sign of that number, or its end; returns how many signs there were.

    Between two looks several things may have changed, which is one sign.
    """
    known, signs = stamps(workspace), 0
    while signs < upto and process.poll() is None:
        now = stamps(workspace)
        signs += now != known
        known = now
    return signs


def count_signs(workspace: Path, *arguments: str) -> int:
    """Run a command to its end; returns how many signs of it there were."""
    process = zhengban(workspace, *arguments)
    signs = follow(process, workspace)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return signs


def kill_at_work(workspace: Path, arguments: tuple[str, ...], chance: random.Random, *, signs: int) -> str:
    """Start a command and kill it shortly after one of the signs of it; returns what it was at."""
    process = zhengban(workspace, *arguments)
    follow(process, workspace, upto=chance.randint(1, signs))
    time.sleep(chance.choice((0.0, 0.004)) * chance.random())
    is_alive = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(chance.choice(SIGNALS))
    said, _ = process.communicate(timeout=60)
    assert is_alive or process.returncode == 0, said
    return "at work" if is_alive else "ended"


@pytest.mark.parametrize("lane", range(LANES))
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_commands(tmp_path: Path, name: str, lane: int, runs: int, seed: int, report: Report) -> None:
    chance = random.Random(f"cli {name} {seed} {lane}")
    command = COMMANDS[name]
    landed: Counter[str] = Counter()
    prepared = copy_example(tmp_path / "prepared")
    command.prepare(prepared)
    before = state_of(prepared)
    undisturbed = Path(shutil.copytree(prepared, tmp_path / "undisturbed"))
    signs = count_signs(undisturbed, *command.arguments)
    after = state_of(undisturbed)
    assert after != before, "the command changes nothing: it cannot be caught half way"
    share = -(-runs // len(COMMANDS))
    for number in range(share):
        workspace = Path(shutil.copytree(prepared, tmp_path / str(number)))
        was = kill_at_work(workspace, command.arguments, chance, signs=signs)
        landed[was] += 1
        landed["half way"] += state_of(workspace) not in (before, after)
        try:
            run(workspace, "ledger", "recover")
            recovered = state_of(workspace)
            assert not command.is_one_unit or recovered in (before, after), "neither as before nor as after"
            if recovered != after:
                run(workspace, *command.arguments)
            assert state_of(workspace) == after
            assert_ledger_sound(Ledger(workspace / "ledger"))
        except AssertionError as err:
            err.add_note(f"seed {seed}, lane {lane}, run {number} of {name} in {workspace}: {was}")
            raise
        shutil.rmtree(workspace)
    report("commands", share, landed)
    assert landed["at work"] >= share / 2, landed
