# SPDX-License-Identifier: Apache-2.0
"""What the ledger remembers: first detections, holdings, losses and used plans, in a stated order."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest

from tests.unit.ledger.examples import NOW, RUN, all_done, carry_out, make_intent, make_record
from zhengban.ledger import Ledger
from zhengban.ledger.chain import merge_writers
from zhengban.ledger.events import events_of
from zhengban.ledger.history import fold_first_seen, last_register_size
from zhengban.ledger.holdings import fold_holdings
from zhengban.model.errors import LedgerError
from zhengban.model.record import EMPTY_HISTORY, BookedRecord, Event, History, Holding, Loss

HOUR = dt.timedelta(hours=1)


def books_of(rows: list[BookedRecord]) -> dict[tuple[str, str], str]:
    return {place: held.number for place, held in fold_holdings(rows, {}).items()}


WPS = "dpkg:wps-office:amd64"


def booked(book: str, identity: str, action: str, date: str) -> BookedRecord:
    record = make_record(identity, action, WPS, "1", date=dt.date.fromisoformat(date))
    return BookedRecord(book=book, record=record)


def event(seq: int, at: dt.datetime, kind: str = "notice", computer: str = "", **data: object) -> Event:
    return Event(seq=seq, prev="", at=at, kind=kind, computer=computer, data=data)


def history_of(tmp_path: Path, now: dt.datetime = NOW, window_hours: int = 24) -> History:
    return Ledger(tmp_path / "ledger").history(now=now, window_hours=window_hours, armed_dir=tmp_path / "armed")


def write_armed(tmp_path: Path, run: str, **fields: object) -> None:
    folder = tmp_path / "armed"
    folder.mkdir(exist_ok=True)
    (folder / f"{run}.json").write_text(json.dumps({"run": run, **fields}), encoding="utf-8")


def test_empty_ledger_has_no_history_and_is_not_made(tmp_path: Path) -> None:
    assert history_of(tmp_path) == EMPTY_HISTORY
    assert list(tmp_path.iterdir()) == []


class TestHoldings:
    def test_upgrade_moves_to_the_new_book(self) -> None:
        install = booked("COM-0001", "r1/PC/0", "install", "2026-01-01")
        upgrade = (
            booked("COM-0002", "r2/PC/1", "install", "2026-02-01"),
            booked("COM-0001", "r2/PC/0", "uninstall", "2026-02-01"),
        )
        assert books_of([*upgrade, install]) == {("PC", WPS): "COM-0002"}

    def test_same_day_goes_by_run_then_index_as_a_number(self) -> None:
        removed = booked("COM-0001", "r2/PC/0", "uninstall", "2026-01-01")
        came = booked("COM-0001", "r1/PC/0", "install", "2026-01-01")
        assert books_of([removed, came]) == {}
        tenth = booked("COM-0001", "r3/PC/10", "install", "2026-01-01")
        second = booked("COM-0001", "r3/PC/2", "uninstall", "2026-01-01")
        assert books_of([tenth, second]) == {("PC", WPS): "COM-0001"}

    def test_repeated_id_counts_once(self) -> None:
        install = booked("COM-0001", "r1/PC/0", "install", "2026-01-01")
        gone = booked("COM-0001", "r2/PC/0", "uninstall", "2026-01-02")
        assert books_of([install, gone, install]) == {}

    def test_computers_are_kept_apart(self) -> None:
        rows = [
            booked("COM-0001", "r1/PC-1/0", "install", "2026-01-01"),
            booked("COM-0001", "r1/PC-2/0", "uninstall", "2026-01-01"),
        ]
        assert books_of(rows) == {("PC-1", WPS): "COM-0001"}

    def test_a_correction_says_what_is_true_from_then_on(self) -> None:
        there = booked("COM-0009", "r2/PC-1/0", "correct", "2026-01-02")
        gone = BookedRecord(
            book="COM-0009",
            record=msgspec.structs.replace(there.record, id="r3/PC-1/0", version="", date=dt.date(2026, 1, 3)),
        )
        before = booked("COM-0001", "r1/PC-1/0", "install", "2026-01-01")
        assert books_of([before, there]) == {("PC-1", WPS): "COM-0009"}
        assert books_of([before, there, gone]) == {}


def test_what_came_with_something_else_takes_no_seat() -> None:
    """A dependency that stays kept the seat of the software it came for (C9)."""
    history = History(
        holdings={
            ("PC-1", WPS): Holding(number="COM-0001"),
            ("PC-1", "dpkg:fonts:all"): Holding(number="COM-0001", quantity=0),
            ("PC-2", "dpkg:fonts:all"): Holding(number="COM-0001", quantity=0),
        },
    )
    assert history.seats_taken == {"COM-0001": 1}


class TestFirstSeen:
    def test_first_day_stands_until_closed(self) -> None:
        finding = {"code": "unlisted", "package": "dpkg:game:amd64"}
        rows = [
            event(1, NOW, "first_detection", "PC", date="2026-11-20", **finding),
            event(2, NOW, "first_detection", "PC", date="2026-11-21", **finding),
        ]
        key = ("PC", "unlisted", "dpkg:game:amd64")
        assert fold_first_seen(rows) == {key: dt.date(2026, 11, 20)}
        rows.append(event(3, NOW, "detection_closed", "PC", **finding))
        assert fold_first_seen(rows) == {}
        rows.append(event(4, NOW, "first_detection", "PC", **finding))
        assert fold_first_seen(rows) == {key: NOW.date()}

    def test_date_that_is_none_is_named(self) -> None:
        with pytest.raises(LedgerError, match="date 'soon' is not a day"):
            fold_first_seen([event(7, NOW, "first_detection", "PC", date="soon")])


def test_register_size_is_of_the_last_arming() -> None:
    rows = [event(1, NOW, "armed", register_size=40), event(2, NOW, "armed", register_size=41), event(3, NOW)]
    assert last_register_size(rows) == 41
    assert last_register_size([]) == 0


def test_clock_going_back_does_not_change_the_order_of_a_writer() -> None:
    ours = [event(1, NOW), event(2, NOW - 5 * HOUR), event(3, NOW + HOUR)]
    theirs = [event(1, NOW - HOUR), event(2, NOW + HOUR / 2)]
    merged = merge_writers({"bbbbbb": ours, "aaaaaa": theirs})
    assert merged == (theirs[0], ours[0], ours[1], theirs[1], ours[2])


class TestLosses:
    def test_settled_removal_counts_within_the_window(self, tmp_path: Path) -> None:
        carry_out(Ledger(tmp_path / "ledger"), make_intent(), at=NOW)
        loss = Loss(at=NOW, computer="PC-0007", run=RUN)
        assert history_of(tmp_path, NOW + 24 * HOUR).losses == (loss,)
        assert history_of(tmp_path, NOW + 25 * HOUR).losses == ()

    def test_nothing_removed_is_no_loss(self, tmp_path: Path) -> None:
        ledger, intent = Ledger(tmp_path / "ledger"), make_intent()
        kept = [item for item in all_done(intent) if "game" not in item.package]
        with ledger.lock_computer("PC-0007"):
            ledger.open_intent(intent)
            ledger.settle(intent, kept, at=NOW)
        write_armed(
            tmp_path, RUN, expires="2026-11-23T13:30:00Z", losing=["PC-0007", "PC-0008"], at="2026-11-23T09:30:00Z"
        )
        # Settled without a loss: the arming no longer speaks for PC-0007, only for PC-0008.
        assert history_of(tmp_path).losses == (Loss(at=NOW, computer="PC-0008", run=RUN),)

    def test_open_intent_and_armed_run_count_once_each(self, tmp_path: Path) -> None:
        ledger = Ledger(tmp_path / "ledger")
        with ledger.lock_computer("PC-0007"):
            ledger.open_intent(make_intent())
        write_armed(tmp_path, RUN, expires="2026-11-23T13:30:00Z", losing=["PC-0007"])
        write_armed(tmp_path, "old", expires="2026-11-23T09:30:00Z", losing=["PC-0009"])
        write_armed(tmp_path, "other", expires="2026-11-23T13:30:00Z", losing=["PC-0007"], targets=["PC-0007"])
        assert history_of(tmp_path).losses == (
            Loss(at=NOW, computer="PC-0007", run=RUN),
            Loss(at=NOW, computer="PC-0007", run="other"),
        )

    def test_damaged_arming_is_not_passed_over(self, tmp_path: Path) -> None:
        write_armed(tmp_path, RUN)
        with pytest.raises(LedgerError, match=r"armed.*expires.*remove the file and arm again"):
            history_of(tmp_path)


def test_plans_are_used_from_intent_on(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    carry_out(ledger, make_intent("PC-0001", plan="a"))
    with ledger.lock_computer("PC-0002"):
        ledger.open_intent(make_intent("PC-0002", plan="b"))
    assert history_of(tmp_path).used == {(RUN, "PC-0001", "a"), (RUN, "PC-0002", "b")}


def test_history_of_two_runs(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    carry_out(ledger, make_intent())
    later = NOW + HOUR
    ledger.append_events(
        [
            ("armed", RUN, "", {"register_size": 42, "targets": {"PC-0007": "hash"}}),
            ("first_detection", RUN, "PC-0007", {"code": "unlisted", "package": "dpkg:x:all", "date": NOW.date()}),
        ],
        at=later,
    )
    history = history_of(tmp_path, later)
    assert history.register_size == 42
    assert history.first_seen == {("PC-0007", "unlisted", "dpkg:x:all"): NOW.date()}
    assert history.number_of("PC-0007", WPS) == "COM-0002"
    assert ("PC-0007", "dpkg:game:amd64") not in history.holdings


@pytest.mark.parametrize(
    "file", ["books/COM-0001.yml", "runs/{writer}.yml", "events/{writer}.yml", "pending/PC-0008.json"]
)
def test_unreadable_line_stops_history_and_is_named(tmp_path: Path, file: str) -> None:
    """A commit line that cannot be read would make a window limit too wide."""
    ledger = Ledger(tmp_path / "ledger")
    carry_out(ledger, make_intent())
    ledger.append_events([("notice", "", "", {})], at=NOW)
    name = file.format(writer=ledger.writer)
    path = tmp_path / "ledger" / name
    path.write_bytes((path.read_bytes() if path.exists() else b"") + b"- {damaged\n")
    with pytest.raises(LedgerError) as caught:
        history_of(tmp_path)
    assert f"ledger/{name}" in str(caught.value)
    assert [problem.file for problem in ledger.read_problems()] == [f"ledger/{name}"]


class TestEvents:
    @pytest.mark.parametrize(
        ("data", "where"),
        [
            ({"a": [1, {"b": 0.5}]}, r"data\.a\[1\]\.b: 0\.5"),
            ({"a": 2**60}, r"data\.a"),
            ({"k" * 200: 1}, "key"),
            ({"a": {1: "x"}}, "key 1"),
        ],
    )
    def test_data_readers_disagree_on_are_refused(self, data: dict[str, object], where: str) -> None:
        with pytest.raises(ValueError, match=where):
            events_of([("notice", "", "", data)], at=NOW)

    def test_moment_needs_a_zone(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="without a time zone"):
            Ledger(tmp_path / "ledger").append_events([("notice", "", "", {})], at=dt.datetime(2026, 1, 1))

    def test_no_rows_touch_nothing(self, tmp_path: Path) -> None:
        Ledger(tmp_path / "ledger").append_events([], at=NOW)
        assert list(tmp_path.iterdir()) == []
