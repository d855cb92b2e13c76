# SPDX-License-Identifier: Apache-2.0
"""Verify names the first altered, removed, reordered, repeated or foreign line, and its run."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.ledger.examples import NOW, all_done, assert_settled, carry_out, install_intent, make_intent, recover
from zhengban.ledger import Ledger
from zhengban.ledger.lines import encode_line
from zhengban.model.errors import LedgerError
from zhengban.model.record import Intent

RUNS = ("20261121T080000Z-000001", "20261122T080000Z-000002", "20261123T080000Z-000003")
BOOK = "books/COM-0001.yml"
Edit = Callable[[list[bytes]], list[bytes]]


def intent_of(number: int) -> Intent:
    return install_intent(f"PC-000{number}", "dpkg:wps-office:amd64", "COM-0001", run=RUNS[number])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three runs with a record in one book each, and an event after each."""
    ledger = Ledger(tmp_path / "ledger")
    for number, run in enumerate(RUNS):
        at = NOW - dt.timedelta(days=2 - number)
        carry_out(ledger, intent_of(number), at=at)
        ledger.append_events([("notice", run, f"PC-000{number}", {"text": "通知"})], at=at)
    assert ledger.verify() == ()
    return ledger.root


def edit(root: Path, file: str, change: Edit) -> str:
    """Change the lines after the two of the header; returns the file as problems show it."""
    path = root / file.format(writer=Ledger(root).writer)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], *change(lines[2:])]))
    return f"ledger/{path.relative_to(root)}"


def found(root: Path) -> list[tuple[str, int, str]]:
    """File, line and first word of every problem."""
    return [(problem.file, problem.line, problem.message.split(":")[0]) for problem in Ledger(root).verify()]


def swap(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1]]


def edit_second(lines: list[bytes]) -> list[bytes]:
    """As a person would: another computer, and nothing else."""
    return [lines[0], lines[1].replace(b"PC-0001", b"PC-0009"), lines[2]]


def drop_second(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2]]


def repeat_first(lines: list[bytes]) -> list[bytes]:
    return [*lines, lines[0]]


def spoil_second(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"<<<<<<< HEAD\n", lines[2]]


class TestBooks:
    def test_edited_line(self, root: Path) -> None:
        def edit_version(lines: list[bytes]) -> list[bytes]:
            return [lines[0], lines[1].replace(b'"version": "1.0"', b'"version": "9.9"'), lines[2]]

        file = edit(root, BOOK, edit_version)
        (problem,) = Ledger(root).verify()
        assert (problem.file, problem.line) == (file, 4)
        assert problem.message.startswith(f"altered: record '{RUNS[1]}/PC-0001/0' is not as ledger/runs/")
        assert RUNS[1] in problem.message

    def test_white_space_is_an_edit_too(self, root: Path) -> None:
        file = edit(root, BOOK, lambda lines: [lines[0], lines[1].replace(b": ", b":  ", 1), lines[2]])
        assert found(root) == [(file, 4, "altered")]

    def test_removed_line(self, root: Path) -> None:
        file = edit(root, BOOK, drop_second)
        (problem,) = Ledger(root).verify()
        assert (problem.file, problem.line) == (file, 0)
        assert f"record '{RUNS[1]}/PC-0001/0'" in problem.message

    def test_swapped_lines(self, root: Path) -> None:
        file = edit(root, BOOK, swap)
        (problem,) = Ledger(root).verify()
        assert (problem.file, problem.line) == (file, 5)
        assert problem.message.startswith(f"reordered: record '{RUNS[1]}/PC-0001/0'")

    def test_repeated_line(self, root: Path) -> None:
        file = edit(root, BOOK, repeat_first)
        (problem,) = Ledger(root).verify()
        assert (problem.file, problem.line) == (file, 6)
        assert problem.message.startswith(f"repeated: record '{RUNS[0]}/PC-0000/0' is in {file}:3")

    def test_foreign_line(self, root: Path) -> None:
        stranger = install_intent("PC-0009", "dpkg:x:all", "COM-0001", run=RUNS[1]).changes[0].records[0].record
        file = edit(root, BOOK, lambda lines: [*lines, encode_line(stranger) + b"\n"])
        (problem,) = Ledger(root).verify()
        assert (problem.file, problem.line) == (file, 6)
        assert problem.message == f"foreign: no commit line names record '{RUNS[1]}/PC-0009/0' (run {RUNS[1]})"

    def test_unreadable_line_is_named_before_what_it_takes_away(self, root: Path) -> None:
        file = edit(root, BOOK, spoil_second)
        assert found(root) == [(file, 4, "not a line of this file"), (file, 0, "removed or unreadable")]
        assert f"near run {RUNS[0]}" in Ledger(root).verify()[0].message

    def test_book_under_another_number(self, root: Path) -> None:
        (root / BOOK).rename(root / "books" / "COM-0002.yml")
        assert [kind for _, _, kind in found(root)][1:] == ["foreign"] * 3
        assert 'instead of \'number: "COM-0002"' in Ledger(root).verify()[0].message

    def test_file_that_is_no_book(self, root: Path) -> None:
        (root / "books" / "my notes.yml").write_text("", encoding="utf-8")
        assert found(root) == [("ledger/books/my notes.yml", 0, "not a book")]

    def test_comments_and_empty_lines_change_nothing(self, root: Path) -> None:
        edit(root, BOOK, lambda lines: [lines[0], b"# checked by E0002\n", b"\n", *lines[1:]])
        assert found(root) == []


@pytest.mark.parametrize("file", ["runs/{writer}.yml", "events/{writer}.yml"])
class TestChains:
    def test_edited_line(self, root: Path, file: str) -> None:
        name = edit(root, file, edit_second)
        problems = Ledger(root).verify()
        assert (problems[0].file, problems[0].line) == (name, 4)
        assert problems[0].message.startswith("altered: ")
        assert RUNS[1] in problems[0].message

    def test_removed_line(self, root: Path, file: str) -> None:
        name = edit(root, file, drop_second)
        (problem,) = (problem for problem in Ledger(root).verify() if problem.file == name)
        assert problem.line == 4
        assert problem.message == f"removed or unreadable before this line: seq 2 (next run {RUNS[2]})"

    def test_removed_first_lines(self, root: Path, file: str) -> None:
        name = edit(root, file, lambda lines: lines[2:])
        (problem,) = (problem for problem in Ledger(root).verify() if problem.file == name)
        assert problem.message.startswith("removed or unreadable before this line: seq 1 to 2 ")

    def test_swapped_lines(self, root: Path, file: str) -> None:
        name = edit(root, file, swap)
        (problem,) = Ledger(root).verify()
        assert (problem.file, problem.line, problem.message) == (name, 5, f"reordered: seq 2 after 3 (run {RUNS[1]})")

    def test_repeated_line(self, root: Path, file: str) -> None:
        name = edit(root, file, repeat_first)
        assert found(root)[0] == (name, 6, "repeated")
        assert RUNS[0] in Ledger(root).verify()[0].message

    def test_foreign_start_of_a_chain(self, root: Path, file: str) -> None:
        name = edit(root, file, lambda lines: [lines[0].replace(b"0" * 64, b"1" * 64), *lines[1:]])
        assert (name, 3, "altered") in found(root)

    def test_unreadable_line(self, root: Path, file: str) -> None:
        name = edit(root, file, spoil_second)
        assert [row for row in found(root) if row[0] == name] == [
            (name, 4, "not a line of this file"),
            (name, 5, "removed or unreadable before this line"),
        ]

    def test_torn_end(self, root: Path, file: str) -> None:
        name = edit(root, file, lambda lines: [*lines, b'- {"seq": 4, "pr'])
        assert found(root) == [(name, 6, "the file does not end in a newline")]


def test_last_commit_lines_removed_leave_their_records_foreign(root: Path) -> None:
    name = edit(root, "runs/{writer}.yml", lambda lines: lines[:1])
    assert found(root) == [
        ("ledger/books/COM-0001.yml", 4, "foreign"),
        ("ledger/books/COM-0001.yml", 5, "foreign"),
        (name, 0, "taken back"),
    ]


def test_the_first_altered_line_comes_first(root: Path) -> None:
    """Across files the older run is named first, whatever the names of the files."""
    other = install_intent("PC-0005", "dpkg:a:all", "AAA", run=RUNS[2])
    carry_out(Ledger(root), other)
    edit(root, "books/AAA.yml", lambda lines: [lines[0].replace(b"Lenovo", b"lenovo")])
    edit(root, BOOK, lambda lines: [lines[0].replace(b"Lenovo", b"lenovo"), *lines[1:]])
    assert [file for file, _, _ in found(root)] == ["ledger/books/COM-0001.yml", "ledger/books/AAA.yml"]


def test_two_commits_of_one_plan(root: Path) -> None:
    """Two copies of a workspace that both settled an intent, merged."""
    writer = Ledger(root).writer
    mine = (root / "runs" / f"{writer}.yml").read_bytes().splitlines(keepends=True)
    (root / "runs" / "ffffff.yml").write_bytes(b'writer: "ffffff"\ncommits:\n' + mine[2])
    names = {row[2] for row in found(root)}
    assert names == {"repeated"}


def test_records_in_flight_are_not_foreign(root: Path) -> None:
    """Killed between the book and the commit line, then another computer is settled in the same book."""
    ledger, intent = Ledger(root), install_intent("PC-0008", "dpkg:wps-office:amd64", "COM-0001")
    with ledger.lock_computer("PC-0008"):
        ledger.open_intent(intent)
        edit(root, BOOK, lambda lines: [*lines, encode_line(intent.changes[0].records[0].record) + b"\n"])
    assert ledger.verify() == ()
    carry_out(Ledger(root), install_intent("PC-0009", "dpkg:wps-office:amd64", "COM-0001"))
    recover(root)
    # Written first, settled last: no reordering.
    assert [commit.recovered for commit in ledger.commits()] == [False, False, False, False, True]
    assert_settled(
        root, *map(intent_of, range(3)), intent, install_intent("PC-0009", "dpkg:wps-office:amd64", "COM-0001")
    )


def test_intent_that_cannot_be_read(root: Path) -> None:
    (root / "pending" / "PC-0001.json").write_text("{", encoding="utf-8")
    ledger = Ledger(root)
    (problem,) = ledger.verify()
    said = (
        "ledger/pending/PC-0001.json: not an intent (Input data was truncated); "
        "restore the file, or remove it once the computer was checked by hand"
    )
    assert str(problem) == said
    with pytest.raises(LedgerError, match=re.escape(said)):
        ledger.pending()
    with ledger.lock_computer("PC-0001"), pytest.raises(LedgerError, match=re.escape(said)):
        ledger.settle(make_intent("PC-0001"), all_done(make_intent("PC-0001")), at=NOW)


def test_verify_reads_a_copy_without_locks(root: Path, tmp_path: Path) -> None:
    """A clone has no ``.locks``: reading it makes none."""
    copy = tmp_path / "copy" / "ledger"
    for folder in ("books", "runs", "events"):
        (copy / folder).mkdir(parents=True)
        for path in (root / folder).iterdir():
            (copy / folder / path.name).write_bytes(path.read_bytes())
    assert Ledger(copy).verify() == ()
    assert sorted(path.name for path in copy.iterdir()) == ["books", "events", "runs"]


def test_sixteen_times_the_lines_take_about_sixteen_times_as_long(tmp_path: Path) -> None:
    """For each line of a chain all before it were gone through: a history of 1,000,000 would have taken hours."""

    def seconds(lines: int) -> float:
        ledger = Ledger(tmp_path / str(lines))
        ledger.append_events([("notice", RUNS[0], "PC-0001", {"text": "通知"})] * lines, at=NOW)
        started = time.process_time()
        assert ledger.verify() == ()
        return time.process_time() - started

    seconds(10)
    small = min(seconds(2_000 + turn) for turn in range(3))
    # It is 33 here and was about 200; a processor may be twice as slow a moment later.
    assert seconds(32_000) < 80 * small
