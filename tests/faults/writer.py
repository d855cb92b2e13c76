# SPDX-License-Identifier: Apache-2.0
"""A process that writes the ledger until it is ended: ``python -m tests.faults.writer WORKSPACE RUN COMPUTER [COUNT]``.

It says on standard output what it begins and what it has ended, so that whoever killed it knows what must be there.
What it does follows from its run alone, so that a recovery can say what "the host" did.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.unit.ledger.examples import NOW, all_done, make_intent, make_record
from zhengban.ledger import Ledger, intent_id, record_id
from zhengban.ledger.edits import edit_of
from zhengban.model.errors import ZhengbanError
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Change, Intent

EVENT = "notice"


class Step(NamedTuple):
    """One thing the writer does: a ``unit`` of a host, a ``stated`` unit with a file, or an ``event``."""

    kind: str
    run: str
    computer: str

    def __str__(self) -> str:
        return f"{self.kind} {self.run} {self.computer}"


def steps_of(run: str, computer: str) -> Iterator[Step]:
    """The steps of a writer, without end; each is a run of its own, on one of the writer's two computers."""
    chance = random.Random(run)
    number = 0
    while True:
        yield Step(chance.choice(("unit", "unit", "stated", "event")), f"{run}-{number}", f"{computer}{number % 2}")
        number += 1


def intent_of(root: Path, step: Step) -> Intent:
    """The intent a step opens; ``root`` is the workspace, whose files a stated unit changes."""
    if step.kind == "unit":
        return make_intent(step.computer, run=step.run)
    identity = intent_id(step.run, step.computer)
    records = tuple(
        make_record(record_id(identity, index), action, "dpkg:wps-office:amd64", "12.1.0", cause="reassigned")
        for index, action in enumerate(("uninstall", "install"))
    )
    changes = tuple(
        Change(package=str(index), kind="state", records=(BookedRecord(book="COM-0002", record=record),))
        for index, record in enumerate(records)
    )
    return Intent(
        id=identity,
        run=step.run,
        computer=step.computer,
        plan="reassigned",
        at=NOW,
        changes=changes,
        evidence="attested:E0002",
        files=(edit_of(root, edited_file(step.computer), edited_text(step)),),
    )


def edited_file(computer: str) -> str:
    return f"inventories/register/{computer}.yml"


def edited_text(step: Step) -> str:
    return f"# of {step.run}\n"


def outcomes_of(intent: Intent) -> tuple[Outcome, ...]:
    """What the host made of it: one change in a few does not happen."""
    chance = random.Random(intent.id)
    return tuple(outcome for outcome in all_done(intent) if chance.random() < 0.8)


def take(root: Path, ledger: Ledger, step: Step) -> None:
    """Do one step as the program does it."""
    if step.kind == "event":
        ledger.append_events([(EVENT, step.run, step.computer, {}), (EVENT, step.run, step.computer, {})], at=NOW)
        return
    with ledger.lock_computer(step.computer):
        intent = intent_of(root, step)
        if step.kind == "stated":
            ledger.record(intent, at=NOW)
        else:
            ledger.open_intent(intent)
            ledger.settle(intent, outcomes_of(intent), at=NOW)


def settle_all(ledger: Ledger) -> None:
    """Settle what is open, as a recovery does: host units from what the host says, stated ones from themselves."""
    for intent in ledger.pending():
        with ledger.lock_computer(intent.computer):
            if intent.is_stated:
                ledger.settle_stated(intent, at=NOW)
            else:
                ledger.settle(intent, outcomes_of(intent), at=NOW)


def _say(text: str) -> None:
    # One write: a kill leaves no half a line of it.
    os.write(1, f"{text}\n".encode())


def main(arguments: list[str]) -> int:
    root = Path(arguments[0])
    ledger = Ledger(root / "ledger")
    _say("ready")
    try:
        if arguments[1] == "recover":
            settle_all(ledger)
            return 0
        for number, step in enumerate(steps_of(arguments[1], arguments[2])):
            if number == int(arguments[3]):
                return 0
            _say(f"begin {step}")
            take(root, ledger, step)
            _say(f"end {step}")
    except ZhengbanError as err:
        sys.stderr.write(f"{err}\n")
        return 2
    raise AssertionError("steps have no end")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
