# SPDX-License-Identifier: Apache-2.0
"""From an intent to records: what is verified is booked, once, and reads back the same from every YAML tool."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.ledger.examples import (
    NOW,
    RUN,
    all_done,
    assert_settled,
    carry_out,
    ids_in_books,
    install_intent,
    make_intent,
    read_as_yaml,
    recover,
)
from zhengban.ledger import Ledger
from zhengban.model.errors import LedgerError
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Intent

HOSTILE = ["{{ 7*7 }}", "$(touch x)", "a'b\"c", '- {"action":"install"}', "正" * 300, "a\0b\x85c\u2028d\udc80e🧧"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def book_of(root: Path, book: str) -> object:
    return read_as_yaml(root / "books" / f"{book}.yml")


def test_making_the_object_touches_nothing(root: Path) -> None:
    ledger = Ledger(root)
    assert (ledger.pending(), ledger.books(), ledger.all_records(), ledger.verify()) == ((), (), (), ())
    assert ledger.pending_of("PC-0007") is None
    assert not root.exists()


def test_first_write_makes_the_folder(root: Path) -> None:
    ledger = Ledger(root)
    with ledger.lock_workspace():
        names = sorted(path.name for path in root.iterdir())
    assert names == [
        ".gitignore",
        ".locks",
        "books",
        "confirmations",
        "events",
        "needs",
        "pending",
        "purchases",
        "requests",
        "runs",
    ]
    assert {".writer", ".locks/", "pending/"} <= set((root / ".gitignore").read_text(encoding="utf-8").split())
    assert Ledger(root).writer == ledger.writer
    assert len(ledger.writer) == 6


def test_everything_done(root: Path) -> None:
    intent = make_intent()
    booked = carry_out(Ledger(root), intent)
    assert booked == tuple(item for change in intent.changes for item in change.records)
    assert Ledger(root).books() == ("COM-0001", "COM-0002", "FREE-0002", "UNLISTED")
    assert (root / "books" / "COM-0001.yml").read_bytes().startswith(b'number: "COM-0001"\nrecords:\n- {"id": "')
    assert [record.package for record in Ledger(root).records("FREE-0002")] == ["dpkg:7zip:amd64", "dpkg:lib7z:amd64"]
    (commit,) = Ledger(root).commits()
    assert (commit.seq, commit.prev, commit.removed, commit.recovered) == (1, "0" * 64, 2, False)
    assert [book for _, book, _ in commit.records] == [item.book for item in booked]
    assert_settled(root, intent)


def test_only_what_was_verified_is_booked_and_the_verified_version_wins(root: Path) -> None:
    ledger, intent = Ledger(root), make_intent()
    outcomes = (
        Outcome(package="dpkg:wps-office:amd64", state="done", version="12.1.7"),
        Outcome(package="dpkg:game:amd64", state="not_done", version="1.0", reason="prerm failed"),
        Outcome(package="dpkg:7zip:amd64", state="done"),
    )
    with ledger.lock_computer("PC-0007"):
        ledger.open_intent(intent)
        booked = ledger.settle(intent, outcomes, evidence="attested:E0002", at=NOW)
    assert [(item.book, item.record.action, item.record.version) for item in booked] == [
        ("COM-0001", "uninstall", "11.1.0"),
        ("COM-0002", "install", "12.1.7"),
        ("FREE-0002", "install", "23.01"),
    ]
    assert {item.record.evidence for item in booked} == {"attested:E0002"}
    assert ledger.books() == ("COM-0001", "COM-0002", "FREE-0002")
    assert ledger.verify() == ()


def test_nothing_done_still_uses_the_plan_up(root: Path) -> None:
    ledger, intent = Ledger(root), make_intent()
    with ledger.lock_computer("PC-0007"):
        ledger.open_intent(intent)
        assert ledger.settle(intent, (), at=NOW) == ()
    (commit,) = ledger.commits()
    assert (commit.plan, commit.removed, commit.records) == (intent.plan, 0, ())
    assert ledger.books() == ()
    assert ledger.verify() == ()


def test_settling_again_adds_nothing(root: Path) -> None:
    ledger, intent = Ledger(root), make_intent()
    booked = carry_out(ledger, intent)
    for again in (ledger, Ledger(root)):
        with again.lock_computer("PC-0007"):
            assert again.settle(intent, all_done(intent), at=NOW) == booked
            assert again.settle(intent, (), at=NOW) == booked
    assert_settled(root, intent)


def test_open_intent_outlives_its_process(root: Path) -> None:
    intent = make_intent()
    ledger = Ledger(root)
    with ledger.lock_computer("PC-0007"):
        ledger.open_intent(intent)
    assert Ledger(root).pending() == (intent,)
    assert Ledger(root).pending_of("PC-0007") == intent
    recover(root)
    assert_settled(root, intent)


def test_intent_of_another_run_is_not_overwritten(root: Path) -> None:
    ledger, intent, other = Ledger(root), make_intent(), make_intent(run="20261124T000000Z-000001")
    with ledger.lock_computer("PC-0007"):
        ledger.open_intent(intent)
        with pytest.raises(LedgerError, match=r"is in flight, not 20261124T000000Z-000001/PC-0007"):
            ledger.settle(other, all_done(other), at=NOW)
    assert ledger.pending() == (intent,)
    assert ledger.books() == ()


def test_commits_are_chained_in_the_order_written_whatever_the_clock_says(root: Path) -> None:
    ledger = Ledger(root)
    moments = [NOW.replace(hour=12), NOW.replace(hour=3), NOW.replace(hour=7)]
    for number, moment in enumerate(moments):
        carry_out(ledger, make_intent(f"PC-{number}"), at=moment)
    commits = Ledger(root).commits()
    assert [(commit.seq, commit.at) for commit in commits] == list(enumerate(moments, 1))
    assert ledger.verify() == ()


def _renamed(intent: Intent, index: int, **fields: object) -> Intent:
    """The intent with the fields of one of its first change's records changed."""
    change = intent.changes[0]
    records = list(change.records)
    record = msgspec.structs.replace(records[index].record, **fields)
    records[index] = BookedRecord(book=records[index].book, record=record)
    changed = msgspec.structs.replace(change, records=tuple(records))
    return msgspec.structs.replace(intent, changes=(changed, *intent.changes[1:]))


@pytest.mark.parametrize(
    "intent",
    [
        msgspec.structs.replace(make_intent(), id="20261124T000000Z-000001/PC-0007"),
        _renamed(make_intent(), 1, id=f"{RUN}/PC-0007/0"),
        _renamed(make_intent(), 1, id=f"{RUN}/PC-0008/1"),
        _renamed(make_intent(), 1, computer="PC-0008"),
    ],
    ids=["intent id", "repeated id", "id of another intent", "record of another computer"],
)
def test_intent_that_does_not_agree_with_itself_is_refused(root: Path, intent: Intent) -> None:
    ledger = Ledger(root)
    with ledger.lock_computer("PC-0007"), pytest.raises(ValueError, match=RUN):
        ledger.open_intent(intent)
    assert ledger.pending() == ()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("books/COM-0002.yml", "number: COM-0002\nrecords: []\n"),
        ("runs/{writer}.yml", 'writer: "{writer}"\ncommits:\n- edited\n'),
    ],
)
def test_damaged_file_refuses_before_the_host_is_touched(root: Path, file: str, text: str) -> None:
    ledger = Ledger(root)
    path = root / file.format(writer=ledger.writer)
    path.write_text(text.replace("{writer}", ledger.writer), encoding="utf-8")
    with ledger.lock_computer("PC-0007"), pytest.raises(LedgerError, match=path.name):
        ledger.open_intent(make_intent())
    assert ledger.pending() == ()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_data(root: Path, text: str) -> None:
    """As a package, and as the numbers of a book and a computer where a file name can hold them."""
    number = text if len(text) < 100 else "COM-0001"
    intent = install_intent(number, f"dpkg:{text}:amd64", number)
    (booked,) = carry_out(Ledger(root), intent)
    (path,) = (root / "books").iterdir()
    document = read_as_yaml(path)
    assert isinstance(document, dict)
    (row,) = document["records"]
    assert list(document) == ["number", "records"]
    assert (document["number"], row["package"], row["computer"]) == (
        Ledger(root).books()[0],
        booked.record.package,
        booked.record.computer,
    )
    assert booked.record.package == f"dpkg:{text}:amd64".replace("\udc80", "\\x80")
    assert Ledger(root).records(Ledger(root).books()[0]) == (booked.record,)
    assert Ledger(root).verify() == ()
    assert sorted(path.name for path in root.parent.iterdir()) == ["ledger"]


def test_hostile_names_are_settled_after_a_crash_too(root: Path) -> None:
    """What a host sends may hold bytes that are no text; on disk they are text, and still the same package."""
    intent = install_intent("PC-\udc80", "dpkg:a\udc80:amd64", "COM\udc80")
    ledger = Ledger(root)
    with ledger.lock_computer(intent.computer):
        ledger.open_intent(intent)
    again = Ledger(root)
    (there,) = again.pending()
    with again.lock_computer(there.computer):
        assert len(again.settle(there, all_done(intent), at=NOW)) == 1
        assert len(again.settle(intent, all_done(intent), at=NOW)) == 1
    assert ids_in_books(root) == [f"{RUN}/PC-\\x80/0"]
    assert again.verify() == ()


def test_events_and_commits_are_yaml_too(root: Path) -> None:
    ledger = Ledger(root)
    carry_out(ledger, make_intent())
    ledger.append_events(
        [("notice", RUN, "PC-0007", {"text": text, "n": 1, "list": [True, None]}) for text in HOSTILE[:5]], at=NOW
    )
    events = read_as_yaml(root / "events" / f"{ledger.writer}.yml")
    assert isinstance(events, dict)
    assert [row["data"]["text"] for row in events["events"]] == HOSTILE[:5]
    assert [row["seq"] for row in events["events"]] == [1, 2, 3, 4, 5]
    commits = read_as_yaml(root / "runs" / f"{ledger.writer}.yml")
    assert isinstance(commits, dict)
    assert commits["writer"] == ledger.writer
    assert [event.data["text"] for event in ledger.events()] == HOSTILE[:5]
    assert ledger.verify() == ()
