# SPDX-License-Identifier: Apache-2.0
"""Forms 10 and 11 as people fill them in: copies of a form of fixed cells, several of them on a worksheet.

Where a value stands follows from the description and from where the label beside it is. Source: DOMAIN 3, DESIGN 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from .description import Form, Part
from .grid import Book, Grid, Raw
from .layout import placed_parts
from .normal import heading, narrow
from .oddity import Level, Oddity, Place
from .parse import Unread, parse, text_of

_TICKED = re.compile("[☑√✓✔■]")


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """One copy of a form: its place, and its values by the names of its description; what is empty is absent."""

    place: Place
    values: dict[str, Any]

    def text(self, name: str) -> str:
        """A value that is a text, empty where there is none."""
        return str(self.values.get(name, ""))


def read_copies(book: Book, form: Form) -> tuple[tuple[Copy, ...], tuple[Oddity, ...]]:
    """Every copy of a form in a workbook, in order, and what is odd about them."""
    oddities: list[Oddity] = []
    copies: list[Copy] = []
    for grid in book.grids:
        tops = [row for row, cells in enumerate(grid.rows) if any(_is(cell, form.title) for cell in cells)]
        for top, end in pairwise([*tops, len(grid.rows)]):
            copies.append(_Reading(book.file, grid, form, top, end, oddities).copy())
    return tuple(copies), tuple(oddities)


def _is(cell: Raw, text: str) -> bool:
    return isinstance(cell, str) and heading(cell) == heading(text)


class _Reading:
    def __init__(self, file: str, grid: Grid, form: Form, top: int, end: int, oddities: list[Oddity]) -> None:
        self._file = file
        self._grid = grid
        self._form = form
        self._top = top
        self._end = end
        self._oddities = oddities
        self._values: dict[str, Any] = {}

    def copy(self) -> Copy:
        above, shift = self._top, 0
        for parts in placed_parts(self._form):
            label = next(((at, part) for at, part in parts if part.text), None)
            found = self._find(label[1].text, above) if label is not None else (above + 1, shift + parts[0][0])
            if found is None:
                continue
            row, column = found
            shift = column - (label or parts[0])[0]
            above = row
            for at, part in parts:
                self._part(part, row, at + shift)
        for row in range(self._top, self._end):
            for cell in self._grid.rows[row]:
                self._line(cell)
        return Copy(place=self._place(self._top, -1), values=self._values)

    def _find(self, text: str, above: int) -> tuple[int, int] | None:
        """Where a label is next, below a row."""
        for row in range(above + 1, self._end):
            for column, cell in enumerate(self._grid.rows[row]):
                if _is(cell, text):
                    return row, column
        return None

    def _part(self, part: Part, row: int, column: int) -> None:
        cells = (self._grid.at(row, at) for at in range(column, column + part.span))
        cell = next((cell for cell in cells if cell is not None), None)
        if part.boxes:
            self._boxes(part, text_of(cell))
        elif part.box:
            found = parse("box", cell)
            if isinstance(found, Unread):
                self._say(row, column, "unread_cell", f"{text_of(cell)!r} is not {found.expected}", "error")
            elif found.value is True and self._values.setdefault(part.box, part.when) != part.when:
                self._say(row, column, "two_ticks", "two boxes are ticked", "error")
        elif part.field and cell is not None:
            self._field(part, cell, row, column)

    def _field(self, part: Part, cell: Raw, row: int, column: int) -> None:
        found = parse(part.type, cell)
        if isinstance(found, Unread):
            message = f"{part.label or part.field}: {text_of(cell)!r} is not {found.expected}"
            self._say(row, column, "unread_cell", message, "error")
        elif found.value is not None:
            self._values.setdefault(part.field, found.value)

    def _boxes(self, part: Part, text: str) -> None:
        """Of ``☑完成  ☐未完成`` whether the first is ticked; nothing where none, or both, are."""
        pieces = re.split(r"(?=[☑√✓✔■☐□])", narrow(text))
        ticked = {
            option
            for piece in pieces
            for option in part.options
            if _TICKED.match(piece) and piece[1:].strip() == option
        }
        if len(ticked) == 1:
            self._values[part.boxes] = ticked == {part.options[0]}

    def _line(self, cell: Raw) -> None:
        if not isinstance(cell, str):
            return
        label, colon, rest = cell.replace(":", "：").partition("：")
        part = next((item for item in self._form.parts() if item.label and _is(label, item.label)), None)
        if part is not None and colon and rest.strip(" _＿\u3000"):
            self._values.setdefault(part.field, rest.strip())

    def _place(self, row: int, column: int) -> Place:
        return Place(file=self._file, sheet=self._grid.name, row=row + 1, column=column + 1)

    def _say(self, row: int, column: int, code: str, message: str, level: Level) -> None:
        self._oddities.append(Oddity(place=self._place(row, column), code=code, message=message, level=level))


def names_of(copy: Copy, kind: str) -> Iterator[tuple[str, str]]:
    """(name, version) of the software of a copy of form 10 or 11: what leaves before what comes."""
    places = {"install": ("install",), "remove": ("remove",), "upgrade": ("before", "after")}[kind]
    return ((copy.text(f"{place}_name"), copy.text(f"{place}_version")) for place in places)
