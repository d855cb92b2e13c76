# SPDX-License-Identifier: Apache-2.0
"""Where on a worksheet which table of which form is, by its headings, wherever they are. Source: DOMAIN 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from .description import COMPLETION, Column, Form, Table, completion, form
from .grid import Grid
from .normal import heading

READ = (6, 7, 8, 9)
"""The forms that policy, register and books are made of."""

COMMANDS = {3: "need import", **dict.fromkeys(READ, "ledger import"), 10: "request import", 11: "confirm --sheets"}
"""Which command reads a form."""


class Candidate(NamedTuple):
    """A table that may be on a sheet: of a form, under a name that tells its rows' kind."""

    form: Form
    table: Table
    kind: str


class Place(NamedTuple):
    """A column of a table and where it is (from 0); ``type`` as people have it, ``factor`` of its unit."""

    column: Column
    at: int
    type: str
    factor: int = 1


class Found(NamedTuple):
    """A table on a sheet: its headings begin in the row ``top``, its rows at ``first`` (from 0). ``unknown`` are
    columns with a heading nobody knows.
    """

    candidate: Candidate
    top: int
    first: int
    places: tuple[Place, ...]
    unknown: tuple[int, ...]


@cache
def candidates(forms: tuple[int, ...] = READ) -> tuple[Candidate, ...]:
    """Every table of these forms that is read, by ``kind``: ``free``, ``software``, ``installs``, ``book`` (what a form
    9 is about), ``records``, ``needs``; along with the books the completion sheets.
    """
    found = []
    for number in forms:
        described = form(number)
        for table in described.tables:
            kind = "book" if number == 9 and table.name == "software" else table.name
            found.append(Candidate(described, table, kind))
    for name in COMPLETION if forms == READ else ():
        described = completion(name)
        found += [Candidate(described, table, f"completion_{name}") for table in described.tables]
    return tuple(found)


@cache
def _known(forms: tuple[int, ...]) -> frozenset[str]:
    return frozenset(
        name
        for item in candidates(forms)
        for column in item.table.columns
        for name in (*_names(column), heading(column.group))
    ) - {""}


def find_tables(grid: Grid, forms: tuple[int, ...]) -> tuple[Found, ...]:
    """The tables of these forms on a sheet, from the top."""
    found: list[Found] = []
    for row in _heading_rows(grid, _known(forms)):
        # The second row of headings belongs to the first.
        if found and row < found[-1].first:
            continue
        best = max(
            (match for item in candidates(forms) if (match := _match(grid, row, item)) is not None),
            # Of two tables with the same columns here, the one that has few others.
            key=lambda match: (len(match.places), -len(match.candidate.table.columns)),
            default=None,
        )
        if best is not None:
            found.append(best)
    return tuple(found)


def _heading_rows(grid: Grid, known: frozenset[str]) -> Iterator[int]:
    for row, cells in enumerate(grid.rows):
        texts = [cell for cell in cells if isinstance(cell, str) and len(cell) < 40]
        if len(texts) >= 3 and sum(heading(text) in known for text in texts) >= 3:
            yield row


def _match(grid: Grid, row: int, item: Candidate) -> Found | None:
    rows = _headings(grid, row, item.table)
    places = tuple(_places(rows, item.table))
    keys = {place.column.key for place in places}
    needed = {column.key for column in item.table.columns if column.needed}
    if not needed <= keys or len(keys) * 2 < len({column.key for column in item.table.columns}):
        return None
    first = row + max((depth for _name, depth in rows.values()), default=0) + 1
    known = {place.at for place in places}
    unknown = tuple(column for column in sorted(rows) if column not in known)
    return Found(item, row, first, places, unknown)


def _headings(grid: Grid, row: int, table: Table) -> Mapping[int, tuple[str, int]]:
    """The heading of each column, and in which of the rows of headings it is: the lowest that has one."""
    found: dict[int, tuple[str, int]] = {}
    grouped = {name for column in table.columns if column.group for name in _names(column)}
    below = [heading(value) for value in (_text(grid, row + 1, column) for column in range(grid.width)) if value]
    # A line of data may have one such word in it.
    has_second = len(grouped.intersection(below)) > 1
    for column in range(grid.width):
        if value := _text(grid, row, column):
            found[column] = (value, 0)
        if has_second and (value := _text(grid, row + 1, column)) and not grid.is_merged_down(row + 1, column):
            found[column] = (value, 1)
    return found


def _text(grid: Grid, row: int, column: int) -> str:
    value = grid.at(row, column)
    return value if isinstance(value, str) else ""


def _places(rows: Mapping[int, tuple[str, int]], table: Table) -> Iterator[Place]:
    taken: set[int] = set()
    keys: set[str] = set()
    for is_alias in (False, True):
        for column in table.columns:
            names = _names(column)[1:] if is_alias else _names(column)[:1]
            at = next((at for at, (text, _) in rows.items() if at not in taken and heading(text) in names), None)
            if at is not None and (column.type == "box" or column.key not in keys):
                taken.add(at)
                keys.add(column.key)
                factor = 10_000 if column.type == "money" and "万元" in rows[at][0] else 1
                yield Place(column, at, column.type, factor)
    for column in table.columns:
        # One column where the form has three boxes.
        if column.written_as and column.key not in keys:
            at = next((at for at, (text, _) in rows.items() if heading(text) == heading(column.group)), None)
            if at is not None:
                keys.add(column.key)
                yield Place(column, at, column.written_as)


def _names(column: Column) -> tuple[str, ...]:
    return tuple(heading(name) for name in (column.heading, *column.aliases))


def what_sheet_is(grid: Grid, forms: tuple[int, ...]) -> str:
    """What a sheet is that has no table of the forms that are read, for a message."""
    texts = {heading(cell) for row in grid.rows for cell in row if isinstance(cell, str)}
    for number, command in COMMANDS.items():
        if number not in forms and heading(form(number).title) in texts:
            return f"form {number}, which `zhengban {command}` reads"
    return f"none of the forms {forms[0]} to {forms[-1]}" if forms[1:] else f"not form {forms[0]}"
