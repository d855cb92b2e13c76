# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger release``: what nobody can settle is settled by a decision. Source: DESIGN 6, DOMAIN C9."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from zhengban.ledger import Ledger
from zhengban.model.record import BookedRecord, Change, Intent, Record
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
NOW = dt.datetime.now(dt.UTC)
WPS = "dpkg:wps-office:amd64"
DECIDE = ("--by", "E0002", "--reason", "硬盘已损坏")


def open_install(root: Path, computer: str, *, days: float, evidence: str = "") -> Intent:
    """An install of WPS under COM-0001 whose host has not answered for so long."""
    run = "20261101T093000Z-abcdef"
    record = Record(
        id=f"{run}/{computer}/0",
        action="install",
        computer=computer,
        package=WPS,
        version="11.1",
        date=dt.date(2026, 11, 1),
        quantity=1,
        cause="deployment",
        evidence="verified",
        run=run,
        by="ops@controller",
    )
    booked = (BookedRecord(book="COM-0001", record=record),)
    intent = Intent(
        id=f"{run}/{computer}",
        run=run,
        computer=computer,
        plan="3" * 64,
        at=NOW - dt.timedelta(days=days),
        changes=(Change(package=WPS, kind="install", new="11.1", records=booked),),
        evidence=evidence,
    )
    ledger = Ledger(root / "ledger")
    with ledger.lock_computer(computer):
        ledger.open_intent(intent)
    return intent


def seats(root: Path) -> dict[str, int]:
    return Workspace(root).history(NOW).seats_taken


def test_not_done_frees_the_seat(invoke: Invoke, root: Path) -> None:
    intent = open_install(root, "PC-0001", days=7.1)
    assert seats(root) == {"COM-0001": 1}

    result = invoke("ledger", "release", "PC-0001", *DECIDE, "--not-done")

    assert (result.exit_code, result.stdout) == (0, "PC-0001: released, 0 records written\n")
    ledger = Ledger(root / "ledger")
    assert (seats(root), ledger.pending(), ledger.all_records()) == ({}, (), ())
    (event,) = [event for event in ledger.events() if event.kind == "released"]
    assert (event.computer, event.run) == ("PC-0001", intent.run)
    assert event.data == {"intent": intent.id, "by": "E0002", "reason": "硬盘已损坏", "outcome": "not_done"}
    assert invoke("ledger", "verify").exit_code == 0


def test_done_is_attested(invoke: Invoke, root: Path) -> None:
    open_install(root, "PC-0001", days=7.1)
    result = invoke("ledger", "release", "PC-0001", *DECIDE, "--done", "--format", "json")
    assert result.exit_code == 0
    (row,) = json.loads(result.stdout)
    assert (row["book"], row["record"]["version"], row["record"]["evidence"]) == ("COM-0001", "11.1", "attested:E0002")
    assert seats(root) == {"COM-0001": 1}
    assert Ledger(root / "ledger").pending() == ()


def test_a_computer_that_left_the_register_is_released_too(invoke: Invoke, root: Path) -> None:
    open_install(root, "PC-0777", days=8)
    assert invoke("ledger", "release", "PC-0777", *DECIDE, "--not-done").exit_code == 0
    assert seats(root) == {}


@pytest.mark.parametrize(
    ("computer", "days", "evidence", "options", "code", "message"),
    [
        ("PC-0001", 6.9, "", DECIDE, 3, "for 7 days its host is asked: zhengban ledger recover"),
        ("PC-0001", 9, "attested:E0002", DECIDE, 3, "needs no decision, it settles itself: zhengban ledger recover"),
        ("PC-0003", 9, "", DECIDE, 2, "no change of 'PC-0003' is open; did you mean 'PC-0001'?"),
        ("PC-0001", 9, "", ("--by", "E0022", "--reason", "x"), 2, "there is no person 'E0022'"),
        ("PC-0001", 9, "", ("--by", "E0009", "--reason", "x"), 3, "left on 2026-08-31"),
        ("PC-0001", 9, "", ("--by", "E0002", "--reason", " "), 2, "--reason: is empty"),
        ("PC-0001", 9, "", ("--by", "E0002"), 2, "--reason"),
    ],
    ids=["too-early", "stated", "other", "nobody", "left", "no-reason", "without-reason"],
)
def test_what_is_not_released(
    invoke: Invoke,
    root: Path,
    computer: str,
    days: float,
    evidence: str,
    options: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    open_install(root, "PC-0001", days=days, evidence=evidence)
    result = invoke("ledger", "release", computer, *options, "--not-done")
    assert result.exit_code == code
    assert message in result.stderr
    ledger = Ledger(root / "ledger")
    assert (len(ledger.pending()), ledger.events()) == (1, ())


def test_a_decision_is_needed(invoke: Invoke, root: Path) -> None:
    open_install(root, "PC-0001", days=9)
    assert invoke("ledger", "release", "PC-0001", *DECIDE).exit_code == 2
    assert len(Ledger(root / "ledger").pending()) == 1


def test_a_run_at_work_is_not_decided_over(invoke: Invoke, root: Path) -> None:
    open_install(root, "PC-0001", days=9)
    with Ledger(root / "ledger").lock_computer("PC-0001"):
        result = invoke("ledger", "release", "PC-0001", *DECIDE, "--not-done")
    assert result.exit_code == 3
    assert "another run is working on this computer" in result.stderr
    assert len(Ledger(root / "ledger").pending()) == 1


@pytest.mark.parametrize(("days", "is_stale"), [(6.9, False), (7.1, True)])
def test_stale_changes_are_listed(invoke: Invoke, root: Path, days: float, *, is_stale: bool) -> None:
    # Not in the register: recover asks nobody.
    open_install(root, "PC-0777", days=days)
    line = "zhengban ledger release PC-0777"
    result = invoke("licence", "status")
    assert (line in result.stdout, result.exit_code) == (is_stale, int(is_stale))
    found = json.loads(invoke("licence", "status", "--format", "json").stdout)
    assert [row["computer"] for row in found["stale"]] == ["PC-0777"] * is_stale
    recovered = invoke("ledger", "recover")
    assert (line in recovered.stderr, recovered.exit_code) == (is_stale, 3)
