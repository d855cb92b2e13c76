# SPDX-License-Identifier: Apache-2.0
"""Units that no host is asked about: files and records together, whenever it is cut off. Source: DESIGN 6, 8."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.cli.on_record import NOW, SOFTWARE, commercial_seats, held, install
from tests.functional.ledger.test_crash import Interrupted, breaks_off
from tests.lab.workspace import copy_example
from tests.unit.ledger.examples import assert_settled, make_intent
from zhengban.ledger import Ledger
from zhengban.ledger.edits import edit_of
from zhengban.life.departing import draft_rename
from zhengban.life.living import draft_life
from zhengban.life.releasing import release_intent
from zhengban.life.stating import Statement, state_unit
from zhengban.model.errors import LedgerError, Refused
from zhengban.model.record import FileEdit
from zhengban.run.author import Author
from zhengban.run.settling import settle_stated
from zhengban.run.workspace import Workspace

REGISTER = "inventories/register/computers.yml"
MAX_STEPS = 80


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_example(tmp_path / "workspace")


def edit(root: Path, old: str, new: str) -> FileEdit:
    text = (root / REGISTER).read_bytes().decode()
    assert old in text
    return edit_of(root, REGISTER, text.replace(old, new))


def state(root: Path, number: str, *files: FileEdit, run: str = "20261123T093000Z-abcdef") -> None:
    workspace = Workspace(root)
    author = Author.of(workspace.register, workspace.computer_named(number), run=run, day=NOW.date())
    statement = Statement(
        book="FREE-0002", action="install", package="dpkg:7zip:amd64", version="23.01", quantity=1, cause="adopted"
    )
    known = workspace.history(NOW)
    state_unit(
        workspace, author, [statement], known=known, what="adopted", evidence="attested:E0002", now=NOW, files=files
    )


def test_a_unit_writes_its_files_and_records(root: Path) -> None:
    state(root, "PC-0002", edit(root, "user: E0007", "user: E0008"))
    assert Workspace(root).register.computer_by_number["PC-0002"].user == "E0008"
    (booked,) = Ledger(root / "ledger").all_records()
    assert (booked.record.user_id, booked.record.evidence) == ("E0007", "attested:E0002")
    (commit,) = Ledger(root / "ledger").commits()
    assert (commit.computer, commit.plan, commit.removed) == ("PC-0002", "adopted", 0)
    assert Ledger(root / "ledger").verify() == ()


def test_the_text_of_a_file_survives_being_an_intent(root: Path) -> None:
    """A byte order mark, other line ends and signs that JSON or YAML escape: written as they are meant."""
    text = "\ufeffcomputers: []  # \u2028 \x85 \U0001f600 \\u0041 \x7f\r\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "settle_stated", lambda *_, **__: ())
        state(root, "PC-0002", edit_of(root, REGISTER, text))
    assert settle_stated(Workspace(root)) != ()
    assert (root / REGISTER).read_bytes() == text.encode()


def test_a_file_somebody_changed_refuses_the_whole_unit(root: Path) -> None:
    change = edit(root, "user: E0007", "user: E0008")
    theirs = (root / REGISTER).read_bytes() + b"# theirs\n"
    (root / REGISTER).write_bytes(theirs)
    with pytest.raises(LedgerError, match="changed by somebody else"):
        state(root, "PC-0002", change)
    ledger = Ledger(root / "ledger")
    assert ((root / REGISTER).read_bytes(), ledger.all_records(), ledger.pending()) == (theirs, (), ())


def test_a_file_that_a_unit_cut_off_still_writes_is_not_written_by_another(root: Path) -> None:
    """PC-0002's unit wrote computers.yml and died before its records. A change of the same file for PC-0003 would
    leave it a file it does not know, and the records could never be written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "settle", _die)
        with pytest.raises(KeyboardInterrupt):
            state(root, "PC-0002", edit(root, "user: E0007", "user: E0008"))
    assert Workspace(root).register.computer_by_number["PC-0002"].user == "E0008"
    with pytest.raises(Refused, match=r"^PC-0002: a change that also writes .*; first run: zhengban ledger recover$"):
        state(root, "PC-0003", edit(root, "brand: 长城 UF712", "brand: 长城"))
    # One that writes no file need not wait.
    state(root, "PC-0003")
    assert [booked.record.computer for booked in settle_stated(Workspace(root))] == ["PC-0002"]
    state(root, "PC-0004", edit(root, "brand: 长城 UF712", "brand: 长城"))
    assert Ledger(root / "ledger").verify() == ()


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def told(root: Path) -> list[str]:
    return [event.kind for event in Ledger(root / "ledger").events() if event.kind != "torn_line"]


def reassign(root: Path) -> None:
    workspace = Workspace(root)
    with draft_life(workspace, now=NOW, by="E0002", is_check=False) as draft:
        draft.assign(workspace.computer_named("PC-0002"), "E0008")


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_crash_at_every_step_of_a_reassignment(tmp_path: Path, how: str) -> None:
    """Register and books never say different things once it was recovered, and no seat is lost or doubled (C9)."""
    outcomes = set()
    for step in range(1, MAX_STEPS):
        root = copy_example(tmp_path / str(step))
        install(root, "PC-0002")
        seats, before = commercial_seats(root), held(root, "PC-0002")
        crashed = breaks_off(Interrupted(step, how), lambda: reassign(root))  # noqa: B023
        settle_stated(Workspace(root))
        user = Workspace(root).register.computer_by_number["PC-0002"].user
        records = [item.record for item in Ledger(root / "ledger").all_records() if item.record.cause == "reassigned"]
        assert len(records) == (2 * len(SOFTWARE) if user == "E0008" else 0)
        assert len({record.id for record in records}) == len(records)
        assert (commercial_seats(root), held(root, "PC-0002")) == (seats, before)
        # Told if it happened, and once.
        assert told(root) == (["computer_assigned"] if user == "E0008" else [])
        outcomes.add(user)
        if user == "E0007":
            # Given again, it is done; a line that was cut short is mended by the next write.
            reassign(root)
            assert (commercial_seats(root), held(root, "PC-0002")) == (seats, before)
        ledger = Ledger(root / "ledger")
        assert (ledger.pending(), ledger.verify()) == ((), ())
        if not crashed:
            break
    assert outcomes == {"E0007", "E0008"}
    assert 15 < step < MAX_STEPS - 1


def rename(root: Path) -> None:
    workspace = Workspace(root)
    with draft_life(workspace, now=NOW, by="E0002", is_check=False) as draft:
        draft_rename(draft, workspace.register.department_by_id["D02"], "资产处")


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_crash_at_every_step_of_a_change_of_files_alone(tmp_path: Path, how: str) -> None:
    outcomes = set()
    for step in range(1, MAX_STEPS):
        root = copy_example(tmp_path / str(step))
        crashed = breaks_off(Interrupted(step, how), lambda: rename(root))  # noqa: B023
        settle_stated(Workspace(root))
        name = Workspace(root).register.department_by_id["D02"].name
        assert told(root) == (["department_renamed"] if name == "资产处" else [])
        outcomes.add(name)
        ledger = Ledger(root / "ledger")
        assert (ledger.pending(), ledger.verify()) == ((), ())
        if not crashed:
            break
    assert outcomes == {"财务处", "资产处"}
    assert 10 < step < MAX_STEPS - 1


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_crash_at_every_step_of_a_decision_about_a_stale_change(tmp_path: Path, how: str) -> None:
    """Given again, the decision is told once, whatever was on disk of it already."""
    for step in range(1, MAX_STEPS):
        root = copy_example(tmp_path / str(step))
        intent = make_intent("PC-0002")
        ledger = Ledger(root / "ledger")
        with ledger.lock_computer("PC-0002"):
            ledger.open_intent(intent)
        crashed = breaks_off(Interrupted(step, how), lambda: release(root))  # noqa: B023
        if Ledger(root / "ledger").pending():
            release(root)
        assert_settled(root / "ledger", intent)
        assert told(root) == ["released"]
        if not crashed:
            break
    assert 10 < step < MAX_STEPS - 1


def release(root: Path) -> None:
    later = NOW + dt.timedelta(days=14)
    release_intent(Workspace(root), "PC-0002", by="E0002", reason="硬盘已损坏", done=True, now=later)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.functional.ledger.test_stated import reassign
from zhengban.ledger.ledger import Ledger

Ledger.settle = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
reassign(Path(sys.argv[1]))
"""


def test_killed_between_file_and_records(root: Path, repo_root: Path) -> None:
    """A real SIGKILL after computers.yml was written; `ledger recover` goes on, from a process of its own."""
    install(root, "PC-0002")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(root)], cwd=repo_root, timeout=60)
    assert killed.returncode == -9
    assert Workspace(root).register.computer_by_number["PC-0002"].user == "E0008"
    assert len(Ledger(root / "ledger").pending()) == 1
    command = [sys.executable, "-m", "zhengban.cli.main", "--workspace", str(root), "ledger", "recover"]
    recovered = subprocess.run(command, capture_output=True, timeout=60)
    assert recovered.returncode == 0
    assert f"settled 1 changes that need no host, with {2 * len(SOFTWARE)} records" in recovered.stdout.decode()
    users = {item.record.user_id for item in Ledger(root / "ledger").all_records() if item.record.action == "install"}
    assert users == {"E0007", "E0008"}
    assert Ledger(root / "ledger").pending() == ()
    assert Ledger(root / "ledger").verify() == ()
