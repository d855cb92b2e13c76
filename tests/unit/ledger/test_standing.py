# SPDX-License-Identifier: Apache-2.0
"""The fast reading of all holdings gives what the fold of all lines gives, or declines."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.ledger.examples import NOW, RUN, carry_out, install_intent, make_intent, make_record
from zhengban.ledger import Ledger, intent_id, record_id
from zhengban.ledger.chain import START
from zhengban.ledger.holdings import by_book
from zhengban.ledger.lines import encode_json, encode_line, hash_line
from zhengban.ledger.snapshot import Store
from zhengban.ledger.standing import read_standing
from zhengban.model.errors import LedgerError
from zhengban.model.record import Commit, Intent, Standing

ACTIONS = st.tuples(
    st.sampled_from(["PC-1", "PC-2"]),
    st.lists(
        st.tuples(
            st.sampled_from(["install", "uninstall", "correct"]),
            st.sampled_from(["dpkg:a:amd64", "dpkg:b:amd64"]),
            st.sampled_from(["COM-1", "COM-2", "FREE-1"]),
            st.sampled_from(["1.0", "", "x[1]"]),
            st.integers(0, 2),
        ),
        max_size=3,
    ),
)


def write_ledger(root: Path, units: list[tuple[str, list[tuple[str, str, str, str, int]]]]) -> None:
    """Books and commit lines of one writer; record dates may go back, as what is stated late does."""
    books: dict[str, list[bytes]] = {}
    commits: list[bytes] = []
    for number, (computer, rows) in enumerate(units):
        # A run that began later may be settled earlier.
        run = f"20261123T0930{99 - number:02}Z-a3f0c1"
        entries = []
        for index, (action, package, book, version, days) in enumerate(rows):
            identity = record_id(intent_id(run, computer), index)
            day = dt.date(2026, 11, 23) - dt.timedelta(days=days)
            line = encode_line(make_record(identity, action, package, version, date=day))
            books.setdefault(book, []).append(line)
            entries.append((identity, book, hash_line(line)))
        prev = hash_line(commits[-1]) if commits else START
        commit = Commit(
            seq=len(commits) + 1,
            prev=prev,
            at=NOW,
            run=run,
            computer=computer,
            plan=str(number),
            records=tuple(entries),
        )
        commits.append(encode_line(commit))
    for folder in ("books", "runs"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for path in (root / folder).iterdir():
            path.unlink()
    for book, lines in books.items():
        header = b"number: " + encode_json(book) + b"\nrecords:\n"
        (root / "books" / f"{book}.yml").write_bytes(header + b"".join(line + b"\n" for line in lines))
    header = b'writer: "aaaaaa"\ncommits:\n'
    (root / "runs" / "aaaaaa.yml").write_bytes(header + b"".join(line + b"\n" for line in commits))


def rows_of(standing: Standing | None) -> list[tuple[str, str, str, str, int, dt.date | None]]:
    """What views see of it; empty parts of it say something too."""
    assert standing is not None
    assert all(held for packages in standing.values() for held in (packages, *packages.values()))
    return sorted(
        (book, package, computer, install.version, install.quantity, install.date)
        for book, packages in standing.items()
        for package, held in packages.items()
        for computer, install in held.items()
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(units=st.lists(ACTIONS, max_size=8))
def test_fast_and_exact_readings_agree(units: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    root = tmp_path / "ledger"
    write_ledger(root, units)
    assert rows_of(read_standing(Store(root))) == rows_of(by_book(Ledger(root).recall().holdings))


class TestDeclines:
    """Where the order of a book's lines need not be the order they were committed in."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = tmp_path / "ledger"
        ledger = Ledger(root)
        carry_out(ledger, make_intent("PC-0001"))
        carry_out(ledger, make_intent("PC-0002"))
        assert rows_of(read_standing(Store(root))) == rows_of(by_book(ledger.recall().holdings))
        return root

    @pytest.fixture(autouse=True)
    def _same_all_the_same(self, root: Path):  # type: ignore[no-untyped-def]
        yield
        assert read_standing(Store(root)) is None
        assert Ledger(root).standing() == by_book(Ledger(root).recall().holdings)

    def test_two_writers(self, root: Path) -> None:
        other = Ledger(root.parent / "other")
        carry_out(other, install_intent("PC-0003", "dpkg:b:all", "FREE-0009"))
        (path,) = (other.root / "runs").iterdir()
        path.rename(root / "runs" / path.name)
        (other.root / "books" / "FREE-0009.yml").rename(root / "books" / "FREE-0009.yml")

    def test_recovered_unit(self, root: Path) -> None:
        (path,) = (root / "runs").iterdir()
        path.write_bytes(path.read_bytes().replace(b'"recovered": false', b'"recovered": true'))

    def test_repeated_record(self, root: Path) -> None:
        path = root / "books" / "FREE-0002.yml"
        path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])

    def test_record_without_a_commit_line(self, root: Path) -> None:
        record = make_record(f"{RUN}/PC-0007/0", "install", "dpkg:a:amd64", "1")
        with (root / "books" / "FREE-0002.yml").open("ab") as stream:
            stream.write(encode_line(record) + b"\n")

    def test_commit_lines_out_of_order(self, root: Path) -> None:
        (path,) = (root / "runs").iterdir()
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:2], lines[3], lines[2]]))

    def test_unit_that_is_there_twice(self, root: Path) -> None:
        (path,) = (root / "runs").iterdir()
        seq = len(path.read_bytes().splitlines()) - 1
        commit = Commit(seq=seq, prev=START, at=NOW, run=RUN, computer="PC-0001", plan="")
        with path.open("ab") as stream:
            stream.write(encode_line(commit) + b"\n")

    def test_last_line_without_a_newline(self, root: Path) -> None:
        path = root / "books" / "FREE-0002.yml"
        path.write_bytes(path.read_bytes()[:-1])


def test_number_with_a_bracket_is_no_record(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    carry_out(ledger, _renamed(make_intent("PC-0003")))
    read = rows_of(read_standing(Store(ledger.root)))
    assert read
    assert read == rows_of(by_book(ledger.recall().holdings))


def test_removed_record_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    carry_out(ledger, make_intent("PC-0001"))
    path = ledger.root / "books" / "FREE-0002.yml"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(LedgerError, match=r"FREE-0002.yml: 1 records that commit lines name are missing"):
        ledger.standing()


def _renamed(intent: Intent) -> Intent:
    changes = tuple(
        msgspec.structs.replace(
            change,
            records=tuple(msgspec.structs.replace(item, book=f"{item.book}[1]") for item in change.records),
        )
        for change in intent.changes
    )
    return msgspec.structs.replace(intent, changes=changes)
