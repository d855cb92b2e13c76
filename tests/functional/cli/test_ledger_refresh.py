# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger refresh``, and what ``validate`` says when it is due (L6, L7)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import Result

from zhengban.documents.schemas import validator_for
from zhengban.ledger import Ledger
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Change, Intent, Record
from zhengban.report import refreshing

Invoke = Callable[..., Result]

TODAY = dt.date(2026, 11, 23)
SUMMARY, DETAIL = "ledger/summary.yml", "ledger/detail.yml"


@pytest.fixture
def book_installs(root: Path) -> Callable[[Iterable[tuple[str, str, str]]], None]:
    """Write installs of (computer, package, book) into the ledger, one run each."""

    def book(rows: Iterable[tuple[str, str, str]]) -> None:
        ledger = Ledger(root / "ledger")
        for index, (computer, package, number) in enumerate(rows):
            run = f"20261123T0930{index:02}Z-abcdef"
            record = Record(
                id=f"{run}/{computer}/0",
                action="install",
                computer=computer,
                package=f"dpkg:{package}:amd64",
                version="1.0",
                date=TODAY,
                quantity=1,
                cause="deployment",
                evidence="verified",
                run=run,
                by="ops@controller",
            )
            change = Change(
                package=record.package, kind="install", new="1.0", records=(BookedRecord(book=number, record=record),)
            )
            at = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
            intent = Intent(id=f"{run}/{computer}", run=run, computer=computer, plan="3" * 64, at=at, changes=(change,))
            with ledger.lock_computer(computer):
                ledger.open_intent(intent)
                ledger.settle(intent, [Outcome(package=record.package, state="done", version="1.0")], at=at)

    return book


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    """Set the day the commands run on."""

    class Clock(dt.datetime):
        day = TODAY

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return dt.datetime.combine(cls.day, dt.time(4), tz)

    from zhengban.cli import ledger_refresh, validate

    class Module:
        UTC = dt.UTC
        datetime = Clock

    monkeypatch.setattr(ledger_refresh, "dt", Module)
    monkeypatch.setattr(validate, "dt", Module)

    def set_day(day: dt.date) -> None:
        Clock.day = day

    return set_day


def read(root: Path, file: str) -> Any:
    return yaml.safe_load((root / file).read_text(encoding="utf-8"))


@pytest.mark.usefixtures("today")
def test_refresh_makes_both_forms_and_says_so(invoke: Invoke, root: Path, book_installs: Any) -> None:
    book_installs([("PC-0001", "wps-office", "COM-0001"), ("PC-0002", "wps-office", "COM-0001")])
    result = invoke("ledger", "refresh")
    assert (result.exit_code, result.stdout) == (0, f"wrote {SUMMARY}\nwrote {DETAIL}\n")
    summary, detail = read(root, SUMMARY), read(root, DETAIL)
    assert summary["summary"]["as_of"] == "2026-11-23"
    assert {row["number"]: row["installed"] for row in summary["summary"]["software"]}["COM-0001"] == 2
    assert {row["computer"] for row in detail["detail"]["installs"] if row.get("number") == "COM-0001"} == {
        "PC-0001",
        "PC-0002",
    }
    for kind, document in (("ledger-summary", summary), ("ledger-detail", detail)):
        assert list(validator_for(kind).iter_errors(document)) == []
    assert invoke("ledger", "verify").exit_code == 0


def test_same_day_gives_the_same_bytes_and_no_second_event(
    invoke: Invoke, root: Path, book_installs: Any, today: Any
) -> None:
    book_installs([("PC-0001", "wps-office", "COM-0001")])
    invoke("ledger", "refresh")
    files = [root / SUMMARY, root / DETAIL, *(root / "ledger/events").iterdir()]
    before = [path.read_bytes() for path in files]
    result = invoke("ledger", "refresh", "--format", "json")
    assert [path.read_bytes() for path in files] == before
    assert json.loads(result.stdout) == [{"file": file, "state": "current"} for file in (SUMMARY, DETAIL)]
    today(TODAY + dt.timedelta(days=1))
    assert invoke("ledger", "refresh", "--check").exit_code == 0
    invoke("ledger", "refresh")
    assert b"2026-11-24" in files[0].read_bytes()
    assert files[0].read_bytes() == before[0].replace(b"2026-11-23", b"2026-11-24")


@pytest.mark.usefixtures("today")
def test_check_writes_nothing(invoke: Invoke, root: Path, book_installs: Any) -> None:
    result = invoke("ledger", "refresh", "--check")
    assert (result.exit_code, result.stdout) == (1, f"{SUMMARY} is not there\n{DETAIL} is not there\n")
    assert not (root / "ledger").exists()
    invoke("ledger", "refresh")
    assert invoke("ledger", "refresh", "--check").exit_code == 0
    book_installs([("PC-0001", "wps-office", "COM-0001")])
    before = (root / SUMMARY).read_bytes()
    result = invoke("ledger", "refresh", "--check", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [{"file": file, "state": "outdated"} for file in (SUMMARY, DETAIL)]
    assert (root / SUMMARY).read_bytes() == before


@pytest.mark.usefixtures("today")
def test_serial_numbers_are_nowhere_in_clear(invoke: Invoke, root: Path) -> None:
    invoke("ledger", "refresh")
    text = (root / SUMMARY).read_text(encoding="utf-8") + (root / DETAIL).read_text(encoding="utf-8")
    assert "vault:" in (root / "policies/commercial.yml").read_text(encoding="utf-8")
    assert "vault" not in text
    assert '"serials": ["****"]' in text


@pytest.mark.usefixtures("today")
def test_damaged_line_stops_the_refresh_and_is_named(invoke: Invoke, root: Path, book_installs: Any) -> None:
    book_installs([("PC-0001", "wps-office", "COM-0001")])
    with (root / "ledger/books/COM-0001.yml").open("ab") as stream:
        stream.write(b"- {damaged\n")
    result = invoke("ledger", "refresh")
    assert result.exit_code == 2
    assert "ledger/books/COM-0001.yml:4" in result.stderr
    assert not (root / SUMMARY).exists()


@pytest.mark.usefixtures("today")
def test_an_altered_ledger_is_summed_up_and_said(invoke: Invoke, root: Path, book_installs: Any) -> None:
    book_installs([("PC-0001", "wps-office", "COM-0001")])
    book = root / "ledger/books/COM-0001.yml"
    book.write_bytes(book.read_bytes().replace(b'"quantity": 1', b'"quantity": 0'))
    with (root / "ledger/books/FREE-0001.yml").open("wb") as stream:
        stream.write(book.read_bytes().replace(b"COM-0001", b"FREE-0001"))
    result = invoke("ledger", "refresh")
    assert (result.exit_code, result.stdout) == (1, f"wrote {SUMMARY}\nwrote {DETAIL}\n")
    assert "ledger/books/COM-0001.yml:3:0: altered: record" in result.stderr
    assert result.stderr.endswith("; and 1 more, see zhengban ledger verify\n")


def is_silent(invoke: Invoke) -> bool:
    """Whether ``validate`` has nothing to say besides that all is well; what is due is no exit code of its own."""
    result = invoke("validate")
    assert result.exit_code == 0
    return len(result.stdout.splitlines()) == 1


class TestStale:
    @pytest.fixture(autouse=True)
    def _records(self, book_installs: Any, today: Any) -> None:
        book_installs([("PC-0001", "wps-office", "COM-0001")])

    def test_records_without_any_refresh_l6_l7(self, invoke: Invoke) -> None:
        result = invoke("validate")
        assert result.exit_code == 0
        assert result.stdout.startswith("ok: ")
        assert f"{SUMMARY}: forms 7 and 8 were never made" in result.stdout
        assert "zhengban ledger refresh" in result.stdout

    def test_half_a_year_l6_l7(self, invoke: Invoke, today: Any) -> None:
        invoke("ledger", "refresh")
        today(TODAY + dt.timedelta(days=183))
        assert is_silent(invoke)
        today(TODAY + dt.timedelta(days=184))
        result = invoke("validate", "--format", "json")
        assert result.exit_code == 0
        (problem,) = json.loads(result.stdout)
        assert "2026-11-23, 184 days old" in problem["message"]

    def test_views_git_does_not_keep_were_still_made(self, invoke: Invoke, root: Path) -> None:
        invoke("ledger", "refresh")
        (root / SUMMARY).unlink()
        (root / DETAIL).unlink()
        assert is_silent(invoke)

    @pytest.mark.parametrize(
        ("file", "old", "new", "said"),
        [
            ("policies/commercial.yml", "number: COM-0005", "number: COM-0009", "COM-0009 达梦数据库客户端 is new"),
            ("policies/free.yml", "number: FREE-0002", "number: FREE-0099", "FREE-0002 7-Zip is in the summary"),
            ("inventories/register/computers.yml", "kind: server", "kind: desktop", "servers, the summary has"),
        ],
        ids=["commercial", "free", "computer"],
    )
    def test_new_and_gone_software_and_computers_l6(
        self, invoke: Invoke, root: Path, file: str, old: str, new: str, said: str
    ) -> None:
        invoke("ledger", "refresh")
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        result = invoke("validate")
        assert (result.exit_code, said in result.stdout) == (0, True), result.stdout

    def test_what_is_installed_meanwhile_waits_for_the_half_year(self, invoke: Invoke, book_installs: Any) -> None:
        invoke("ledger", "refresh")
        book_installs([("PC-0003", "kav-endpoint", "COM-0003")])
        assert is_silent(invoke)

    def test_edited_view_is_said(self, invoke: Invoke, root: Path) -> None:
        invoke("ledger", "refresh")
        (root / SUMMARY).write_text("summary: [\n", encoding="utf-8")
        result = invoke("validate")
        assert (result.exit_code, "not as it was written" in result.stdout) == (0, True)


def test_ledger_without_books_has_nothing_to_show(invoke: Invoke) -> None:
    assert is_silent(invoke)


def test_event_has_the_day(invoke: Invoke, root: Path, today: Any) -> None:
    invoke("ledger", "refresh")
    (event,) = Ledger(root / "ledger").events()
    assert (event.kind, event.data) == (refreshing.EVENT, {"date": "2026-11-23"})
