# SPDX-License-Identifier: Apache-2.0
"""Killed at any instant: nothing is lost and nothing doubled. Source: DESIGN, "no record, no change"."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.ledger.examples import NOW, all_done, assert_settled, carry_out, make_intent, recover
from zhengban.ledger import Ledger
from zhengban.model.errors import LedgerError

STEPS = ("write", "fsync", "rename", "unlink", "ftruncate")
MAX_STEPS = 60


class Crash(BaseException):
    """The process ends here: no handler of ours may run on it."""


class Interrupted:
    """Counts the calls that change the disk and breaks off at the n-th: before it, after it, or half way through it."""

    def __init__(self, stop_at: int, how: str, error: Callable[[], BaseException] = Crash) -> None:
        self.stop_at, self.how, self.error = stop_at, how, error
        self.count = 0

    def wrap(self, call: Callable[..., object]) -> Callable[..., object]:
        def interrupted(*args: object, **kwargs: object) -> object:
            self.count += 1
            if self.count != self.stop_at:
                return call(*args, **kwargs)
            if self.how == "after":
                call(*args, **kwargs)
            elif self.how == "half" and call.__name__ == "write":
                data = args[1]
                call(args[0], data[: len(data) // 2])  # type: ignore[index, arg-type]
            raise self.error()

        return interrupted


@contextmanager
def interrupted(stop: Interrupted) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, stop.wrap(getattr(os, name)))
        yield


def breaks_off(stop: Interrupted, act: Callable[[], object]) -> bool:
    """Whether the act was interrupted before its end."""
    try:
        with interrupted(stop):
            act()
    except Crash:
        return True
    return False


def settle_all(root: Path, *, open_first: bool = False) -> None:
    intent = make_intent()
    ledger = Ledger(root)
    with ledger.lock_computer(intent.computer):
        if open_first:
            ledger.open_intent(intent)
        ledger.settle(intent, all_done(intent), at=NOW)


@pytest.fixture(params=[False, True], ids=["new books", "books in use"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], tuple[Path, list[object]]]:
    """Makes a fresh ledger, empty or with another computer's change in the same books."""

    def make(number: int) -> tuple[Path, list[object]]:
        root = tmp_path / str(number) / "ledger"
        root.parent.mkdir()
        before: list[object] = []
        if request.param:
            before.append(make_intent("PC-0001"))
            carry_out(Ledger(root), make_intent("PC-0001"))
        return root, before

    return make


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_crash_at_every_step_of_settling(start: Callable[[int], tuple[Path, list[object]]], how: str) -> None:
    for step in range(1, MAX_STEPS):
        root, before = start(step)
        ledger, intent = Ledger(root), make_intent()
        with ledger.lock_computer(intent.computer):
            ledger.open_intent(intent)
            crashed = breaks_off(Interrupted(step, how), lambda: ledger.settle(intent, all_done(intent), at=NOW))  # noqa: B023
        if intent.computer not in {commit.computer for commit in Ledger(root).commits()}:
            assert Ledger(root).pending() == (intent,)
        recover(root)
        assert_settled(root, *before, intent)  # type: ignore[arg-type]
        if not crashed:
            break
    # Four books, the commit line and the intent: a write and a flush each, at the least.
    assert 10 < step < MAX_STEPS - 1


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_crash_while_recovering_from_a_crash(tmp_path: Path, how: str) -> None:
    for first in (1, 4, 7, 10):
        for second in range(1, MAX_STEPS):
            root = tmp_path / f"{first}-{second}" / "ledger"
            root.parent.mkdir()
            ledger, intent = Ledger(root), make_intent()
            with ledger.lock_computer(intent.computer):
                ledger.open_intent(intent)
                assert breaks_off(Interrupted(first, how), lambda: ledger.settle(intent, all_done(intent), at=NOW))  # noqa: B023
            crashed = breaks_off(Interrupted(second, how), lambda: recover(root))  # noqa: B023
            recover(root)
            assert_settled(root, intent)
            if not crashed:
                break
        assert second < MAX_STEPS - 1


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_crash_at_every_step_of_opening(tmp_path: Path, how: str) -> None:
    """An intent is there whole or not at all, and the next try finds nothing in its way but a whole intent."""
    for step in range(1, MAX_STEPS):
        root = tmp_path / str(step) / "ledger"
        root.parent.mkdir()
        ledger, intent = Ledger(root), make_intent()
        with ledger.lock_computer(intent.computer):
            crashed = breaks_off(Interrupted(step, how), lambda: ledger.open_intent(intent))  # noqa: B023
        assert Ledger(root).pending() in ((), (intent,))
        if Ledger(root).pending():
            recover(root)
        else:
            settle_all(root, open_first=True)
        assert_settled(root, intent)
        if not crashed:
            break
    assert 3 < step < MAX_STEPS - 1


def _no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_at_every_step_is_a_ledger_error_and_loses_nothing(
    start: Callable[[int], tuple[Path, list[object]]],
) -> None:
    for step in range(1, MAX_STEPS):
        root, before = start(step)
        ledger, intent = Ledger(root), make_intent()
        with ledger.lock_computer(intent.computer):
            ledger.open_intent(intent)
            stop = Interrupted(step, "half", _no_space)
            try:
                with interrupted(stop):
                    ledger.settle(intent, all_done(intent), at=NOW)
            except LedgerError as err:
                assert "No space left" in str(err)
                # The same process tries again once there is space.
                ledger.settle(intent, all_done(intent), at=NOW)
        assert_settled(root, *before, intent)  # type: ignore[arg-type]
        if stop.count < step:
            break
    assert 10 < step < MAX_STEPS - 1


def test_read_only_ledger_is_a_ledger_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Injected: a test run as root could write to a folder without the right to."""
    root = tmp_path / "ledger"
    ledger, intent = Ledger(root), make_intent()
    real_open = os.open

    def read_only(path: object, flags: int, *args: object, **kwargs: object) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real_open(path, flags, *args, **kwargs)  # type: ignore[arg-type]

    with ledger.lock_computer(intent.computer):
        ledger.open_intent(intent)
        monkeypatch.setattr(os, "open", read_only)
        with pytest.raises(LedgerError, match="Read-only file system; make the file system writable"):
            ledger.settle(intent, all_done(intent), at=NOW)
        assert ledger.pending() == (intent,)
        assert ledger.verify() == ()
        monkeypatch.undo()
        ledger.settle(intent, all_done(intent), at=NOW)
    assert_settled(root, intent)


def test_half_a_unit_is_completed_whatever_the_host_says_now(tmp_path: Path) -> None:
    """The settling that wrote the old book had verified the upgrade: the new book gets its record too (L4)."""
    root = tmp_path / "ledger"
    ledger, intent = Ledger(root), make_intent()
    with ledger.lock_computer(intent.computer):
        ledger.open_intent(intent)
        # The first book's line and its flush.
        assert breaks_off(Interrupted(2, "after"), lambda: ledger.settle(intent, all_done(intent), at=NOW))
    assert ledger.books() == ("COM-0001",)
    again = Ledger(root)
    with again.lock_computer(intent.computer):
        booked = again.settle(intent, (), at=NOW)
    assert [(item.book, item.record.action) for item in booked] == [("COM-0001", "uninstall"), ("COM-0002", "install")]
    assert again.verify() == ()


def test_what_is_committed_stands_whatever_the_host_says_now(tmp_path: Path) -> None:
    """Killed between commit line and unlink: a record added now would have no commit line of its own."""
    root = tmp_path / "ledger"
    ledger, intent = Ledger(root), make_intent()
    partly = all_done(intent)[1:3]
    with ledger.lock_computer(intent.computer):
        ledger.open_intent(intent)
        ledger.settle(intent, partly, at=NOW)
        # The unlink that did not happen.
        ledger.open_intent(intent)
    again = Ledger(root)
    with again.lock_computer(intent.computer):
        booked = again.settle(intent, all_done(intent), at=NOW)
    assert [item.book for item in booked] == ["UNLISTED", "UNLISTED"]
    assert len(again.commits()) == 1
    assert again.verify() == ()


def test_torn_line_is_kept_and_noted(tmp_path: Path) -> None:
    root = tmp_path / "ledger"
    carry_out(Ledger(root), make_intent("PC-0001"))
    book = root / "books" / "COM-0001.yml"
    whole = book.read_bytes()
    book.write_bytes(whole + b'- {"id": "2026')
    ledger = Ledger(root)
    assert [(problem.file, problem.line) for problem in ledger.verify()] == [("ledger/books/COM-0001.yml", 4)]
    assert len(ledger.records("COM-0001")) == 1
    carry_out(ledger, make_intent("PC-0002"))
    assert book.read_bytes().startswith(whole + b'- {"id": "20261123T093000Z-a3f0c1/PC-0002/0"')
    (note,) = ledger.events()
    assert note.kind == "torn_line"
    assert (root.parent / str(note.data["set_aside"])).read_bytes() == b'- {"id": "2026'
    assert_settled(root, make_intent("PC-0001"), make_intent("PC-0002"))


def test_torn_events_file_notes_itself(tmp_path: Path) -> None:
    root = tmp_path / "ledger"
    ledger = Ledger(root)
    ledger.append_events([("notice", "", "", {"n": 1})], at=NOW)
    path = root / "events" / f"{ledger.writer}.yml"
    path.write_bytes(path.read_bytes() + b"- {")
    ledger.append_events([("notice", "", "", {"n": 2})], at=NOW)
    assert [(event.seq, event.kind) for event in ledger.events()] == [(1, "notice"), (2, "notice"), (3, "torn_line")]
    assert ledger.verify() == ()


def test_commit_line_that_lacks_only_its_newline_is_not_repeated(tmp_path: Path) -> None:
    root = tmp_path / "ledger"
    ledger, intent = Ledger(root), make_intent()
    carry_out(ledger, intent)
    path = root / "runs" / f"{ledger.writer}.yml"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert [problem.line for problem in ledger.verify()] == [3]
    with ledger.lock_computer(intent.computer):
        ledger.settle(intent, all_done(intent), at=NOW)
    assert path.read_bytes() == whole
    assert_settled(root, intent)


def test_line_follows_one_that_lacks_only_its_newline(tmp_path: Path) -> None:
    """It once got the number of that line, which was not looked at: verify called both repeated for ever after."""
    root = tmp_path / "ledger"
    carry_out(Ledger(root), make_intent("PC-0001"))
    Ledger(root).append_events([("notice", "", "", {})], at=NOW)
    for path in (*root.glob("runs/*.yml"), *root.glob("events/*.yml")):
        path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    carry_out(Ledger(root), make_intent("PC-0002"))
    Ledger(root).append_events([("notice", "", "", {}), ("notice", "", "", {})], at=NOW)
    assert [commit.seq for commit in Ledger(root).commits()] == [1, 2]
    assert [event.seq for event in Ledger(root).events()] == [1, 2, 3]
    assert_settled(root, make_intent("PC-0001"), make_intent("PC-0002"))


WORKER = """
import sys
from pathlib import Path
from tests.unit.ledger.examples import carry_out, make_intent
from zhengban.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(1000):
    print(number, flush=True)
    carry_out(ledger, make_intent(f"PC-{number:04}"))
"""


def test_kill_9_at_random_moments(tmp_path: Path, repo_root: Path) -> None:
    """A real process, really killed: every computer it began is settled once, all others not at all."""
    chance = random.Random(20261123)
    for attempt in range(6):
        root = tmp_path / str(attempt) / "ledger"
        root.parent.mkdir()
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(root)],
            cwd=repo_root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(repo_root), *sys.path])},
            stdout=subprocess.PIPE,
        )
        assert worker.stdout is not None
        with worker.stdout as output:
            assert output.readline() == b"ready\n"
            time.sleep(chance.uniform(0.02, 0.25))
            worker.send_signal(signal.SIGKILL)
            begun = len(output.read().split())
        worker.wait()
        opened = {intent.computer for intent in Ledger(root).pending()}
        opened |= {commit.computer for commit in Ledger(root).commits()}
        assert begun - 1 <= len(opened) <= begun
        recover(root)
        assert_settled(root, *(make_intent(computer) for computer in sorted(opened)))
