# SPDX-License-Identifier: Apache-2.0
"""``zhengban licence``: lots, seats, and what becomes of them. Source: DESIGN 7, DOMAIN S3, S5, N2, C6, C9, D9."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import held, snapshot
from zhengban.ledger import Ledger
from zhengban.ledger.ids import new_run_id
from zhengban.life.stating import Statement, state_unit
from zhengban.run.author import Author
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
COMMERCIAL = "policies/commercial.yml"
WPS, KAV = "dpkg:wps-office:amd64", "dpkg:kav-endpoint:amd64"
VERSIONS = {WPS: "11.1.0.11719", KAV: "9"}
TODAY = dt.datetime.now(dt.UTC).date()
NOW = dt.datetime.now(dt.UTC)


def day(days: int) -> str:
    """Far enough from today that no time zone matters."""
    return (TODAY + dt.timedelta(days=days)).isoformat()


def edit(root: Path, old: str, new: str) -> None:
    path = root / COMMERCIAL
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def put(root: Path, book: str, package: str, *computers: str, quantity: int = 1) -> None:
    """Record an install on each computer."""
    workspace = Workspace(root)
    for number in computers:
        author = Author.of(workspace.register, workspace.computer_named(number), run=new_run_id(NOW), day=TODAY)
        statement = Statement(
            book=book,
            action="install",
            package=package,
            version=VERSIONS.get(package, "1"),
            quantity=quantity,
            cause="adopted",
        )
        known = workspace.history(NOW)
        state_unit(workspace, author, [statement], known=known, what="adopted", evidence="verified", now=NOW)


def books(root: Path, package: str) -> dict[str, str]:
    """The book that has a package, by computer."""
    holdings = Workspace(root).history(NOW).holdings
    return {computer: holding.number for (computer, ref), holding in holdings.items() if ref == package}


def moved(root: Path) -> list[tuple[str, str, str, str, int, str]]:
    booked = [(item.book, item.record) for item in Ledger(root / "ledger").all_records()]
    return [
        (record.computer, book, record.action, record.package, record.quantity, record.evidence)
        for book, record in booked
        if record.cause == "lot_move"
    ]


@pytest.fixture
def over(root: Path) -> None:
    """The term of KAV's only lot is over."""
    edit(root, "{from: 2026-01-04, until: 2029-01-03}", f"{{from: {day(-400)}, until: {day(-30)}}}")


def status(invoke: Invoke) -> tuple[int, dict[str, Any]]:
    result = invoke("licence", "status", "--format", "json")
    return result.exit_code, json.loads(result.stdout)


def lots_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {lot["number"]: lot for lot in found["lots"]}


# -- status


def test_d9_status_of_lots_nobody_uses(invoke: Invoke, root: Path) -> None:
    put(root, "COM-0001", WPS, "PC-0001", "PC-0003")
    code, found = status(invoke)
    assert (code, found["shortage"], found["stale"]) == (0, {}, [])
    assert found["unused"] == ["COM-0002", "COM-0003", "COM-0004", "COM-0005"]
    lots = lots_of(found)
    assert lots["COM-0001"] == {
        "number": "COM-0001",
        "product": "WPS Office 2019",
        "quantity": 6,
        "used": 2,
        "reserved": 0,
        "free": 4,
        "term": None,
        "invalid": "",
        "is_unused": False,
    }
    assert (lots["COM-0005"]["quantity"], lots["COM-0005"]["free"]) == (None, None)
    assert lots["COM-0003"]["term"] == {"from": "2026-01-04", "until": "2029-01-03"}
    text = invoke("licence", "status").stdout.splitlines()
    assert text[0].split() == ["number", "product", "quantity", "used", "reserved", "free", "until"]
    assert text[1].split() == ["COM-0001", "WPS", "Office", "2019", "6", "2", "0", "4", "perpetual"]
    assert text[3].split()[-2:] == ["2029-01-03", "unused"]


def test_s3_status_of_what_is_short_and_over(invoke: Invoke, root: Path, over: None) -> None:
    edit(root, "    quantity: 6\n", "    quantity: 1\n")
    put(root, "COM-0001", WPS, "PC-0001", "PC-0003")
    put(root, "UNASSIGNED", WPS, "PC-0004")
    put(root, "COM-0003", KAV, "PC-0001")
    code, found = status(invoke)
    assert (code, found["shortage"]) == (1, {"WPS Office 2019": 2, "金山终端安全系统 V9": 1})
    assert lots_of(found)["COM-0003"]["invalid"] == f"COM-0003 ended on {day(-30)}"
    assert (lots_of(found)["COM-0003"]["used"], lots_of(found)["COM-0003"]["free"]) == (1, 0)
    assert lots_of(found)["COM-0001"]["free"] == 0
    assert "short: WPS Office 2019: 2 without a seat" in invoke("licence", "status").stdout.splitlines()


# -- assign


def test_assign_moves_what_has_no_licence_and_nothing_else(invoke: Invoke, root: Path, over: None) -> None:
    edit(
        root,
        "  - number: COM-0003\n",
        "  - {number: COM-0013, quantity: 1, licence_type: site}\n  - number: COM-0003\n",
    )
    put(root, "COM-0001", WPS, "PC-0001")
    put(root, "UNASSIGNED", WPS, "PC-0003")
    put(root, "COM-0003", KAV, "PC-0001", "PC-0003")
    put(root, "COM-0003", "dpkg:libkav:amd64", "PC-0001", "PC-0003", quantity=0)
    before = snapshot(root)

    checked = invoke("licence", "assign", "--check", "--format", "json")

    assert checked.exit_code == 1
    rows = json.loads(checked.stdout)
    assert [(row["computer"], row["old"], row["new"], row["reason"], row["refused"]) for row in rows] == [
        ("PC-0001", "COM-0003", "COM-0013", f"COM-0003 ended on {day(-30)}; site licence (S5)", ""),
        ("PC-0003", "UNASSIGNED", "COM-0001", "perpetual", ""),
    ]
    assert snapshot(root) == before

    result = invoke("licence", "assign", "--by", "E0002")
    assert result.exit_code == 0, result.stderr
    # What came along with it goes where it goes, and no seat with it.
    assert moved(root) == [
        ("PC-0003", "COM-0001", "install", WPS, 1, "attested:E0002"),
        ("PC-0001", "COM-0003", "uninstall", KAV, 1, "attested:E0002"),
        ("PC-0001", "COM-0003", "uninstall", "dpkg:libkav:amd64", 0, "attested:E0002"),
        ("PC-0001", "COM-0013", "install", KAV, 1, "attested:E0002"),
        ("PC-0001", "COM-0013", "install", "dpkg:libkav:amd64", 0, "attested:E0002"),
        ("PC-0003", "UNASSIGNED", "uninstall", WPS, 1, "attested:E0002"),
    ]
    # There was one seat: the other stays in the book that says what it had.
    assert books(root, KAV) == {"PC-0001": "COM-0013", "PC-0003": "COM-0003"}
    assert books(root, WPS) == {"PC-0001": "COM-0001", "PC-0003": "COM-0001"}
    assert invoke("ledger", "verify").exit_code == 0
    again = invoke("licence", "assign", "--by", "E0002")
    assert (again.exit_code, again.stdout) == (0, "nothing to move: every install is where it should be\n")


def test_assign_makes_room_for_what_only_one_lot_covers(invoke: Invoke, root: Path) -> None:
    """PC-0002 (财务处) may use COM-0002 too, PC-0003 may not: one move without the other covers nobody."""
    edit(root, "    quantity: 6\n", "    quantity: 1\n")
    put(root, "COM-0001", WPS, "PC-0002")
    put(root, "UNASSIGNED", WPS, "PC-0003")

    assert invoke("licence", "assign", "--by", "E0002").exit_code == 0

    assert books(root, WPS) == {"PC-0002": "COM-0002", "PC-0003": "COM-0001"}
    # In this order the lot is never fuller than it may be.
    runs = [(commit.computer, commit.plan) for commit in Ledger(root / "ledger").commits()][-2:]
    assert runs == [("PC-0002", "lot_move"), ("PC-0003", "lot_move")]


def test_who_does_not_make_room_keeps_the_seat(invoke: Invoke, root: Path, open_intent: Callable[..., Any]) -> None:
    edit(root, "    quantity: 6\n", "    quantity: 1\n")
    put(root, "COM-0001", WPS, "PC-0002")
    put(root, "UNASSIGNED", WPS, "PC-0003")
    open_intent("PC-0002")

    result = invoke("licence", "assign", "--by", "E0002")

    assert (result.exit_code, moved(root)) == (3, [])
    assert f"PC-0003: {WPS} stays in UNASSIGNED: COM-0001 is full" in result.stderr


def test_s5_site_licences_only_when_asked_for(invoke: Invoke, root: Path) -> None:
    edit(root, "  - number: COM-0001\n", "  - {number: COM-0011, licence_type: site}\n  - number: COM-0001\n")
    put(root, "COM-0001", WPS, "PC-0001")
    assert invoke("licence", "assign", "--check").exit_code == 0
    assert invoke("licence", "assign", "--prefer-site", "--by", "E0002").exit_code == 0
    assert books(root, WPS) == {"PC-0001": "COM-0011"}


def test_c9_a_seat_of_an_armed_run_is_not_given_away(invoke: Invoke, root: Path) -> None:
    edit(root, "    quantity: 6\n", "    quantity: 1\n")
    put(root, "UNASSIGNED", WPS, "PC-0003")
    armed = root / "plans" / "armed"
    armed.mkdir(parents=True)
    expires = (NOW + dt.timedelta(hours=3)).isoformat()
    run = {"run": "r", "expires": expires, "losing": [], "seats": [["COM-0001", "PC-0004"]]}
    (armed / "r.json").write_text(json.dumps(run), encoding="utf-8")
    assert invoke("licence", "assign", "--by", "E0002").stdout.startswith("nothing to move")
    found = lots_of(status(invoke)[1])["COM-0001"]
    assert (found["used"], found["reserved"], found["free"], found["is_unused"]) == (0, 1, 0, False)
    (armed / "r.json").unlink()
    assert invoke("licence", "assign", "--by", "E0002").exit_code == 0
    assert books(root, WPS) == {"PC-0003": "COM-0001"}


def test_a_busy_computer_is_passed_over(invoke: Invoke, root: Path, open_intent: Callable[..., Any]) -> None:
    put(root, "UNASSIGNED", WPS, "PC-0001", "PC-0003")
    open_intent("PC-0001")
    result = invoke("licence", "assign", "--by", "E0002")
    assert result.exit_code == 3
    assert f"PC-0001: {WPS} stays in UNASSIGNED: PC-0001: the change" in result.stderr
    assert "PC-0001" not in result.stdout
    assert books(root, WPS) == {"PC-0001": "UNASSIGNED", "PC-0003": "COM-0001"}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ((), 2, "name the person who answers for it"),
        (("--by", "E0077"), 2, "there is no person 'E0077'; did you mean 'E0007'?"),
        (("--by", "E0009"), 3, "left on 2026-08-31"),
    ],
    ids=["nobody", "unknown", "left"],
)
def test_somebody_answers_for_moves(
    invoke: Invoke, root: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    put(root, "UNASSIGNED", WPS, "PC-0001")
    result = invoke("licence", "assign", *options)
    assert (result.exit_code, moved(root)) == (code, [])
    assert message in result.stderr


# -- renew

RENEW = ("licence", "renew", "COM-0003", "--new-number", "COM-0033", "--by", "E0002")


def test_n2_a_new_term_is_a_new_number(invoke: Invoke, root: Path, over: None) -> None:
    put(root, "COM-0003", KAV, "PC-0001", "PC-0003")
    text = (root / COMMERCIAL).read_text(encoding="utf-8")

    options = ("--until", day(300), "--quantity", "12", "--purchased-on", day(-31), "--amount", "1500.50")
    result = invoke(*RENEW, *options)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "policies/commercial.yml: COM-0033 is there; 2 installs moved from COM-0003\n"
    after = (root / COMMERCIAL).read_text(encoding="utf-8")
    # The old term is over, and what was used since then was not covered.
    today = Workspace(root).register.organisation.today(NOW)
    row = (
        f"  - number: COM-0033\n    purchased_on: {day(-31)}\n    amount: 1500.50\n    quantity: 12\n"
        f"    term: {{from: {today}, until: {day(300)}}}\n    licence_type: subscription\n"
    )
    assert row in after
    assert after.replace(row, "") == text
    lot = Workspace(root).policy.lot_by_number["COM-0033"]
    assert (lot.quantity, lot.licence_type, str(lot.amount), lot.references) == (12, "subscription", "1500.50", ())
    assert books(root, KAV) == {"PC-0001": "COM-0033", "PC-0003": "COM-0033"}
    assert {evidence for *_record, evidence in moved(root)} == {"attested:E0002"}
    (event,) = [event for event in Ledger(root / "ledger").events() if event.kind == "renewed"]
    assert event.data == {"number": "COM-0003", "new_number": "COM-0033", "until": day(300), "by": "E0002"}
    assert invoke("ledger", "verify").exit_code == 0
    # The same command again finds nothing left to do.
    written = snapshot(root)
    assert invoke(*RENEW, *options).stdout.endswith("0 installs moved from COM-0003\n")
    assert snapshot(root) == written


def test_a_renewal_is_checked_first(invoke: Invoke, root: Path, over: None) -> None:
    put(root, "COM-0003", KAV, "PC-0001", "PC-0003")
    before = snapshot(root)
    options = (*RENEW, "--until", day(300), "--quantity", "1")
    result = invoke(*options, "--check")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == f"--- {COMMERCIAL}"
    assert "+  - number: COM-0033" in lines
    assert lines[-3:] == [
        "1 installs would move from COM-0003 to COM-0033",
        "no seat in COM-0033 for PC-0003: they stay in COM-0003",
        "nothing was written (--check)",
    ]
    checked = json.loads(invoke(*options, "--check", "--format", "json").stdout)
    assert snapshot(root) == before
    done = json.loads(invoke(*options, "--format", "json").stdout)
    assert (checked.pop("written"), done.pop("written")) == (False, True)
    assert checked == done
    assert [move["computer"] for move in done["moved"]] == ["PC-0001"]


def test_renewal_keeps_who_may_use_it(invoke: Invoke, root: Path) -> None:
    scope = "    for: {departments: [财务处]}\n    serials"
    edit(root, f"    term: perpetual\n{scope}", f"    term: {{from: 2020-01-01, until: {day(-30)}}}\n{scope}")
    result = invoke(
        "licence", "renew", "COM-0004", "--new-number", "COM-0044", "--until", day(9), "--quantity", "unlimited",
        "--by", "E0002",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    lot = Workspace(root).policy.lot_by_number["COM-0044"]
    assert (lot.scope.departments, lot.quantity, lot.serials) == (("D02",), None, ())


def test_s3_fewer_seats_than_installs(invoke: Invoke, root: Path, over: None) -> None:
    put(root, "COM-0003", KAV, "PC-0003", "PC-0001", "PC-0004")
    result = invoke(*RENEW, "--until", day(300), "--quantity", "2", "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert ([row["computer"] for row in found["moved"]], found["left"]) == (["PC-0001", "PC-0003"], ["PC-0004"])
    assert books(root, KAV)["PC-0004"] == "COM-0003"


def test_a_renewal_cut_off_goes_on(invoke: Invoke, root: Path, over: None, open_intent: Callable[..., Any]) -> None:
    put(root, "COM-0003", KAV, "PC-0001", "PC-0003")
    intent = open_intent("PC-0001")
    first = invoke(*RENEW, "--until", day(300), "--quantity", "12")
    assert (first.exit_code, books(root, KAV)) == (3, {"PC-0001": "COM-0003", "PC-0003": "COM-0033"})
    assert f"PC-0001: {KAV} stays in COM-0003" in first.stderr
    ledger = Ledger(root / "ledger")
    with ledger.lock_computer("PC-0001"):
        ledger.settle(intent, [], at=NOW)
    second = invoke(*RENEW, "--until", day(300), "--quantity", "12")
    assert (second.exit_code, books(root, KAV)) == (0, {"PC-0001": "COM-0033", "PC-0003": "COM-0033"})
    assert len([event for event in ledger.events() if event.kind == "renewed"]) == 1
    assert (root / COMMERCIAL).read_text(encoding="utf-8").count("COM-0033") == 1


def test_everybody_busy_still_writes_what_was_bought(
    invoke: Invoke, root: Path, over: None, open_intent: Callable[..., Any]
) -> None:
    put(root, "COM-0003", KAV, "PC-0001")
    open_intent("PC-0001")
    assert invoke(*RENEW, "--until", day(300), "--quantity", "12").exit_code == 3
    assert Workspace(root).policy.lot_by_number["COM-0033"].quantity == 12


def test_a_term_that_begins_later_moves_nothing_yet(invoke: Invoke, root: Path) -> None:
    put(root, "COM-0003", KAV, "PC-0001")
    result = invoke(*RENEW, "--from", day(30), "--until", "2032-01-03", "--quantity", "12")
    assert (result.exit_code, books(root, KAV)) == (0, {"PC-0001": "COM-0003"})
    assert f"it begins on {day(30)}, nothing moves before: then run zhengban licence assign" in result.stdout


def test_a_new_term_follows_the_old_one(invoke: Invoke, root: Path) -> None:
    """Renewed before its end, and once more under another number: that is said."""
    put(root, "COM-0003", KAV, "PC-0001")
    result = invoke(*RENEW, "--until", "2032-01-03", "--quantity", "12", "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)["begins"], result.stderr) == (0, "2029-01-04", "")
    again = ("licence", "renew", "COM-0003", "--new-number", "COM-0034", "--by", "E0002", "--until", "2032-01-03")
    result = invoke(*again, "--quantity", "11")
    assert result.exit_code == 0, result.stderr
    assert "has COM-0033 until 2032-01-03 already: if that is what renewed COM-0003, take COM-0034" in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("COM-003", "--new-number", "COM-0033", "--until", "2032-01-03"), 2, "did you mean 'COM-0003'?"),
        (("FREE-0002", "--new-number", "COM-0033", "--until", "2032-01-03"), 2, "is the number of free software"),
        (
            ("COM-0003", "--new-number", "COM-0001", "--until", "2032-01-03"),
            2,
            "--new-number: the number 'COM-0001' is",
        ),
        (("COM-0003", "--new-number", "FREE-0002", "--until", "2032-01-03"), 2, "--new-number: the number 'FREE-0002'"),
        (("COM-0003", "--new-number", " x", "--until", "2032-01-03"), 2, "--new-number: ' x' is not a number"),
        (("COM-0003", "--new-number", "COM-0033", "--until", "2029-01-03"), 2, "2029-01-03 is no renewal"),
        (("COM-0003", "--new-number", "COM-0033", "--until", "03.01.2032"), 2, "write YYYY-MM-DD"),
        (("COM-0003", "--new-number", "COM-0033", "--until", "2032-01-03", "--quantity", "-1"), 2, "number of seats"),
        (("COM-0003", "--new-number", "COM-0033", "--until", "2032-01-03", "--amount", "NaN"), 2, "amount in yuan"),
        (("COM-0001", "--new-number", "COM-0033", "--until", "2032-01-03"), 3, "COM-0001 is perpetual"),
        (("COM-0003", "--new-number", "COM-0033", "--until", "2032-01-03", "--by", "E0009"), 3, "left on"),
        (("COM-0003", "--new-number", "COM-0033", "--until", "2032-01-03", "--by", "E0004"), 3, "is not of IT"),
        (("COM-0003", "--new-number", "COM-0033", "--until", "2032-01-03", "--quantity", "0"), 2, "number of seats"),
        (
            ("COM-0003", "--new-number", "COM-0033", "--until", "2032-01-03", "--purchased-on", day(2)),
            2,
            f"--purchased-on: {day(2)} is still to come",
        ),
    ],
    ids=[
        "number",
        "free",
        "taken",
        "taken-free",
        "no-number",
        "too-early",
        "day",
        "seats",
        "amount",
        "perpetual",
        "left",
        "not-it",
        "no-seats",
        "purchased",
    ],
)
def test_renewals_that_cannot_be(invoke: Invoke, root: Path, options: tuple[str, ...], code: int, message: str) -> None:
    put(root, "COM-0003", KAV, "PC-0001")
    before = snapshot(root)
    defaults = {"--quantity": "3", "--by": "E0002"}
    added = [word for pair in defaults.items() if pair[0] not in options for word in pair]
    result = invoke("licence", "renew", *options, *added)
    assert result.exit_code == code, result.stdout
    assert message in result.stderr
    assert snapshot(root) == before


# -- dispose

DISPOSE = ("licence", "dispose", "COM-0004", "--appraised-by", "E0002", "--approval", "资产处置 2026-9")


@pytest.mark.parametrize("ground", ["worn_out", "obsolete", "unmigratable"])
def test_c6_three_grounds_an_appraiser_and_an_approval(invoke: Invoke, root: Path, ground: str) -> None:
    result = invoke(*DISPOSE, "--ground", ground, "--format", "json")
    assert result.exit_code == 0, result.stderr
    disposal = json.loads(result.stdout)
    assert disposal.pop("written") and "+    disposed: {" in disposal.pop("diff")
    assert (disposal["ground"], disposal["appraised_by"], disposal["approval"]) == (ground, "E0002", "资产处置 2026-9")
    # It stays in its file and covers nothing.
    workspace = Workspace(root)
    lot = workspace.policy.lot_by_number["COM-0004"]
    assert lot.disposed is not None and lot.disposed.ground == ground
    assert "COM-0004" not in workspace.compiler.for_computer(workspace.computer_named("PC-0002")).lot_numbers
    (event,) = [event for event in Ledger(root / "ledger").events() if event.kind == "disposal"]
    assert event.data == {"number": "COM-0004", **disposal}
    assert invoke("validate").exit_code == 0
    found = lots_of(status(invoke)[1])["COM-0004"]
    assert (found["invalid"], found["is_unused"]) == (f"COM-0004 was disposed of on {disposal['on']}", False)
    again = invoke(*DISPOSE, "--ground", ground)
    assert (again.exit_code, "COM-0004 was disposed of on" in again.stderr) == (3, True)


def test_a_disposal_is_checked_first(invoke: Invoke, root: Path) -> None:
    before = snapshot(root)
    options = (*DISPOSE, "--ground", "obsolete")
    result = invoke(*options, "--check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0] == f"--- {COMMERCIAL}"
    assert result.stdout.endswith("COM-0004 can be disposed of\nnothing was written (--check)\n")
    checked = json.loads(invoke(*options, "--check", "--format", "json").stdout)
    assert snapshot(root) == before
    done = json.loads(invoke(*options, "--format", "json").stdout)
    assert (checked.pop("written"), done.pop("written")) == (False, True)
    assert checked == done
    again = invoke(*options, "--check")
    assert (again.exit_code, "COM-0004 was disposed of on" in again.stderr) == (3, True)


def test_c9_a_licence_in_use_is_not_disposed_of(invoke: Invoke, root: Path) -> None:
    put(root, "COM-0004", "dpkg:finance-suite:amd64", "PC-0004", "PC-0002")
    before = snapshot(root)
    result = invoke(*DISPOSE, "--ground", "obsolete")
    assert result.exit_code == 3
    assert "COM-0004 is held by PC-0002, PC-0004" in result.stderr
    assert snapshot(root) == before
    assert held(root, "PC-0002") == {"dpkg:finance-suite:amd64": ("COM-0004", 1)}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--ground", "unwanted"), 2, "'unwanted' is none of worn_out, obsolete, unmigratable (C6)"),
        (("--ground", "obsolete", "--appraised-by", "E0004"), 3, "E0004 (陈志强) is not of IT"),
        (("--ground", "obsolete", "--appraised-by", "E000"), 2, "there is no person 'E000'"),
        (("--ground", "obsolete", "--approval", " "), 2, "--approval: is empty"),
    ],
    ids=["ground", "not-it", "person", "approval"],
)
def test_c6_disposals_that_cannot_be(
    invoke: Invoke, root: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    before = snapshot(root)
    result = invoke(*DISPOSE, *options)
    assert result.exit_code == code
    assert message in result.stderr
    assert {path: text for path, text in snapshot(root).items() if path.startswith("policies")} == {
        path: text for path, text in before.items() if path.startswith("policies")
    }
    assert Ledger(root / "ledger").events() == ()
