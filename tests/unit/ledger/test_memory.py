# SPDX-License-Identifier: Apache-2.0
"""Each line is read once, and nothing is missed: what a process remembers is what a new one reads."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.unit.ledger.examples import NOW, carry_out, install_intent, make_intent
from zhengban.ledger import Ledger, batches
from zhengban.ledger.holdings import fold_holdings
from zhengban.ledger.lines import encode_line
from zhengban.ledger.memory import Memory, Recollection
from zhengban.ledger.snapshot import Store
from zhengban.ledger.unconfirmed import Unconfirmed
from zhengban.model.errors import LedgerError
from zhengban.model.record import Intent

LATER = NOW + dt.timedelta(hours=1)
MISSING = dict.fromkeys(
    ("replaced", "shortened"),
    r"^ledger/books/FREE-0002.yml: 1 records that commit lines name are missing, the first is '.*PC-0002/5'.*verify",
) | {"removed": r"^ledger/books/FREE-0002.yml: the book is missing, with 4 records that commit lines name.*backup"}
LAST = "20261124T093000Z-a3f0c1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def memory(root: Path) -> Memory:
    """What remembers a ledger with two units, three books and an event."""
    ledger = Ledger(root)
    carry_out(ledger, make_intent("PC-0001"))
    carry_out(ledger, make_intent("PC-0002"))
    ledger.append_events([("notice", "", "", {"text": "one"})], at=NOW)
    memory = Memory(Store(root))
    memory.recall()
    return memory


def upgraded(computer: str, book: str, *, run: str = LAST) -> Intent:
    """Another install of what ``make_intent`` has installed, under another number."""
    return install_intent(computer, "dpkg:7zip:amd64", book, run=run, plan=run)


def assert_known(memory: Memory, root: Path) -> Recollection:
    """Remembering gives what reading anew gives, and what folding all lines gives."""
    known, anew = memory.recall(), Memory(Store(root)).recall()
    assert Unconfirmed(known.changes, known.confirmations) == Unconfirmed(anew.changes, anew.confirmations)
    assert msgspec.structs.replace(known, changes={}) == msgspec.structs.replace(anew, changes={})
    snapshot = Ledger(root).snapshot()
    order = {record[0]: place for place, commit in enumerate(snapshot.ordered_commits()) for record in commit.records}
    assert known.holdings == fold_holdings(snapshot.booked(), order)
    assert [commit.plan for commit in known.commits] == [commit.plan for commit in snapshot.ordered_commits()]
    return known


def read_bytes(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many lines a recall decodes."""
    count = 0
    original = batches._read_raws

    def counted(raws: list[bytes], *rest: object) -> object:
        nonlocal count
        count += len(raws)
        return original(raws, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(batches, "_read_raws", counted)
        memory.recall()
    return count


def test_only_what_was_appended_is_read(memory: Memory, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_bytes(memory, monkeypatch) == 0
    carry_out(Ledger(root), upgraded("PC-0001", "FREE-0009"), at=LATER)
    # One record and one commit line.
    assert read_bytes(memory, monkeypatch) == 2
    known = assert_known(memory, root)
    assert known.holdings["PC-0001", "dpkg:7zip:amd64"].number == "FREE-0009"


def test_what_was_handed_out_stays_as_it_was(memory: Memory, root: Path) -> None:
    before = memory.recall()
    kept = msgspec.json.encode([before.commits, list(before.changes), list(before.holdings.values())])
    carry_out(Ledger(root), upgraded("PC-0001", "FREE-0009"), at=LATER)
    assert memory.recall() != before
    assert msgspec.json.encode([before.commits, list(before.changes), list(before.holdings.values())]) == kept


def test_record_whose_commit_line_is_not_there_yet_counts_and_is_settled_later(memory: Memory, root: Path) -> None:
    """Another process is between its append and its commit line."""
    ledger, intent = Ledger(root), upgraded("PC-0001", "FREE-0009")
    carry_out(ledger, intent, at=LATER)
    (writer,) = (root / "runs").iterdir()
    whole = writer.read_bytes()
    os.truncate(writer, len(whole) - len(whole.splitlines(keepends=True)[-1]))
    # It notes how far it has written when the line is there.
    shutil.rmtree(root / ".heads")
    assert memory.recall().holdings["PC-0001", "dpkg:7zip:amd64"].number == "FREE-0009"
    with writer.open("ab") as stream:
        stream.write(whole.splitlines(keepends=True)[-1])
    carry_out(ledger, upgraded("PC-0001", "FREE-0010", run="20261125T093000Z-a3f0c1"), at=LATER)
    known = assert_known(memory, root)
    assert known.holdings["PC-0001", "dpkg:7zip:amd64"].number == "FREE-0010"


def test_commit_lines_of_another_writer_that_belong_between_make_it_read_again(memory: Memory, root: Path) -> None:
    carry_out(Ledger(root), upgraded("PC-0001", "FREE-0009"), at=LATER)
    memory.recall()
    other = root.parent / "other" / "ledger"
    carry_out(Ledger(other), upgraded("PC-0001", "FREE-0008", run="20261120T000000Z-bbbbbb"), at=NOW)
    shutil.copy(next((other / "runs").iterdir()), root / "runs")
    shutil.copy(other / "books" / "FREE-0008.yml", root / "books")
    known = assert_known(memory, root)
    assert known.holdings["PC-0001", "dpkg:7zip:amd64"].number == "FREE-0009"


@pytest.mark.parametrize("change", ["replaced", "shortened", "edited", "removed"])
def test_file_that_was_not_only_appended_to_is_read_again(memory: Memory, root: Path, change: str) -> None:
    book = root / "books" / "FREE-0002.yml"
    lines = book.read_bytes().splitlines(keepends=True)
    if change == "replaced":
        new = book.with_suffix(".new")
        new.write_bytes(b"".join(lines[:-1]))
        new.replace(book)
    elif change == "shortened":
        os.truncate(book, len(b"".join(lines[:-1])))
    elif change == "edited":
        content = book.read_bytes().replace(b"23.01", b"99.99")
        os.utime(book, ns=(0, 0))
        book.write_bytes(content)
    else:
        book.unlink()
    if change == "edited":
        before = Memory(Store(root)).recall()
        assert memory.recall() == before
        assert "99.99" in str(before.holdings)
        return
    for each in (memory, Memory(Store(root)), memory):
        with pytest.raises(LedgerError, match=MISSING[change]):
            each.recall()


def test_line_that_is_there_twice_makes_it_read_again_and_counts_once(memory: Memory, root: Path) -> None:
    book = root / "books" / "FREE-0002.yml"
    first = book.read_bytes().splitlines(keepends=True)[2]
    carry_out(Ledger(root), upgraded("PC-0001", "FREE-0009"), at=LATER)
    memory.recall()
    with book.open("ab") as stream:
        stream.write(first)
    known = assert_known(memory, root)
    assert known.holdings["PC-0001", "dpkg:7zip:amd64"].number == "FREE-0009"


def test_damaged_line_is_named_each_time_and_forgotten_when_it_is_mended(memory: Memory, root: Path) -> None:
    book = root / "books" / "FREE-0002.yml"
    whole = book.read_bytes()
    with book.open("ab") as stream:
        stream.write(b"- {damaged\n")
    for _turn in range(2):
        with pytest.raises(LedgerError, match=r"ledger/books/FREE-0002.yml:7:"):
            memory.recall()
    book.write_bytes(whole)
    assert_known(memory, root)


def test_line_without_its_newline_counts_once_it_is_whole(memory: Memory, root: Path) -> None:
    carry_out(Ledger(root), upgraded("PC-0001", "FREE-0009"), at=LATER)
    book = root / "books" / "FREE-0009.yml"
    whole = book.read_bytes()
    book.write_bytes(whole[:-20])
    with pytest.raises(LedgerError, match=r"FREE-0009.yml: 1 records that commit lines name are missing"):
        memory.recall()
    for size in (len(whole) - 1, len(whole)):
        book.write_bytes(whole[:size])
        known = assert_known(memory, root)
        assert known.holdings["PC-0001", "dpkg:7zip:amd64"].number == "FREE-0009"


def test_lost_commit_lines_are_not_an_empty_past(memory: Memory, root: Path) -> None:
    shutil.rmtree(root / "runs")
    for known in (memory, Memory(Store(root))):
        with pytest.raises(LedgerError, match=r"it ends at seq 0, and this workspace has written it up to seq 2"):
            known.recall()
    # A copy knows nothing of how far it was written.
    shutil.rmtree(root / ".heads")
    with pytest.raises(LedgerError, match=r"COM-0001.yml: no commit line in ledger/runs names 2 of its records"):
        memory.recall()


def test_lost_book_is_not_begun_anew(memory: Memory, root: Path) -> None:
    (root / "books" / "FREE-0002.yml").unlink()
    ledger, intent = Ledger(root), upgraded("PC-0001", "FREE-0002")
    with pytest.raises(LedgerError, match=r"^ledger/books/FREE-0002.yml: the book is missing"):
        carry_out(ledger, intent, at=LATER)
    assert not (root / "books" / "FREE-0002.yml").exists()
    assert ledger.pending() == ()


@pytest.mark.parametrize("folder", ["books", "runs", "events", "pending"])
def test_folder_that_cannot_be_listed_is_not_empty(memory: Memory, root: Path, folder: str) -> None:
    shutil.rmtree(root / folder)
    # Listing it fails for root too.
    (root / folder).write_bytes(b"")
    for known in (memory, Memory(Store(root))):
        with pytest.raises(LedgerError, match=rf"ledger/{folder}: cannot list the directory: "):
            known.recall()


def test_comments_and_lines_of_a_hand_are_read_as_before(memory: Memory, root: Path) -> None:
    record = Ledger(root).records("FREE-0002")[0]
    record = msgspec.structs.replace(record, id=f"{LAST}/PC-0003/0", computer="PC-0003")
    book = root / "books" / "FREE-0002.yml"
    with book.open("ab") as stream:
        stream.write(b"# a comment: - {\n\n")
        stream.write(b"- {id: %s/PC-0004/0," % LAST.encode() + encode_line(record).partition(b",")[2] + b"\n")
        stream.write(encode_line(record) + b"\n")
    known = assert_known(memory, root)
    assert ("PC-0003", "dpkg:7zip:amd64") in known.holdings


def test_intent_that_cannot_be_read_is_named(memory: Memory, root: Path) -> None:
    (root / "pending" / "PC-0009.json").write_text("{", encoding="utf-8")
    with pytest.raises(LedgerError, match=r"pending/PC-0009.json: not an intent"):
        memory.recall()
    (root / "pending" / "PC-0009.json").unlink()
    assert_known(memory, root)
