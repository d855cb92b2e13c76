# SPDX-License-Identifier: Apache-2.0
"""Lists of computers and people that another system exported (AD, CMDB, asset management). Source: DESIGN 8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem

from .description import Column, listing
from .extract import Line
from .grid import Book, Grid
from .normal import heading, tidy
from .oddity import Level, Oddity, Place
from .parse import Unread, parse, text_of

# Titles and what a program writes above its table take no more lines than this.
_MOST_ABOVE = 30
_NAMING = ("computer", "host", "person", "person_id")
"""A line without one of these is about nothing."""


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says about a list beyond what its headings say.

    ``columns``: a heading as it is in the file -> a field of ``descriptions/listing.yml``, empty for none; ``words``:
    field -> a text in its cells -> the word of the register; ``otherwise``: field -> its value where a cell is empty;
    ``sheet``: the only worksheet that is read.
    """

    columns: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    otherwise: dict[str, str] = {}
    sheet: str = ""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a list, with ``fields`` as their keys, and what is odd about them.

    ``of`` computers when it has a column that says which, else of people.
    """

    file: str
    fields: frozenset[str]
    lines: tuple[Line, ...]
    oddities: tuple[Oddity, ...]

    @property
    def is_of_computers(self) -> bool:
        return not self.fields.isdisjoint(("computer", "host"))


class _At(NamedTuple):
    column: Column
    at: int


def read_listing(book: Book, mapped: Mapped) -> Listing:
    """Read the list in a workbook: its table may begin anywhere in the first lines of any worksheet.

    Raises:
        InputError: there is no list in it, several sheets hold one, or the mapping names what is not there.
    """
    _require_known(mapped)
    oddities: list[Oddity] = []
    found: tuple[Grid, int, tuple[_At, ...]] | None = None
    for grid in book.grids:
        if mapped.sheet and grid.name != mapped.sheet:
            continue
        row, places = _headings(grid, mapped)
        if not any(place.column.key in _NAMING for place in places):
            if grid.width:
                where = Place(file=book.file, sheet=grid.name)
                oddities.append(_note(where, "unknown_sheet", "no column says which computer or person: left out"))
        elif found is not None:
            message = f"holds lists in the sheets {found[0].name!r} and {grid.name!r}"
            raise _wrong(book, message, "name the one to read as `sheet:` of the mapping")
        else:
            found = (grid, row, places)
    _require_columns(book, mapped, [found[0]] if found else book.grids)
    if found is None:
        raise _wrong(
            book,
            "has no column that says which computer or person a line is about",
            "say which one does: --map COLUMN=computer, host, person_id or person",
        )
    grid, row, places = found
    reading = _Reading(book.file, grid, row, places, mapped)
    lines = tuple(reading.lines())
    return Listing(
        file=book.file,
        fields=frozenset((*(place.column.key for place in places), *mapped.otherwise)),
        lines=lines,
        oddities=tuple(sorted((*oddities, *reading.oddities))),
    )


def _require_known(mapped: Mapped) -> None:
    known = {column.key for column in listing()}
    named = (*mapped.columns.values(), *mapped.words, *mapped.otherwise)
    problems = [
        Problem(
            file="mapping",
            message=f"there is no field {field!r}",
            hint=suggest(field, known) or f"one of {', '.join(sorted(known))}",
        )
        for field in dict.fromkeys(named)
        if field and field not in known
    ]
    types = {column.key: column.type for column in listing()}
    values = [*mapped.otherwise.items(), *((key, word) for key, said in mapped.words.items() for word in said.values())]
    problems += [
        Problem(file="mapping", path=field, message=f"{value!r} is not {found.expected}")
        for field, value in values
        if isinstance(found := parse(types.get(field, "text"), value), Unread)
    ]
    if problems:
        raise InputError(problems)


def _require_columns(book: Book, mapped: Mapped, grids: Iterable[Grid]) -> None:
    there = {
        heading(text): text
        for grid in grids
        for row in range(min(len(grid.rows), _MOST_ABOVE))
        for at in range(grid.width)
        if (text := _text(grid, row, at))
    }
    for name in mapped.columns:
        if heading(name) not in there:
            raise _wrong(book, f"has no column {name!r}", suggest(name, there.values()))


def _headings(grid: Grid, mapped: Mapped) -> tuple[int, tuple[_At, ...]]:
    """The row that has the most headings somebody knows, and its columns that are fields."""
    best: tuple[int, tuple[_At, ...]] = (0, ())
    for row in range(min(len(grid.rows), _MOST_ABOVE)):
        places = tuple(_places(grid, row, mapped))
        if len(places) > len(best[1]):
            best = (row, places)
    return best


def _places(grid: Grid, row: int, mapped: Mapped) -> Iterator[_At]:
    texts = {at: heading(text) for at in range(grid.width) if (text := _text(grid, row, at))}
    said = {heading(name): field for name, field in mapped.columns.items()}
    for column in listing():
        names = [name for name, field in said.items() if field == column.key]
        # What is said counts; otherwise the name that is listed first.
        names += [name for name in map(heading, (column.heading, *column.aliases)) if name not in said and not names]
        at = next((at for name in names for at, text in texts.items() if text == name), None)
        if at is not None:
            yield _At(column, at)


def _text(grid: Grid, row: int, column: int) -> str:
    value = grid.at(row, column)
    return value if isinstance(value, str) and len(value) < 60 else ""


class _Reading:
    def __init__(self, file: str, grid: Grid, row: int, places: tuple[_At, ...], mapped: Mapped) -> None:
        self.oddities: list[Oddity] = []
        self._file = file
        self._grid = grid
        self._row = row
        self._places = places
        self._mapped = mapped

    def lines(self) -> Iterator[Line]:
        self._tell_unused()
        columns = {place.column.key: place.at + 1 for place in self._places}
        given = {key: self._value(key, value) for key, value in self._mapped.otherwise.items()}
        for row in range(self._row + 1, len(self._grid.rows)):
            values = dict(self._values(row))
            if any(key in values for key in _NAMING):
                yield Line(place=self._place(row, -1), values=given | values, columns=columns)
            elif any(self._grid.at(row, at) is not None for at in range(self._grid.width)):
                self._say(row, -1, "unclear_row", "names neither computer nor person: left out", "question")

    def _values(self, row: int) -> Iterator[tuple[str, Any]]:
        for place in self._places:
            key, cell = place.column.key, self._grid.at(row, place.at)
            said = self._mapped.words.get(key, {}).get(tidy(text_of(cell)))
            found = parse(place.column.type, cell if said is None else said)
            if isinstance(found, Unread):
                message = f"{self._heading(place.at)}: {text_of(cell)!r} is not {found.expected}"
                hint = f"; or say what it is below `words: {{{key}: …}}` of the mapping" if key in _WORDED else ""
                self._say(row, place.at, "unread_cell", f"{message}{hint}", "error")
            elif found.value not in (None, ""):
                yield key, found.value

    def _value(self, key: str, text: str) -> object:
        found = parse(next(column.type for column in listing() if column.key == key), text)
        assert not isinstance(found, Unread)
        return found.value

    def _heading(self, at: int) -> str:
        return tidy(_text(self._grid, self._row, at))

    def _tell_unused(self) -> None:
        used = {place.at for place in self._places}
        unused = [name for at in range(self._grid.width) if at not in used and (name := self._heading(at))]
        if unused:
            self._say(self._row, -1, "unused_columns", f"not used: {'、'.join(unused)}", "note")

    def _place(self, row: int, column: int) -> Place:
        return Place(file=self._file, sheet=self._grid.name, row=row + 1, column=column + 1)

    def _say(self, row: int, column: int, code: str, message: str, level: Level) -> None:
        self.oddities.append(Oddity(place=self._place(row, column), code=code, message=message, level=level))


_WORDED = ("kind", "status")


def as_mapped(plain: Mapping[str, Any], columns: Mapping[str, str]) -> Mapped:
    """A mapping as its file has it, with columns that were named besides, which have the last word."""
    mapped = msgspec.convert(plain, Mapped)
    return msgspec.structs.replace(mapped, columns={**mapped.columns, **columns})


def _note(place: Place, code: str, message: str) -> Oddity:
    return Oddity(place=place, code=code, message=message, level="note")


def _wrong(book: Book, message: str, hint: str) -> InputError:
    return InputError([Problem(file=book.file, message=message, hint=hint)])
