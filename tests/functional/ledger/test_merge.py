# SPDX-License-Identifier: Apache-2.0
"""Two copies of a ledger become one: everything of both once, or nothing and every line that is in the way named."""

from __future__ import annotations

import datetime as dt
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from tests.functional.ledger.test_crash import Crash, Interrupted, interrupted
from tests.unit.ledger.examples import NOW, assert_settled, carry_out, install_intent, make_intent, recover
from zhengban.ledger import Ledger
from zhengban.ledger import ledger as ledger_module
from zhengban.ledger.checkpoint import take_checkpoint
from zhengban.ledger.confirmations import append_confirmations
from zhengban.ledger.lines import encode_line
from zhengban.ledger.merge import Additions, merge_copy, plan_merge, read_copy
from zhengban.ledger.requests import extend_request, open_requests
from zhengban.ledger.snapshot import Store
from zhengban.ledger.tidy import tidy
from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import Busy, InputError, LedgerError
from zhengban.model.record import Intent
from zhengban.model.request import Application, RequestEntry, Software

BOOK = "books/COM-0001.yml"
LATER = NOW + dt.timedelta(hours=1)


def intents(copy: int, count: int = 3) -> list[Intent]:
    """Installs of one copy, in a book both have and in one of its own."""
    return [
        install_intent(
            f"PC-{copy}{number:03}",
            "dpkg:wps-office:amd64",
            "COM-0001" if number % 2 else f"FREE-000{copy}",
            run=f"2026112{copy}T093000Z-00000{copy}",
        )
        for number in range(count)
    ]


def write(root: Path, written: list[Intent]) -> Ledger:
    ledger = Ledger(root)
    for intent in written:
        carry_out(ledger, intent)
        ledger.append_events([("notice", intent.run, intent.computer, {"text": "通知"})], at=NOW)
    return ledger


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    write(tmp_path / "ours" / "ledger", intents(1))
    return tmp_path / "ours" / "ledger"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    write(tmp_path / "theirs" / "ledger", intents(2))
    return tmp_path / "theirs" / "ledger"


def apply_for(root: Path, *, at: dt.datetime = NOW) -> str:
    """Open a request; returns its id."""
    asked = Application(department="D02", department_name="财务处", applicant="E0007", applicant_name="张三",
        computer="PC-0007", kind="install", after=Software(number="COM-0001", name="WPS Office"))  # fmt: skip
    entry = RequestEntry(seq=0, prev="", at=at, kind="applied", by="E0007", date=NOW.date(), account="ops@ctl",
        application=asked)  # fmt: skip
    return open_requests(Ledger(root), [entry], day=NOW.date(), at=NOW)[0]


def decide(root: Path, request: str, kind: Literal["approved", "rejected"]) -> None:
    file = Ledger(root).request(request)
    assert file is not None
    entry = RequestEntry(seq=0, prev="", at=NOW, kind=kind, by="E0003", date=NOW.date(), account="ops@ctl")
    extend_request(Ledger(root), file, entry, noted=len(file.hashes), at=NOW)


def confirm(root: Path) -> None:
    confirmation = Confirmation(seq=0, prev="", at=NOW, id="", records=("R/PC-0007/0",), computer="PC-0007",
        kind="install", user="E0007", user_name="张三", maintainer="E0002", maintainer_name="李四",
        date=NOW.date(), account="ops@ctl")  # fmt: skip
    append_confirmations(Ledger(root), [confirmation], day=NOW.date(), at=NOW)


def merge(ours: Path, theirs: Path) -> Additions:
    return merge_copy(Ledger(ours), read_copy(theirs), at=LATER)


def content(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".locks" not in path.parts
    }


def refused(ours: Path, theirs: Path) -> list[tuple[str, int, str]]:
    """File (without the temporary folder), line and first words of every problem; nothing was written."""
    before = content(ours), content(theirs)
    with pytest.raises(InputError) as caught:
        merge(ours, theirs)
    assert (content(ours), content(theirs)) == before
    assert all(problem.hint for problem in caught.value.problems)
    return [
        (problem.file.removeprefix(f"{theirs.parents[1]}/"), problem.line, problem.message.split(":")[0])
        for problem in caught.value.problems
    ]


def append(path: Path, *lines: bytes) -> None:
    path.write_bytes(path.read_bytes() + b"".join(line + b"\n" for line in lines))


class TestTakingOver:
    def test_everything_of_both_is_there_once(self, ours: Path, theirs: Path) -> None:
        before = content(theirs)
        added = merge(ours, theirs)
        assert {book: len(lines) for book, lines in added.books.items()} == {"COM-0001": 1, "FREE-0002": 2}
        assert [len(lines) for lines in (*added.commits.values(), *added.events.values())] == [3, 3]
        assert_settled(ours, *intents(1), *intents(2))
        assert len(Ledger(ours).events()) == 6
        assert content(theirs) == before

    def test_again_adds_nothing(self, ours: Path, theirs: Path) -> None:
        merge(ours, theirs)
        before = content(ours)
        assert merge(ours, theirs) == Additions()
        assert content(ours) == before

    def test_back_and_forth(self, ours: Path, theirs: Path) -> None:
        """Each goes on writing; a copy that already has our beginning brings only what is new."""
        merge(ours, theirs)
        merge(theirs, ours)
        write(ours, intents(3))
        write(theirs, intents(4))
        merge(ours, theirs)
        merge(theirs, ours)
        every = [*intents(1), *intents(2), *intents(3), *intents(4)]
        assert_settled(ours, *every)
        assert_settled(theirs, *every)
        assert Ledger(ours).commits() == Ledger(theirs).commits()

    def test_into_nothing(self, tmp_path: Path, theirs: Path) -> None:
        merge(tmp_path / "new" / "ledger", theirs)
        assert_settled(tmp_path / "new" / "ledger", *intents(2))
        assert Ledger(tmp_path / "new" / "ledger").writer != Ledger(theirs).writer

    def test_a_backup_brings_back_what_its_own_writer_lost(self, ours: Path, tmp_path: Path) -> None:
        shutil.copytree(ours, tmp_path / "backup")
        path = ours / "runs" / f"{Ledger(ours).writer}.yml"
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
        assert [problem.message.split(":")[0] for problem in Ledger(ours).verify()] == ["foreign", "taken back"]
        with pytest.raises(LedgerError, match="written it up to seq"):
            Ledger(ours).append_events([("notice", "", "", {})], at=NOW)
        merge(ours, tmp_path / "backup")
        assert_settled(ours, *intents(1))

    def test_a_workspace_is_taken_for_its_ledger(self, ours: Path, theirs: Path) -> None:
        assert read_copy(theirs.parent).root == theirs
        assert merge(ours, theirs.parent).commits

    def test_what_is_in_flight_here_stays_in_flight(self, ours: Path, theirs: Path) -> None:
        open_intent = install_intent("PC-0900", "dpkg:wps-office:amd64", "COM-0001")
        ledger = Ledger(ours)
        with ledger.lock_computer("PC-0900"):
            ledger.open_intent(open_intent)
            append(ours / BOOK, encode_line(open_intent.changes[0].records[0].record))
            merge(ours, theirs)
        recover(ours)
        assert_settled(ours, *intents(1), *intents(2), open_intent)

    def test_what_a_crash_cut_short_here_is_mended(self, ours: Path, theirs: Path) -> None:
        """In a file the other copy brings nothing for, too."""
        for path in (ours / "books" / "FREE-0001.yml", ours / "events" / f"{Ledger(ours).writer}.yml"):
            path.write_bytes(path.read_bytes() + b'- {"id": "2026')
        merge(ours, theirs)
        assert_settled(ours, *intents(1), *intents(2))
        notes = [event.data["set_aside"] for event in Ledger(ours).events() if event.kind == "torn_line"]
        assert [str(note).split(".yml")[0] for note in notes] == [
            "ledger/books/FREE-0001",
            f"ledger/events/{Ledger(ours).writer}",
        ]

    def test_an_intent_without_records_stays_where_it_is(self, ours: Path, theirs: Path) -> None:
        ledger = Ledger(theirs)
        with ledger.lock_computer("PC-0900"):
            ledger.open_intent(make_intent("PC-0900"))
        merge(ours, theirs)
        assert_settled(ours, *intents(1), *intents(2))

    def test_requests_and_confirmations(self, ours: Path, theirs: Path) -> None:
        request = apply_for(ours)
        merge(theirs, ours)
        decide(theirs, request, "approved")
        confirm(theirs)
        added = merge(ours, theirs)
        assert [(name, len(lines)) for name, lines in added.requests.items()] == [(request, 1)]
        assert [len(lines) for lines in added.confirmations.values()] == [1]
        assert content(ours / "requests") == content(theirs / "requests")
        assert content(ours / "confirmations") == content(theirs / "confirmations")
        assert Ledger(ours).verify() == ()
        assert merge(ours, theirs) == Additions()

    def test_more_books_than_files_may_be_open(self, ours: Path, theirs: Path) -> None:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        many = [install_intent(f"PC-{number}", "dpkg:a:all", f"FREE-{number}") for number in range(150)]
        write(theirs, many)
        open_files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_files + 50, limits[1]))
        try:
            merge(ours, theirs)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert_settled(ours, *intents(1), *intents(2), *many)


class TestRefusing:
    def test_a_foreign_line(self, ours: Path, theirs: Path) -> None:
        stranger = install_intent("PC-0999", "dpkg:x:all", "COM-0001").changes[0].records[0].record
        append(theirs / BOOK, encode_line(stranger))
        assert refused(ours, theirs) == [("theirs/ledger/books/COM-0001.yml", 4, "foreign")]

    def test_an_altered_line(self, ours: Path, theirs: Path) -> None:
        (theirs / BOOK).write_bytes((theirs / BOOK).read_bytes().replace(b"Lenovo", b"Huawei"))
        assert refused(ours, theirs) == [("theirs/ledger/books/COM-0001.yml", 3, "altered")]

    def test_a_record_both_have_with_other_bytes(self, ours: Path, theirs: Path) -> None:
        """Altered here after the other copy had taken it over."""
        merge(theirs, ours)
        (ours / BOOK).write_bytes((ours / BOOK).read_bytes().replace(b"Lenovo", b"Huawei"))
        assert refused(ours, theirs) == [("theirs/ledger/books/COM-0001.yml", 4, "duplicate")]

    def test_a_record_in_another_book(self, ours: Path, theirs: Path) -> None:
        """Two copies of a workspace, intent included, settled it in two books."""
        merge(theirs, ours)
        line = (ours / BOOK).read_bytes().splitlines()[2]
        append(ours / "books" / "FREE-0001.yml", line)
        (ours / BOOK).write_bytes((ours / BOOK).read_bytes().replace(line + b"\n", b""))
        assert refused(ours, theirs) == [("theirs/ledger/books/COM-0001.yml", 4, "duplicate")]

    @pytest.mark.parametrize("folder", ["runs", "events"])
    def test_two_copies_that_wrote_under_one_id(self, tmp_path: Path, ours: Path, folder: str) -> None:
        other = tmp_path / "theirs" / "ledger"
        shutil.copytree(ours, other)
        for root, copy in ((ours, 3), (other, 4)):
            if folder == "runs":
                carry_out(Ledger(root), intents(copy, 1)[0])
            else:
                Ledger(root).append_events([("notice", "", "", {"copy": copy})], at=NOW)
        assert refused(ours, other) == [(f"theirs/ledger/{folder}/{Ledger(ours).writer}.yml", 6, "forked")]

    def test_one_intent_settled_in_both(self, tmp_path: Path, ours: Path, theirs: Path) -> None:
        """The records agree and both have a commit line for them."""
        carry_out(Ledger(ours), make_intent("PC-0500"))
        carry_out(Ledger(theirs), make_intent("PC-0500"))
        later = max(Ledger(ours).writer, Ledger(theirs).writer)
        assert (f"ledger/runs/{later}.yml", 6, "repeated") in refused(ours, theirs)

    def test_a_change_that_is_not_settled_there(self, ours: Path, theirs: Path) -> None:
        open_intent = install_intent("PC-0900", "dpkg:wps-office:amd64", "COM-0001")
        ledger = Ledger(theirs)
        with ledger.lock_computer("PC-0900"):
            ledger.open_intent(open_intent)
        append(theirs / BOOK, encode_line(open_intent.changes[0].records[0].record))
        line = ("theirs/ledger/books/COM-0001.yml", 4, f"the change of record '{open_intent.id}/0' is not settled")
        assert [(file, number, text[: len(line[2])]) for file, number, text in refused(ours, theirs)] == [line]

    @pytest.mark.parametrize("name", [BOOK, "runs/{writer}.yml", "events/{writer}.yml"])
    def test_a_line_cut_short_there(self, ours: Path, theirs: Path, name: str) -> None:
        name = name.format(writer=Ledger(theirs).writer)
        path = theirs / name
        path.write_bytes(path.read_bytes()[:-20])
        files = [file for file, _line, _text in refused(ours, theirs)]
        assert f"theirs/ledger/{name}" in files

    def test_our_own_altered_line(self, ours: Path, theirs: Path) -> None:
        (ours / BOOK).write_bytes((ours / BOOK).read_bytes().replace(b"Lenovo", b"Huawei"))
        assert refused(ours, theirs) == [("ledger/books/COM-0001.yml", 3, "altered")]

    def test_every_line_in_the_way_is_named(self, ours: Path, theirs: Path) -> None:
        append(theirs / BOOK, b"- {}", b"<<<<<<< HEAD")
        (theirs / "books" / "my notes.yml").write_bytes(b"")
        assert [(file.rpartition("/")[2], line) for file, line, _ in refused(ours, theirs)] == [
            ("COM-0001.yml", 4),
            ("COM-0001.yml", 5),
            ("my notes.yml", 0),
        ]

    def test_a_request_decided_in_both(self, ours: Path, theirs: Path) -> None:
        request = apply_for(ours)
        merge(theirs, ours)
        decide(theirs, request, "approved")
        decide(ours, request, "rejected")
        merge(ours, theirs)
        merge(theirs, ours)
        for root in (ours, theirs):
            (problem,) = Ledger(root).verify()
            assert (problem.file, problem.message.split(":")[0]) == (f"ledger/requests/{request}.yml", "contradictory")
            assert "zhengban request new" in problem.hint
            file = Ledger(root).request(request)
            assert file is not None and file.is_contradictory and len(file.entries) == 3
            assert tidy(Ledger(root), at=NOW) == ()
            take_checkpoint(Store(root), Ledger(root).snapshot(), at=NOW)
        assert not any(msgspec.structs.astuple(merge(ours, theirs)))

    def test_two_applications_under_one_id(self, ours: Path, theirs: Path, tmp_path: Path) -> None:
        other = tmp_path / "copied" / "ledger"
        shutil.copytree(ours, other)
        request = apply_for(ours)
        assert apply_for(other, at=LATER) == request
        assert (f"copied/ledger/requests/{request}.yml", 3, "forked") in refused(ours, other)

    def test_itself(self, ours: Path) -> None:
        with pytest.raises(InputError, match="this is the ledger itself"):
            merge(ours, ours.parent)

    def test_no_ledger(self, ours: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="neither a workspace with a ledger nor a ledger"):
            merge(ours, tmp_path / "nothing")

    def test_while_another_run_is_arming(self, ours: Path, theirs: Path) -> None:
        with Ledger(ours).lock_workspace(), pytest.raises(Busy, match="arming or merging"):
            merge(ours, theirs)

    def test_into_a_network_share(self, tmp_path: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ledger_module, "read_mountinfo", lambda: "1 0 0:1 / / rw - nfs4 server:/ rw")
        with pytest.raises(LedgerError, match="nfs4"):
            merge(tmp_path / "ours", theirs)
        for write in (lambda root: tidy(Ledger(root), at=NOW), apply_for, confirm):
            with pytest.raises(LedgerError, match="nfs4"):
                write(tmp_path / "ours")
        assert not (tmp_path / "ours").exists()


def test_planning_writes_nothing(ours: Path, theirs: Path) -> None:
    before = content(ours)
    assert plan_merge(ours, Ledger(ours).snapshot(), read_copy(theirs)).books
    assert content(ours) == before


@pytest.mark.parametrize("how", ["before", "half", "after"])
def test_crash_at_every_step(tmp_path: Path, ours: Path, theirs: Path, how: str) -> None:
    """Merging again completes it, and what was cut short is set aside."""
    request = apply_for(theirs)
    for step in range(1, 60):
        root = tmp_path / str(step) / "ledger"
        shutil.copytree(ours, root)
        copy = read_copy(theirs)
        ledger = Ledger(root)
        stop = Interrupted(step, how)
        try:
            with interrupted(stop):
                merge_copy(ledger, copy, at=LATER)
        except Crash:
            merge_copy(Ledger(root), copy, at=LATER)
        assert_settled(root, *intents(1), *intents(2))
        assert Ledger(root).request(request) == Ledger(theirs).request(request)
        if stop.count < step:
            break
    assert 10 < step < 59


Edit = Callable[[list[bytes]], list[bytes]]


class TestTidying:
    """What git's union of branches that were merged both ways leaves, by hand; ``test_git`` has git do it."""

    @pytest.fixture
    def both(self, ours: Path, theirs: Path) -> Path:
        write(ours, [install_intent(f"PC-9{n}", "dpkg:a:all", "COM-0001") for n in range(3)])
        merge(ours, theirs)
        return ours

    @pytest.mark.parametrize("name", [BOOK, "runs/{writer}.yml", "events/{writer}.yml"])
    @pytest.mark.parametrize(
        "change",
        [
            lambda lines: [*lines, lines[0]],
            lambda lines: [lines[0], *lines],
            lambda lines: [lines[1], lines[0], *lines[2:]],
            lambda lines: [*reversed(lines), *lines],
        ],
        ids=["doubled", "doubled at the start", "reordered", "doubled and reordered"],
    )
    def test_each_line_goes_to_its_place_once(self, both: Path, name: str, change: Edit) -> None:
        writer = Ledger(both).writer
        path = both / name.format(writer=writer)
        before = content(both)
        header, lines = path.read_bytes().splitlines(keepends=True)[:2], path.read_bytes().splitlines(keepends=True)[2:]
        path.write_bytes(b"".join([*header, *change(lines)]))
        assert Ledger(both).verify() != ()
        assert tidy(Ledger(both), at=NOW) == (path,)
        assert Ledger(both).verify() == ()
        if name != BOOK:
            assert content(both) == before
        assert sorted(path.read_bytes().splitlines()[2:]) == sorted(line.rstrip(b"\n") for line in lines)
        assert tidy(Ledger(both), at=NOW) == ()

    def test_comments_stay(self, both: Path) -> None:
        lines = (both / BOOK).read_bytes().splitlines(keepends=True)
        doubled = [*lines[:2], b"# checked\n", *lines[2:], b"# again\n", lines[2]]
        (both / BOOK).write_bytes(b"".join(doubled))
        tidy(Ledger(both), at=NOW)
        assert (both / BOOK).read_bytes() == b"".join([*lines[:2], b"# checked\n", *lines[2:], b"# again\n"])

    def test_anything_else_is_named_and_nothing_changed(self, both: Path) -> None:
        lines = (both / BOOK).read_bytes().splitlines(keepends=True)
        (both / BOOK).write_bytes(b"".join([*lines, lines[2], lines[3].replace(b"Lenovo", b"Huawei")]))
        before = content(both)
        with pytest.raises(InputError) as caught:
            tidy(Ledger(both), at=NOW)
        assert [problem.line for problem in caught.value.problems] == [len(lines) + 1, len(lines) + 2]
        assert content(both) == before
