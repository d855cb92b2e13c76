# SPDX-License-Identifier: Apache-2.0
"""A small office's intents and outcomes, and the readers its ledger must please."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import yaml
from ruamel.yaml import YAML

from zhengban.ledger import Ledger, intent_id, record_id
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Change, Intent, Record

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
RUN = "20261123T093000Z-a3f0c1"


def make_record(
    identity: str, action: str, package: str, version: str, *, quantity: int = 1, **fields: object
) -> Record:
    run, computer, _ = identity.split("/")
    values: dict[str, object] = {
        "id": identity,
        "action": action,
        "computer": computer,
        "package": package,
        "brand": "Lenovo",
        "user": "张三",
        "user_id": "E0007",
        "department": "财务处",
        "version": version,
        "date": dt.date(2026, 11, 23),
        "quantity": quantity,
        "cause": "enforcement",
        "evidence": "verified",
        "run": run,
        "by": "ops@ctl",
    }
    return Record(**{**values, **fields})  # type: ignore[arg-type]


def make_intent(computer: str = "PC-0007", *, run: str = RUN, plan: str = "p" * 64, at: dt.datetime = NOW) -> Intent:
    """An upgrade over two books, a removal with its follower, and an install: five changes, six records, four books."""
    intent = intent_id(run, computer)
    rows = (
        ("upgrade", "dpkg:wps-office:amd64", "11.1.0", "12.1.0",
         (("COM-0001", "uninstall", 1), ("COM-0002", "install", 1))),
        ("remove", "dpkg:game:amd64", "1.0", "", (("UNLISTED", "uninstall", 1),)),
        ("remove", "dpkg:game-data:all", "1.0", "", (("UNLISTED", "uninstall", 0),)),
        ("install", "dpkg:7zip:amd64", "", "23.01", (("FREE-0002", "install", 1),)),
        ("install", "dpkg:lib7z:amd64", "", "23.01", (("FREE-0002", "install", 0),)),
    )  # fmt: skip
    changes = []
    index = 0
    for kind, package, old, new, booked in rows:
        records = []
        for book, action, quantity in booked:
            version = new if action == "install" else old
            identity = record_id(intent, index)
            record = make_record(identity, action, package, version, quantity=quantity, computer=computer, run=run)
            records.append(BookedRecord(book=book, record=record))
            index += 1
        changes.append(Change(package=package, kind=kind, old=old, new=new, records=tuple(records)))  # type: ignore[arg-type]
    return Intent(id=intent, run=run, computer=computer, plan=plan, at=at, changes=tuple(changes))


def install_intent(computer: str, package: str, book: str, *, run: str = RUN, plan: str = "p" * 64) -> Intent:
    """One install of one package, whatever the texts are made of."""
    intent = intent_id(run, computer)
    record = make_record(record_id(RUN + "/PC", 0), "install", package, "1.0")
    record = Record(**{**_fields(record), "id": record_id(intent, 0), "run": run, "computer": computer})  # type: ignore[arg-type]
    change = Change(package=package, kind="install", new="1.0", records=(BookedRecord(book=book, record=record),))
    return Intent(id=intent, run=run, computer=computer, plan=plan, at=NOW, changes=(change,))


def _fields(record: Record) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def all_done(intent: Intent) -> tuple[Outcome, ...]:
    """What a host reports when everything went as planned."""
    return tuple(Outcome(package=change.package, state="done", version=change.new) for change in intent.changes)


def carry_out(ledger: Ledger, intent: Intent, *, at: dt.datetime = NOW) -> tuple[BookedRecord, ...]:
    """Open an intent and settle it with everything done."""
    with ledger.lock_computer(intent.computer):
        ledger.open_intent(intent)
        return ledger.settle(intent, all_done(intent), at=at)


def recover(root: Path, *, at: dt.datetime = NOW) -> None:
    """Settle every open intent as a new process would, with everything done."""
    ledger = Ledger(root)
    for intent in ledger.pending():
        with ledger.lock_computer(intent.computer):
            ledger.settle(intent, all_done(intent), at=at)


def ids_in_books(root: Path) -> list[str]:
    """The ids of all records, repeats included, sorted."""
    return sorted(booked.record.id for booked in Ledger(root).all_records())


def read_as_yaml(path: Path) -> object:
    """What every YAML reader sees in a file; they must agree."""
    text = path.read_bytes()
    plain = yaml.load(text, Loader=yaml.SafeLoader)
    assert plain == yaml.load(text, Loader=yaml.CSafeLoader)
    assert plain == YAML(typ="safe", pure=True).load(text.decode())
    return plain


def assert_settled(root: Path, *intents: Intent) -> None:
    """Every record of these intents and no other is there once, each intent has one commit line, nothing is open."""
    ledger = Ledger(root)
    expected = sorted(item.record.id for intent in intents for change in intent.changes for item in change.records)
    assert ids_in_books(root) == expected
    commits = sorted((commit.run, commit.computer, commit.plan) for commit in ledger.commits())
    assert commits == sorted((intent.run, intent.computer, intent.plan) for intent in intents)
    assert ledger.pending() == ()
    assert ledger.verify() == ()
