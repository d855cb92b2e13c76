# SPDX-License-Identifier: Apache-2.0
"""The commands that write, each with a workspace of the example office where it has something to do."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.functional.cli.on_record import install
from tests.golden.facts import facts_document
from zhengban.ledger import Ledger
from zhengban.life.adopting import adopt_computers
from zhengban.model.facts import facts_from_plain
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

from .writer import intent_of, steps_of

COMPUTERS = ("PC-0001", "PC-0002", "PC-0003", "PC-0004")
UNITS = 5


@dataclass(frozen=True, kw_only=True)
class Command:
    """``arguments`` of the command that is killed, after ``prepare`` was called with the workspace.

    ``is_one_unit``: it happens as a whole or not at all. What it does to several computers, each in a unit of its own,
    goes on where it was cut off when it is called again.
    """

    arguments: tuple[str, ...]
    prepare: Callable[[Path], None]
    is_one_unit: bool = True


def _leave_units_open(workspace: Path) -> None:
    ledger = Ledger(workspace / "ledger")
    steps = (step for step in steps_of("20261123T093000Z-c0ffee", "PC-") if step.kind == "stated")
    for number, step in enumerate(itertools.islice(steps, UNITS), 1):
        intent = intent_of(workspace, step._replace(computer=f"PC-{number:04}"))
        with ledger.lock_computer(intent.computer):
            ledger.open_intent(intent)


def _put_on_record(workspace: Path) -> None:
    for computer in COMPUTERS:
        install(workspace, computer)


def _put_on_one(workspace: Path) -> None:
    install(workspace, "PC-0002")


def _adopt_one(workspace: Path) -> None:
    _read_hosts(workspace)
    office = Workspace(workspace)
    computer = office.register.computer_by_number["PC-0002"]
    (adopted,) = adopt_computers(office, [computer], by="E0002", now=dt.datetime.now(dt.UTC))
    assert adopted.state == "adopted"


def _give_two_computers(workspace: Path) -> None:
    _put_on_record(workspace)
    register = workspace / "inventories" / "register" / "computers.yml"
    text = register.read_text(encoding="utf-8")
    assert "user: E0008" in text
    register.write_text(text.replace("user: E0008", "user: E0007"), encoding="utf-8")


def _read_hosts(workspace: Path) -> None:
    packages = [{"name": "wps-office", "version": "11.1.0.11719", "needs": ["libwps"]}, {"name": "libwps"}]
    for number, computer in enumerate(COMPUTERS):
        document = facts_document({"identity": {"machine_id": f"{number:032}"}, "packages": packages})
        document["collected_at"] = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        keep_facts(Workspace(workspace), computer, facts_from_plain(document, source=computer))


def _do_nothing(_workspace: Path) -> None:
    """The example is enough."""


COMMANDS: dict[str, Command] = {
    "recover": Command(prepare=_leave_units_open, arguments=("ledger", "recover"), is_one_unit=False),
    "assign": Command(
        prepare=_put_on_one, arguments=("computer", "assign", "PC-0002", "--user", "E0008", "--by", "E0002")
    ),
    "scrap": Command(prepare=_put_on_one, arguments=("computer", "scrap", "PC-0002", "--by", "E0002")),
    "leave": Command(
        prepare=_give_two_computers,
        arguments=("person", "leave", "E0007", "--on", "2026-03-01", "--by", "E0002"),
        is_one_unit=False,
    ),
    "adopt": Command(
        prepare=_read_hosts, arguments=("ledger", "adopt", *COMPUTERS, "--by", "E0002"), is_one_unit=False
    ),
    "correct": Command(
        prepare=_adopt_one,
        arguments=("ledger", "correct", "--computer", "PC-0002", "--package", "dpkg:p7zip-desktop:amd64", "--book",
                   "FREE-0002", "--installed", "24.01", "--by", "E0002", "--reason", "盘点"),
    ),
    "renew": Command(
        prepare=_put_on_record,
        arguments=("licence", "renew", "COM-0003", "--until", "2032-01-03", "--new-number", "COM-0033", "--quantity",
                   "10", "--by", "E0002"),
        is_one_unit=False,
    ),
    "rename": Command(prepare=_do_nothing, arguments=("department", "rename", "D02", "资产处", "--by", "E0002")),
    "dispose": Command(
        prepare=_do_nothing,
        arguments=("licence", "dispose", "COM-0004", "--ground", "obsolete", "--appraised-by", "E0002", "--approval",
                   "资产处置 2026-9"),
    ),
    "request": Command(
        prepare=_do_nothing,
        arguments=("request", "new", "--computer", "PC-0002", "--applicant", "E0007", "--reason", "压缩", "--install",
                   "FREE-0002"),
    ),
}  # fmt: skip
