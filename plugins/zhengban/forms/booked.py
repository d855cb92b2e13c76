# SPDX-License-Identifier: Apache-2.0
"""Whether the three books agree with each other: what form 9 records, form 8 lists and form 7 counts. Source: DOMAIN
L1-L7.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .extract import Line
from .intake import Ledgers
from .oddity import Level, Oddity, Place

BOOKS = (7, 8, 9)


class Step(NamedTuple):
    """One record to be: of a line of form 9, or of form 8 where form 9 lacks it."""

    number: str
    action: str
    line: Line
    computer: str
    user: str
    department: str
    brand: str
    version: str
    day: dt.date
    quantity: int


class Compared(NamedTuple):
    """The records by computer, in the order of their days, the computers that have something installed at their end,
    what came with a computer (form 8 has OEM software without a day), and what is odd.
    """

    steps: Mapping[str, tuple[Step, ...]]
    holders: frozenset[str]
    preinstalled: Mapping[str, tuple[str, ...]]
    oddities: tuple[Oddity, ...]


def compare_books(ledgers: Ledgers, *, today: dt.date, refresh_days: int) -> Compared:
    """Fold form 9, and hold it against forms 8 and 7."""
    return _Comparison(ledgers, today, refresh_days).result()


class _Comparison:
    def __init__(self, ledgers: Ledgers, today: dt.date, refresh_days: int) -> None:
        self._ledgers = ledgers
        self._today = today
        self._refresh_days = refresh_days
        # Of a number on a computer, the last line of its book.
        self._last_records = {
            (number, line.get("computer")): line for number, lines in ledgers.records.items() for line in lines
        }
        self._oddities: list[Oddity] = []

    def result(self) -> Compared:
        ledgers = self._ledgers
        preinstalled = self._preinstalled()
        steps = list(self._steps())
        steps.sort(key=lambda step: step.day)
        installed = self._fold(steps)
        if 8 in ledgers.forms:
            steps += self._only_in_detail(installed)
            self._only_in_books(installed)
            steps.sort(key=lambda step: step.day)
        self._check_upgrades(installed)
        self._check_presence()
        self._check_counts(installed, preinstalled)
        self._check_ages()
        by_computer: dict[str, list[Step]] = {}
        for step in steps:
            by_computer.setdefault(step.computer, []).append(step)
        return Compared(
            steps={computer: tuple(found) for computer, found in sorted(by_computer.items())},
            holders=frozenset(computer for _number, computer in installed),
            preinstalled={computer: tuple(sorted(numbers)) for computer, numbers in sorted(preinstalled.items())},
            oddities=tuple(self._oddities),
        )

    def _steps(self) -> Iterator[Step]:
        for number, lines in self._ledgers.records.items():
            for line in lines:
                step = self._step(number, line)
                if step is not None:
                    yield step

    def _step(self, number: str, line: Line) -> Step | None:
        action, computer, day = line.get("action"), line.get("computer"), line.get("date")
        for key, value, what in (("action", action, "neither 安装 nor 卸载"), ("computer", computer, "no computer")):
            if value is None:
                self._say(line.at(key), "unclear_record", f"{number}: {what} in this record", "error", "L3")
                return None
        if day is None or day > self._today:
            message = f"{number} on {computer}: " + ("no day" if day is None else f"{day} is still to come")
            self._say(line.at("date"), "no_day", message, "error", "L3")
            return None
        return Step(
            number=number,
            action=str(action),
            line=line,
            computer=str(computer),
            user=line.get("user", ""),
            department=line.get("department", ""),
            brand=line.get("brand", ""),
            version=line.get("version", ""),
            day=day,
            quantity=line.get("quantity", 1) or 1,
        )

    def _fold(self, steps: list[Step]) -> set[tuple[str, str]]:
        installed: set[tuple[str, str]] = set()
        for step in steps:
            place = (step.number, step.computer)
            if step.action == "install":
                installed.add(place)
            elif place in installed:
                installed.remove(place)
            else:
                message = f"{step.number} leaves {step.computer} and was never installed there: recorded as it stands"
                self._say(step.line.at("action"), "L3", message, "question", "L3")
        return installed

    def _preinstalled(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for line in self._ledgers.installs:
            if line.get("type") == "oem" and line.get("installed_on") is None and line.get("number"):
                found.setdefault(line.get("computer", ""), set()).add(line.get("number"))
        for number, line in self._ledgers.computers.items():
            found.setdefault(number, set()).update(line.get("oem", ()))
        return {computer: numbers for computer, numbers in found.items() if numbers}

    def _only_in_detail(self, installed: set[tuple[str, str]]) -> Iterator[Step]:
        for line in self._ledgers.installs:
            number, computer, day = line.get("number"), line.get("computer"), line.get("installed_on")
            if number is None or computer is None or (number, computer) in installed:
                continue
            if line.get("type") == "oem" and day is None:
                continue
            if day is None:
                message = f"{number} is on {computer} here, in no book, and no day says since when"
                self._say(line.at("installed_on"), "no_day", message, "error", "L3")
                continue
            message = f"{number} is on {computer} here and in no book: recorded as installed on {day}"
            self._say(line.at("number"), "L3", message, "question", "L3")
            installed.add((number, computer))
            yield Step(
                number=number,
                action="install",
                line=line,
                computer=computer,
                user=line.get("person", ""),
                department=line.get("department", ""),
                brand=line.get("brand", ""),
                version=line.get("version", ""),
                day=day,
                quantity=1,
            )

    def _only_in_books(self, installed: set[tuple[str, str]]) -> None:
        listed = {(line.get("number"), line.get("computer")) for line in self._ledgers.installs}
        scrapped = {number for number, line in self._ledgers.computers.items() if line.get("status") == "scrapped"}
        for number, computer in sorted(installed - listed):
            line = self._last_records.get((number, computer))
            if computer not in scrapped and line is not None:
                message = f"{number} is on {computer} by its book, and not in form 8: the book counts"
                self._say(line.at("computer"), "L5", message, "question", "L5")

    def _check_upgrades(self, installed: set[tuple[str, str]]) -> None:
        """Two versions of one commercial product on one computer: the old one was not recorded as gone (L4)."""
        versions: dict[tuple[Any, str], set[str]] = {}
        numbers: dict[tuple[Any, str, str], str] = {}
        for number, computer in sorted(installed):
            line = self._ledgers.summary.get(number)
            if line is not None and line.get("type") == "commercial":
                version = line.get("version", "")
                versions.setdefault((line.get("name"), computer), set()).add(version)
                numbers[line.get("name"), computer, version] = number
        for (name, computer), found in sorted(versions.items()):
            if len(found) > 1:
                last = numbers[name, computer, max(found)]
                line = self._last_records.get((last, computer)) or self._ledgers.summary[last]
                message = f"{name} {' and '.join(sorted(found))} are both on {computer}: an upgrade removes the old one"
                self._say(line.at("computer"), "L4", message, "question", "L4")

    def _check_presence(self) -> None:
        ledgers = self._ledgers
        missing = [form for form in BOOKS if form not in ledgers.forms]
        if missing and len(missing) < len(BOOKS):
            message = f"form {', '.join(map(str, missing))} is not among the files: the ledger has three books"
            self._say(Place(file="import"), "L1", message, "question", "L1")
        for number, line in ledgers.summary.items():
            if 9 in ledgers.forms and number not in ledgers.books:
                message = f"{number} has no book (form 9): it begins empty"
                self._say(line.at("number"), "L2", message, "question", "L2")
        if 7 not in ledgers.forms:
            return
        for number, line in ledgers.books.items():
            if number not in ledgers.summary:
                message = f"{number} has a book and is not in form 7: add it there"
                self._say(line.at("number"), "not_in_summary", message, "error", "L2")
        for line in ledgers.installs:
            number = line.get("number")
            if number is not None and number not in ledgers.summary:
                message = f"{number} is on a computer and not in form 7: add it there"
                self._say(line.at("number"), "not_in_summary", message, "error", "L6")

    def _check_counts(self, installed: set[tuple[str, str]], preinstalled: Mapping[str, set[str]]) -> None:
        ledgers = self._ledgers
        if not {8, 9} & ledgers.forms:
            return
        places = installed | {(number, computer) for computer, numbers in preinstalled.items() for number in numbers}
        counted = Counter(number for number, _computer in places)
        for number, line in ledgers.summary.items():
            stated = line.get("installed")
            if stated is not None and stated != counted[number]:
                message = f"{number}: form 7 counts {stated} installs, the books {counted[number]}; the books count"
                self._say(line.at("installed"), "L6", message, "question", "L6")

    def _check_ages(self) -> None:
        for form, clause in ((7, "L6"), (8, "L7")):
            day = self._ledgers.days.get(form)
            if day is not None and (self._today - day).days > self._refresh_days:
                message = f"form {form} is of {day}, older than {self._refresh_days} days: is there a newer one?"
                self._say(Place(file="import"), clause, message, "question", clause)

    def _say(self, place: Place, code: str, message: str, level: Level, clause: str) -> None:
        self._oddities.append(Oddity(place=place, code=code, message=message, level=level, clause=clause))
