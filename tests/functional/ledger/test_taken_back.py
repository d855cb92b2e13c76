# SPDX-License-Identifier: Apache-2.0
"""Lines that a checkout, a stash or an old copy took back: nothing is written until they are there again.

Source: DESIGN 6.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.workspace import copy_example
from tests.unit.ledger.examples import (
    NOW,
    all_done,
    assert_settled,
    carry_out,
    install_intent,
    make_intent,
    recover,
)
from zhengban.ledger import Ledger
from zhengban.ledger import ledger as ledger_module
from zhengban.ledger.merge import merge_copy, read_copy
from zhengban.ledger.pending import Pending
from zhengban.ledger.snapshot import Store
from zhengban.life.living import draft_life
from zhengban.model.errors import LedgerError
from zhengban.model.record import Commit
from zhengban.run.settling import settle_stated
from zhengban.run.workspace import Workspace

FIRST, SECOND = (install_intent(f"PC-000{number}", "dpkg:a:all", "COM-0001") for number in (1, 2))
# Over four books, of which the first is there.
THIRD = make_intent("PC-0003")
BOOK = "books/COM-0001.yml"
GONE = r"it ends at seq 1, and this workspace has written it up to seq 2; nothing is written to it: .*git stash pop"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two units, an event after each; beside it a copy of the time between them, and a whole one."""
    root = tmp_path / "ledger"
    for number, intent in enumerate((FIRST, SECOND), 1):
        carry_out(Ledger(root), intent)
        Ledger(root).append_events([("notice", intent.run, "", {"number": number})], at=NOW)
        shutil.copytree(root, tmp_path / f"after {number}")
    return root


def put_back(root: Path, time: str, *folders: str) -> None:
    """Put folders of the ledger back to a time, as git does it: each file is another one."""
    for folder in folders:
        shutil.rmtree(root / folder)
        shutil.copytree(root.parent / time / folder, root / folder)


def files_of(root: Path) -> dict[str, bytes]:
    folders = ("books", "runs", "events", "pending", "confirmations")
    return {str(path): path.read_bytes() for folder in folders for path in sorted((root / folder).iterdir())}


def open_third(root: Path) -> None:
    ledger = Ledger(root)
    with ledger.lock_computer(THIRD.computer):
        ledger.open_intent(THIRD)


def tell(root: Path) -> None:
    Ledger(root).append_events([("notice", "", "", {})], at=NOW)


def hold(root: Path) -> None:
    """As requests and confirmations do."""
    with Ledger(root).hold_writer(at=NOW):
        pytest.fail("the writer's lock was given")


@pytest.mark.parametrize("write", [open_third, tell, hold])
@pytest.mark.parametrize("folder", ["runs", "events"])
def test_nothing_is_written_while_lines_are_missing(root: Path, write: Callable[[Path], None], folder: str) -> None:
    put_back(root, "after 1", folder)
    before = files_of(root)
    with pytest.raises(LedgerError, match=GONE):
        write(root)
    assert files_of(root) == before
    assert "taken back" in {problem.message.split(":")[0] for problem in Ledger(root).verify()}
    put_back(root, "after 2", folder)
    carry_out(Ledger(root), THIRD)
    assert_settled(root, FIRST, SECOND, THIRD)


@pytest.mark.parametrize("is_fresh", [True, False], ids=["the one that opened it", "a recovery"])
def test_a_change_that_is_under_way_stays_open(root: Path, *, is_fresh: bool) -> None:
    """The host was touched already: what was verified waits for the lines, and is written once."""
    ledger = Ledger(root)
    with ledger.lock_computer(THIRD.computer):
        ledger.open_intent(THIRD)
        put_back(root, "after 1", "runs", "events", "books")
        before = files_of(root)
        if is_fresh:
            with pytest.raises(LedgerError, match=GONE):
                ledger.settle(THIRD, all_done(THIRD), at=NOW)
    if not is_fresh:
        with pytest.raises(LedgerError, match=GONE):
            recover(root)
    assert files_of(root) == before
    put_back(root, "after 2", "runs", "events", "books")
    recover(root)
    assert_settled(root, FIRST, SECOND, THIRD)


def test_a_file_that_is_gone_is_missed(root: Path) -> None:
    path = root / "runs" / f"{Ledger(root).writer}.yml"
    path.unlink()
    with pytest.raises(LedgerError, match="it ends at seq 0, and this workspace has written it up to seq 2"):
        open_third(root)
    assert (f"ledger/runs/{path.name}", "taken back") in {
        (problem.file, problem.message.split(":")[0]) for problem in Ledger(root).verify()
    }


def test_another_line_in_the_place_of_the_last_is_no_line_of_ours(root: Path) -> None:
    path = root / "runs" / f"{Ledger(root).writer}.yml"
    text = path.read_bytes()
    path.write_bytes(text.replace(b"PC-0002", b"PC-0009"))
    with pytest.raises(LedgerError, match="its line of seq 2 is not the one this workspace wrote"):
        open_third(root)


def test_who_gives_the_lines_up_goes_on_under_another_id(root: Path) -> None:
    put_back(root, "after 1", "runs", "events", "books")
    writer = Ledger(root).writer
    (root / ".writer").unlink()
    carry_out(Ledger(root), THIRD)
    assert Ledger(root).writer != writer
    assert_settled(root, FIRST, THIRD)


def test_a_note_older_than_its_chain_is_in_nobodys_way(root: Path) -> None:
    """The machine died before it was on disk, or a copy brought lines back."""
    put_back(root, "after 1", ".heads")
    carry_out(Ledger(root), THIRD)
    assert_settled(root, FIRST, SECOND, THIRD)


def test_a_note_that_was_not_on_disk_whole_says_nothing(root: Path) -> None:
    for path in (root / ".heads").iterdir():
        path.write_bytes(b"")
    carry_out(Ledger(root), THIRD)
    assert_settled(root, FIRST, SECOND, THIRD)


def rewritten(path: Path, data: bytes) -> None:
    """What git does: remove the file, then make another one, which may get the same inode if it can."""
    path.unlink()
    path.write_bytes(data)


SWAPS: dict[str, Callable[[Path, bytes, bytes], object]] = {
    "an older file": lambda path, before, _now: rewritten(path, before),
    "the same text in another file": lambda path, _before, now: rewritten(path, now),
    "cut in place": lambda path, before, _now: path.write_bytes(before),
    "no file": lambda path, _before, _now: path.unlink(),
}


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("is_recovery", [False, True])
def test_a_book_that_is_replaced_before_the_commit_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, swap: str, *, is_recovery: bool
) -> None:
    """Its records would be named by a commit line and be nowhere; as it is the change stays open, and is written."""
    open_third(root)
    before = (root / BOOK).read_bytes()
    if is_recovery:
        # The records are there already, of a process that died.
        with monkeypatch.context() as patch:
            patch.setattr(ledger_module, "commit_of", _die)
            with pytest.raises(KeyboardInterrupt):
                recover(root)
    with monkeypatch.context() as patch:
        original = ledger_module.find_untold

        def at_that_moment(*arguments: object) -> object:
            SWAPS[swap](root / BOOK, before, (root / BOOK).read_bytes())
            return original(*arguments)  # type: ignore[arg-type]

        patch.setattr(ledger_module, "find_untold", at_that_moment)
        with pytest.raises(LedgerError, match="replaced by another program while it was written"):
            recover(root)
    assert [intent.id for intent in Ledger(root).pending()] == [THIRD.id]
    assert len(Ledger(root).commits()) == 2
    if swap == "no file":
        (root / BOOK).write_bytes(before)
    recover(root)
    assert_settled(root, FIRST, SECOND, THIRD)


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("is_brought_back", [True, False])
def test_a_book_that_is_replaced_right_before_the_commit_line_is_missed_behind_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, swap: str, *, is_brought_back: bool
) -> None:
    """Between the last look and the line nothing can be noticed (1 of 60 times git came just then, and the writer went
    on). The change stays open; its records are written again where they are what the commit line says.
    """
    open_third(root)
    before = (root / BOOK).read_bytes()
    written = b""
    with monkeypatch.context() as patch:
        original = ledger_module.commit_of

        def at_that_moment(*arguments: object, **options: object) -> object:
            nonlocal written
            written = (root / BOOK).read_bytes()
            SWAPS[swap](root / BOOK, before, written)
            return original(*arguments, **options)  # type: ignore[arg-type]

        patch.setattr(ledger_module, "commit_of", at_that_moment)
        with pytest.raises(LedgerError, match="replaced by another program while it was written"):
            recover(root)
    assert [intent.id for intent in Ledger(root).pending()] == [THIRD.id]
    assert len(Ledger(root).commits()) == 3
    if is_brought_back:
        (root / BOOK).write_bytes(written)
    elif swap == "no file":
        with pytest.raises(LedgerError, match=r"COM-0001.yml: the book is missing"):
            recover(root)
        (root / BOOK).write_bytes(before)
    recover(root)
    assert_settled(root, FIRST, SECOND, THIRD)


def test_lost_records_that_would_be_others_today_are_not_made_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is settled by somebody's word now: only the book that was written knows what was verified."""
    open_third(root)
    before = (root / BOOK).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Pending, "remove", _die)
        with pytest.raises(KeyboardInterrupt):
            recover(root)
    written = (root / BOOK).read_bytes()
    (root / BOOK).write_bytes(before)
    ledger = Ledger(root)
    message = f"PC-0003: its commit line names 1 records that are in no book, the first is '{THIRD.id}/0' of COM-0001"
    with ledger.lock_computer(THIRD.computer), pytest.raises(LedgerError, match=message):
        ledger.settle(THIRD, all_done(THIRD), evidence="attested:E0002", at=NOW)
    (root / BOOK).write_bytes(written)
    recover(root)
    assert_settled(root, FIRST, SECOND, THIRD)


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_events_that_are_taken_back_before_the_commit_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copy_example(tmp_path / "workspace")
    register = root / "inventories/register/computers.yml"
    before = register.read_bytes()

    def assign() -> None:
        workspace = Workspace(root)
        with draft_life(workspace, now=NOW, by="E0002", is_check=False) as draft:
            draft.assign(workspace.computer_named("PC-0002"), "E0008")

    ledger = Ledger(root / "ledger")
    with monkeypatch.context() as patch:
        patch.setattr(ledger_module, "require_not_undone", lambda *_: shutil.rmtree(ledger.root / "events"))
        with pytest.raises(LedgerError, match="it ends at seq 0, and this workspace has written it up to seq 1"):
            assign()
    assert (len(ledger.pending()), ledger.commits()) == (1, ())
    shutil.rmtree(ledger.root)
    register.write_bytes(before)
    # The same with the file of the register, which comes back as it was.
    with monkeypatch.context() as patch:
        original = ledger_module.find_untold
        patch.setattr(ledger_module, "find_untold", lambda *rows: register.write_bytes(before) and original(*rows))
        with pytest.raises(LedgerError, match=r"computers\.yml: taken back while a change to it was written"):
            assign()
    assert (len(ledger.pending()), ledger.commits()) == (1, ())
    settle_stated(Workspace(root))
    assert Workspace(root).register.computer_by_number["PC-0002"].user == "E0008"
    assert [event.kind for event in ledger.events()] == ["computer_assigned"]
    assert (ledger.pending(), ledger.verify()) == ((), ())


def test_no_file_of_people_is_written_while_lines_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch they were taken back to would keep the edit, and be in the way of going back."""
    root = copy_example(tmp_path / "workspace")
    carry_out(Ledger(root / "ledger"), FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(ledger_module, "apply_edits", _die)
        with (
            pytest.raises(KeyboardInterrupt),
            draft_life(Workspace(root), now=NOW, by="E0002", is_check=False) as draft,
        ):
            draft.assign(draft.workspace.computer_named("PC-0002"), "E0008")
    kept = shutil.copytree(root / "ledger/runs", tmp_path / "runs")
    shutil.rmtree(root / "ledger/runs")
    with pytest.raises(LedgerError, match="it ends at seq 0"):
        settle_stated(Workspace(root))
    assert Workspace(root).register.computer_by_number["PC-0002"].user == "E0007"
    shutil.copytree(kept, root / "ledger/runs", dirs_exist_ok=True)
    settle_stated(Workspace(root))
    assert Workspace(root).register.computer_by_number["PC-0002"].user == "E0008"
    assert Ledger(root / "ledger").verify() == ()


def test_lines_taken_back_behind_every_check_are_missed_by_the_append(root: Path) -> None:
    """It looks again under the writer's lock, with the file open."""
    put_back(root, "after 1", "runs")
    before = files_of(root)
    chain = Store(root).commits
    with pytest.raises(LedgerError, match=GONE):
        chain.append(Ledger(root).writer, [Commit(seq=0, prev="", at=NOW, run="r", computer="c", plan="p")], at=NOW)
    assert files_of(root) == before


def test_what_another_copy_misses_is_not_for_us_to_miss(root: Path, tmp_path: Path) -> None:
    """Its lines that are there are whole; the rest comes when it has them again."""
    put_back(root, "after 1", "runs", "events", "books")
    ours = Ledger(tmp_path / "ours" / "ledger")
    merge_copy(ours, read_copy(root), at=NOW)
    assert_settled(ours.root, FIRST)
