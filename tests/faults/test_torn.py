# SPDX-License-Identifier: Apache-2.0
"""What a power failure can leave of the last thing written, in every kind of file. Source: DESIGN 6."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.unit.ledger.examples import NOW, all_done, carry_out, make_intent
from zhengban.ledger import Ledger
from zhengban.model.errors import LedgerError

from .soundness import assert_ledger_sound
from .writing import Writing, assert_all_written, opened

CUTS = 12
LINES = {"book": "books/COM-0002.yml", "commits": "runs/*.yml", "events": "events/*.yml"}


def last_line(path: Path) -> bytes:
    return path.read_bytes().splitlines(keepends=True)[-1]


@pytest.mark.parametrize("kind", LINES)
def test_unfinished_line(tmp_path: Path, kind: str, seed: int) -> None:
    """The line was never confirmed: it is named, set aside by the next writer, and nothing else is touched."""
    chance = random.Random(f"torn {kind} {seed}")
    begun, ended = [], []
    torn, events = b"", 0
    for number in range(CUTS):
        writing = Writing(tmp_path, f"20261123T093000Z-{number:06x}", "PC-", "16")
        assert writing.finish() == 0
        begun += writing.begun
        ended += writing.ended
        runs = opened(tmp_path)
        if number:
            (noted,) = (
                event.data["set_aside"]
                for event in Ledger(tmp_path / "ledger").events()[events:]
                if event.kind == "torn_line"
            )
            assert (tmp_path / str(noted)).read_bytes() == torn
        assert_all_written(tmp_path, begun, ended, runs)
        (path,) = tmp_path.glob(f"ledger/{LINES[kind]}")
        whole = last_line(path)
        torn = whole[: chance.randrange(1, len(whole) - 2)]
        with path.open("ab") as file:
            file.write(torn)
        events = len(Ledger(tmp_path / "ledger").events())
        (problem,) = Ledger(tmp_path / "ledger").verify()
        assert problem.file == str(path.relative_to(tmp_path))
        assert "a write was cut short here" in problem.message


@pytest.mark.parametrize("kind", LINES)
def test_unfinished_first_lines(tmp_path: Path, kind: str) -> None:
    """Killed while the file was made: its first lines are written anew, at whatever byte they ended."""
    for number in range(1, 40):
        root = tmp_path / str(number) / "ledger"
        carry_out(Ledger(root), make_intent())
        Ledger(root).append_events([("notice", "", "", {})], at=NOW)
        (path,) = root.glob(LINES[kind])
        header = b"".join(path.read_bytes().splitlines(keepends=True)[:2])
        if number >= len(header):
            break
        # As if nothing had been written there yet, nor noted.
        shutil.rmtree(root / ".heads")
        for one in (path, *root.glob("books/*.yml"), *root.glob("runs/*.yml"), *root.glob("events/*.yml")):
            one.unlink(missing_ok=True)
        path.write_bytes(header[:number])
        carry_out(Ledger(root), make_intent())
        Ledger(root).append_events([("notice", "", "", {})], at=NOW)
        assert_ledger_sound(Ledger(root))
        assert path.read_bytes().startswith(header)
    assert number > 10


def zhengban(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zhengban.cli.main", "--workspace", str(workspace), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace of the command with one unit settled and one open."""
    root = tmp_path / "workspace"
    made = zhengban(tmp_path, "init", str(root))
    assert made.returncode == 0, made.stderr
    ledger = Ledger(root / "ledger")
    carry_out(ledger, make_intent("PC-0001"))
    with ledger.lock_computer("PC-0002"):
        ledger.open_intent(make_intent("PC-0002"))
    return root


@pytest.mark.parametrize(
    ("file", "commands", "says"),
    [
        ("ledger/pending/PC-0002.json", ("verify", "recover"), "not an intent"),
        ("ledger/.writer", (), "is not a writer's id of 6 hex digits; remove the file"),
    ],
    ids=["intent", "writer"],
)
def test_half_of_a_small_file(workspace: Path, file: str, commands: tuple[str, ...], says: str) -> None:
    """They are only ever replaced as a whole; half of one (a bad disk) is said, and guessed at by nobody."""
    path = workspace / file
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    books = {book: book.read_bytes() for book in workspace.glob("ledger/books/*.yml")}
    for command in commands:
        done = zhengban(workspace, "ledger", command)
        assert done.returncode in (1, 2)
        assert says in done.stdout + done.stderr
        assert path.name in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    # The computer concerned, and where the writer's name is lost everybody, is refused before its host is touched.
    intent = make_intent("PC-0002", run="20261123T093000Z-ffffff")
    _refused(workspace, lambda ledger: ledger.open_intent(intent), says)
    assert {book: book.read_bytes() for book in workspace.glob("ledger/books/*.yml")} == books
    path.write_bytes(whole)
    ledger = Ledger(workspace / "ledger")
    with ledger.lock_computer("PC-0002"):
        ledger.settle(make_intent("PC-0002"), all_done(make_intent("PC-0002")), at=NOW)
    assert_ledger_sound(ledger)


def _refused(workspace: Path, act: Callable[[Ledger], object], says: str) -> None:
    ledger = Ledger(workspace / "ledger")
    with ledger.lock_computer("PC-0002"), pytest.raises(LedgerError, match=says):
        act(ledger)
