# SPDX-License-Identifier: Apache-2.0
"""What several filled-in files say together: the three books, the free list, and what was added by hand.

Source: DOMAIN N1-N8, L1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from .extract import Extract, Extracted, Line
from .oddity import Level, Oddity

# What makes one line of form 7 another than the next (N2); the count of installs does not.
_LOT = ("purchased_on", "amount", "licence_type", "quantity", "usable_versions", "term", "serials")
_SAME = ("name", "version", "type", *_LOT)
_UNSTATED = {"oem": (*_LOT,), "free": ("version", *_LOT)}
# That a number is of one software: the clause for each kind.
NUMBER_CLAUSES = {"commercial": "N1", "oem": "N4", "free": "N6"}


class Ledgers(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of all files, each number and key once where the form has it once.

    ``summary`` (form 7), ``free`` (form 6) and ``books`` (the heads of form 9) by software number; ``records`` are the
    lines of form 9 by number, ``installs`` those of form 8. ``added`` are the completion sheets' lines by their key:
    numbers, and (department, name) of people. ``fields`` are what stands above, ``days`` the day of each form.
    """

    summary: Mapping[str, Line]
    free: Mapping[str, Line]
    books: Mapping[str, Line]
    records: Mapping[str, tuple[Line, ...]]
    installs: tuple[Line, ...]
    software: Mapping[str, Line]
    computers: Mapping[str, Line]
    people: Mapping[tuple[str, str], Line]
    fields: Mapping[str, Any]
    days: Mapping[int, dt.date]
    forms: frozenset[int]
    oddities: tuple[Oddity, ...]


def gather(extracts: Iterable[Extracted]) -> Ledgers:
    """Put the tables of all files together, and say what contradicts what (N1-N8)."""
    tables: list[Extract] = []
    oddities: list[Oddity] = []
    for extracted in extracts:
        tables += extracted.tables
        oddities += extracted.oddities
    return _Gathering(tables, oddities).result()


class _Gathering:
    def __init__(self, tables: list[Extract], oddities: list[Oddity]) -> None:
        self._tables = tables
        self._oddities = oddities

    def result(self) -> Ledgers:
        summary = self._once("software", self._second_summary)
        free = self._once("free", self._second_free)
        books, records = self._books()
        ledgers = Ledgers(
            summary=summary,
            free=free,
            books=books,
            records=records,
            installs=tuple(self._installs()),
            software=self._once("completion_software", self._second_added),
            computers=self._once("completion_computers", self._second_added),
            people=self._people(),
            fields=self._fields(),
            days={table.form: table.fields["filled_on"] for table in self._tables if "filled_on" in table.fields},
            forms=frozenset(table.form for table in self._tables if table.form),
            oddities=(),
        )
        self._check_summary(ledgers)
        self._check_names(ledgers)
        return msgspec.structs.replace(ledgers, oddities=tuple(sorted(set(self._oddities))))

    def _lines(self, kind: str) -> Iterator[Line]:
        return (line for table in self._tables if table.kind == kind for line in table.lines)

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for table in self._tables:
            for key, value in table.fields.items():
                if key == "organisation" and fields.get(key, value) != value:
                    self._say_at(
                        table, "other_organisation", f"of {value!r}, the others of {fields[key]!r}", "question"
                    )
                fields.setdefault(key, value)
        return fields

    def _once(self, kind: str, second: Any) -> dict[str, Line]:
        found: dict[str, Line] = {}
        for line in self._lines(kind):
            number = line.get("number")
            if number is None:
                self._say(line, "number", "no_number", "no number in this line", "error")
            elif number in found:
                second(found[number], line, number)
            else:
                found[number] = line
        return found

    def _second_summary(self, first: Line, line: Line, number: str) -> None:
        if all(first.get(key) == line.get(key) for key in _SAME):
            message = f"{number}: as in {_where(first, line, 'number')}; counted once"
            self._say(line, "number", "duplicate_row", message, "note")
            return
        kind = first.get("type")
        if kind == "free" and first.get("name") == line.get("name"):
            message = f"{number} {first.get('name')}: a line for each version; one number is one line, counted once"
            self._say(line, "version", "free_versions", message, "question", "N7")
            return
        differing = [key for key in ("name", "version") if first.get(key) != line.get(key)]
        clause = NUMBER_CLAUSES.get(kind, "N1") if differing or line.get("type") != kind else "N2"
        message = f"the number {number} is {_label(first)} in {_where(first, line, 'number')}, and another entry here"
        self._say(line, "number", "number_twice", message, "error", clause)

    def _second_free(self, first: Line, line: Line, number: str) -> None:
        if first.get("name") == line.get("name"):
            message = f"{number}: as in {_where(first, line, 'number')}; counted once"
            self._say(line, "number", "duplicate_row", message, "note", "N7")
        else:
            where = _where(first, line, "number")
            message = f"the number {number} is {first.get('name')!r} in {where}, and another name here"
            self._say(line, "number", "number_twice", message, "error", "N6")

    def _second_added(self, first: Line, line: Line, number: str) -> None:
        level: Level = "note" if _without_index(first) == _without_index(line) else "error"
        message = f"{number} was filled in already in {first.place}"
        self._say(line, "number", "duplicate_row", f"{message}; counted once" if level == "note" else message, level)

    def _books(self) -> tuple[dict[str, Line], dict[str, tuple[Line, ...]]]:
        heads: dict[str, Line] = {}
        records: dict[str, list[Line]] = {}
        number = ""
        for table in self._tables:
            if table.kind == "book":
                number = self._head(table, heads)
            elif table.kind == "records":
                if not number and table.lines:
                    self._say_at(table, "no_number", "no software number above these records", "error", "L2")
                elif number:
                    records.setdefault(number, []).extend(table.lines)
        return heads, {number: tuple(self._distinct(lines)) for number, lines in records.items()}

    def _head(self, table: Extract, heads: dict[str, Line]) -> str:
        if not table.lines:
            return ""
        line = table.lines[0]
        number = str(line.get("number", ""))
        if number in heads:
            message = f"a second book of {number}, the first is in {heads[number].place}: read as one"
            self._say(line, "number", "second_book", message, "question", "L2")
        heads.setdefault(number, line)
        return number

    def _distinct(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Lines that say the same as another are counted once: a computer cannot have one install twice."""
        known: dict[tuple[tuple[str, str], ...], Line] = {}
        for line in lines:
            first = known.setdefault(_without_index(line), line)
            if first is line:
                yield line
            else:
                message = f"as in {_where(first, line, 'computer')}; counted once"
                self._say(line, "computer", "duplicate_row", message, "note")

    def _installs(self) -> Iterator[Line]:
        yield from self._distinct(self._lines("installs"))

    def _people(self) -> dict[tuple[str, str], Line]:
        found: dict[tuple[str, str], Line] = {}
        for line in self._lines("completion_people"):
            key = (str(line.get("department", "")), str(line.get("name", "")))
            if not all(key):
                self._say(line, "name", "no_name", "a person has a name and a department", "error")
            else:
                found.setdefault(key, line)
        return found

    # -- rules

    def _check_summary(self, ledgers: Ledgers) -> None:
        equal: dict[tuple[Any, ...], tuple[str, Line]] = {}
        names: dict[tuple[Any, ...], tuple[str, Line]] = {}
        for number, line in ledgers.summary.items():
            kind = line.get("type")
            if kind is None:
                self._say(line, "type", "no_type", f"{number}: no software type", "error")
                continue
            if line.get("name") is None:
                self._say(line, "name", "no_name", f"{number}: no software name", "error")
            for key in _UNSTATED.get(kind, ()):
                if line.get(key) is not None and not _is_masked(line.get(key)):
                    clause = "N5" if kind == "oem" else "N8"
                    message = f"{number}: {kind} software states no {key}; left out"
                    self._say(line, key, clause, message, "question", clause)
            if kind == "commercial":
                key_ = tuple(str(line.get(key)) for key in _SAME)
                other, first = equal.setdefault(key_, (number, line))
                if first is not line:
                    at = _where(first, line, "number")
                    message = f"{number} and {other} ({at}) are equal in everything: one purchase, one number"
                    self._say(line, "number", "equal_lots", message, "error", "N2")
                continue
            name = (kind, line.get("name"), line.get("version") if kind == "oem" else "")
            other, first = names.setdefault(name, (number, line))
            if first is not line:
                message = f"{_label(line)} has the number {other} in {_where(first, line, 'number')}, and {number} here"
                self._say(line, "number", "two_numbers", message, "error", "N4" if kind == "oem" else "N7")

    def _check_names(self, ledgers: Ledgers) -> None:
        """A number is the same software on every form."""
        others = [(number, line) for part in (ledgers.free, ledgers.books) for number, line in part.items()]
        others += [(str(line.get("number")), line) for line in ledgers.installs if line.get("number")]
        for number, line in others:
            known = ledgers.summary.get(number)
            name = line.get("name")
            if known is not None and name is not None and name != known.get("name"):
                clause = NUMBER_CLAUSES.get(known.get("type", ""), "N1")
                message = f"{number} is {name!r} here and {known.get('name')!r} in {known.at('name')}"
                self._say(line, "name", "other_name", message, "error", clause)

    # -- telling

    def _say(self, line: Line, key: str, code: str, message: str, level: Level, clause: str = "") -> None:
        self._oddities.append(Oddity(place=line.at(key), code=code, message=message, level=level, clause=clause))

    def _say_at(self, table: Extract, code: str, message: str, level: Level, clause: str = "") -> None:
        self._oddities.append(Oddity(place=table.place, code=code, message=message, level=level, clause=clause))


def _where(first: Line, line: Line, key: str) -> str:
    return first.at(key).beside(line.at(key))


def _label(line: Line) -> str:
    return f"{line.get('name', '')} {line.get('version', '')}".strip()


def _without_index(line: Line) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, str(value)) for key, value in line.values.items() if key != "index"))


def _is_masked(value: object) -> bool:
    return isinstance(value, tuple) and set(value) == {"****"}
