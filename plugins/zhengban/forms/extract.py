# SPDX-License-Identifier: Apache-2.0
"""The rows of the tables on a worksheet, each value of its type, and everything odd on the way. Source: DESIGN 8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

from .description import Part
from .grid import Book, Grid, Raw
from .normal import heading, narrow, tidy
from .oddity import Level, Oddity, Place
from .parse import Unread, parse, text_of
from .recognise import READ, Found, candidates, find_tables, what_sheet_is
from .recognise import Place as Column

_NOTE_STARTS = ("注", "说明", "备注", "制表", "审核", "填表", "以上", "以下", "附", "截至", "单位", "*")
_TOTALS = ("合计", "总计", "共计", "小计")
# What an empty line of the form has all the same.
_PRINTED = frozenset(("index", "box", "software_type", "category"))
# Left empty they are those of the line above.
_FILLED_DOWN = {"installs": ("department", "person", "computer", "brand")}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table: where it is, and its values by key; what is empty is absent."""

    place: Place
    values: Mapping[str, Any]
    columns: Mapping[str, int]

    def at(self, key: str) -> Place:
        """The cell of a value."""
        return msgspec.structs.replace(self.place, column=self.columns.get(key, 0))

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """One table: its ``kind`` (see ``recognise.candidates``), the form, what stands above it, and its lines."""

    kind: str
    form: int
    place: Place
    fields: Mapping[str, Any]
    lines: tuple[Line, ...]


class Extracted(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of a file, and what is odd about them."""

    tables: tuple[Extract, ...]
    oddities: tuple[Oddity, ...]


def extract_book(book: Book, forms: tuple[int, ...] = READ) -> Extracted:
    """Read every table of these forms on every worksheet."""
    tables: list[Extract] = []
    oddities: list[Oddity] = []
    for grid in book.grids:
        sheet = _Sheet(book.file, grid, forms)
        tables += sheet.tables()
        oddities += sheet.oddities
    return Extracted(tables=tuple(tables), oddities=tuple(oddities))


class _Sheet:
    def __init__(self, file: str, grid: Grid, forms: tuple[int, ...]) -> None:
        self.oddities: list[Oddity] = []
        self._forms = forms
        self._file = file
        self._grid = grid

    def tables(self) -> Iterator[Extract]:
        found = find_tables(self._grid, self._forms)
        if not found:
            if any(self._grid.at(row, column) is not None for row, column in self._cells(0, len(self._grid.rows))):
                self._say(-1, -1, "unknown_sheet", f"{what_sheet_is(self._grid, self._forms)}: left out", "question")
            return
        if self._grid.is_hidden:
            self._say(-1, -1, "hidden_sheet", "the sheet is hidden, and was read", "note")
        merged = [area for area in self._grid.merged if area[2] > area[0] and area[0] >= found[0].first]
        if merged:
            message = f"{len(merged)} merged cells over several lines: each line has their value"
            first = min(merged)
            self._say(first[0], first[1], "merged_cells", message, "note")
        ends = [*(item.top for item in found[1:]), len(self._grid.rows)]
        start = 0
        for item, end in zip(found, ends, strict=True):
            fields = self._fields(item, start)
            yield Extract(
                kind=item.candidate.kind,
                form=item.candidate.form.number,
                place=self._place(item.top, -1),
                fields=fields,
                lines=tuple(self._lines(item, end)),
            )
            start = item.first

    # -- what stands above

    def _fields(self, item: Found, start: int) -> dict[str, Any]:
        parts = list(item.candidate.form.parts())
        labels = {name: part for part in parts if part.label for name in (heading(part.label),)}
        fields: dict[str, Any] = {}
        for row, column in self._cells(start, item.top):
            value = self._grid.at(row, column)
            if not isinstance(value, str) or self._grid.is_merged_down(row, column):
                continue
            label, colon, rest = value.replace(":", "：").partition("：")
            part = labels.get(heading(label))
            if part is not None and part.field not in fields:
                given: Raw = rest if colon and rest.strip(" _＿\u3000") else self._right_of(row, column)
                self._field(fields, part, given, row, column)
        self._grid_fields(item, fields, start)
        return fields

    def _grid_fields(self, item: Found, fields: dict[str, Any], start: int) -> None:
        """Values beside the headings of a grid: the counts of form 7."""
        for block in item.candidate.form.body:
            for grid_row in block.grid:
                for label, part in pairwise(grid_row):
                    if not label.text or not part.field:
                        continue
                    names = {heading(name) for name in (label.text, *label.aliases)}
                    for row, column in self._cells(start, item.top):
                        value = self._grid.at(row, column)
                        if isinstance(value, str) and heading(value) in names:
                            self._field(fields, part, self._right_of(row, column), row, column)
                            break

    def _right_of(self, row: int, column: int) -> Raw:
        here = self._grid.at(row, column)
        for at in range(column + 1, self._grid.width):
            value = self._grid.at(row, at)
            if value is not None and value != here:
                # Another label, not a value.
                return None if isinstance(value, str) and ("：" in value or ":" in value) else value
        return None

    def _field(self, fields: dict[str, Any], part: Part, given: Raw, row: int, column: int) -> None:
        if (
            isinstance(given, str)
            and part.type == "written_day"
            and not any(char.isdecimal() for char in narrow(given))
        ):
            return
        found = parse(part.type, given)
        if isinstance(found, Unread):
            message = f"{part.label or part.field}: {given!r} is not {found.expected}"
            self._say(row, column, "unread_field", f"{message}; left out", "question")
        elif found.value is not None:
            fields[part.field] = found.value

    # -- rows

    def _lines(self, item: Found, end: int) -> Iterator[Line]:
        self._unknown_columns(item, end)
        above: dict[str, Any] = {}
        for row in range(item.first, end):
            raw = {place.at: self._grid.at(row, place.at) for place in item.places}
            if all(value is None for value in raw.values()):
                self._lonely(row, raw)
                continue
            if self._is_furniture(row) or self._is_signed(item, row):
                return
            if self._is_remark(item, row, raw):
                continue
            values = self._values(item, row, raw)
            if not any(key not in ("index",) and value not in (None, False) for key, value in values.items()):
                continue
            self._fill_down(item, row, values, above)
            above = values
            columns = {place.column.key: place.at + 1 for place in item.places}
            yield Line(place=self._place(row, -1), values=values, columns=columns)

    def _values(self, item: Found, row: int, raw: Mapping[int, Raw]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for place in item.places:
            found = parse(place.type, raw[place.at], factor=place.factor)
            key = place.column.key
            if isinstance(found, Unread):
                message = f"{place.column.heading}: {_shown(place, raw[place.at])} is not {found.expected}"
                self._say(row, place.at, "unread_cell", f"{message}; left out", "error")
                continue
            if found.question:
                self._say(row, place.at, "unsure_cell", f"{place.column.heading}: {found.question}", "question")
            elif found.note:
                self._say(row, place.at, "read_cell", f"{place.column.heading}: {found.note}", "note")
            if place.type == "box":
                self._tick(values, place, is_ticked=found.value is True, row=row)
            elif found.value is not None:
                values[key] = found.value
        printed = {place.column.key for place in item.places if place.type in _PRINTED}
        if values.keys() <= printed:
            values.clear()
        return values

    def _tick(self, values: dict[str, Any], place: Column, *, is_ticked: bool, row: int) -> None:
        key = place.column.key
        if is_ticked and key in values:
            self._say(row, place.at, "two_ticks", f"{place.column.heading}: two boxes are ticked", "error")
        elif is_ticked:
            values[key] = place.column.when

    def _is_remark(self, item: Found, row: int, raw: Mapping[int, Raw]) -> bool:
        """A note below the table, or a line of sums: nothing of the table, and said so."""
        texts = list(dict.fromkeys(tidy(text_of(value)) for value in raw.values() if value is not None))
        first = texts[0]
        sums = [text for text in texts if heading(text) in _TOTALS]
        needed = [place for place in item.places if place.column.needed and place.column.type != "box"]
        is_row = any(raw[place.at] is not None for place in needed)
        is_whole = all(raw[place.at] is not None for place in needed)
        column = next(at for at, value in raw.items() if value is not None)
        if sums and not is_whole:
            self._say(row, column, "sum_row", f"a line of sums ({sums[0]}): left out", "note")
        elif len(texts) == 1 and (first.startswith(_NOTE_STARTS) or len(first) > 30):
            self._say(row, column, "trailing_note", f"a remark: {first[:40]!r}", "note")
        elif len(texts) == 1 and not is_row and not first.isdecimal():
            self._say(row, column, "unclear_row", f"{first[:40]!r} alone in its line: left out", "question")
        else:
            return False
        return True

    def _is_furniture(self, row: int) -> bool:
        """Whether the next form, or part of this one, begins here."""
        texts = {heading(cell) for cell in self._grid.rows[row] if isinstance(cell, str) and cell.strip()}
        return len(texts) == 1 and texts <= _furniture(self._forms)

    def _is_signed(self, item: Found, row: int) -> bool:
        """Whether the table has ended, and what is signed below it begins."""
        first = next((cell for cell in self._grid.rows[row] if isinstance(cell, str) and cell.strip()), "")
        parts = (cells[0] for block in item.candidate.form.body for cells in block.grid if cells[-1].sign)
        return heading(first) in {heading(part.text) for part in parts}

    def _lonely(self, row: int, raw: Mapping[int, Raw]) -> None:
        """Something beside the table."""
        for column in range(self._grid.width):
            value = self._grid.at(row, column)
            if column not in raw and isinstance(value, str):
                self._say(row, column, "trailing_note", f"a remark: {tidy(value)[:40]!r}", "note")
                return

    def _fill_down(self, item: Found, row: int, values: dict[str, Any], above: Mapping[str, Any]) -> None:
        keys = [key for key in _FILLED_DOWN.get(item.candidate.kind, ()) if key in above]
        if "computer" in values or not keys or "number" not in values:
            return
        values |= {key: above[key] for key in keys if key not in values}
        at = next(place.at for place in item.places if place.column.key == "computer")
        message = f"no computer: taken from the line above ({above['computer']})"
        self._say(row, at, "filled_down", message, "question")

    def _unknown_columns(self, item: Found, end: int) -> None:
        for column in item.unknown:
            if any(self._grid.at(row, column) is not None for row in range(item.first, end)):
                text = self._grid.at(item.top, column) or self._grid.at(item.first - 1, column)
                self._say(item.top, column, "unknown_column", f"the form has no column {text!r}: left out", "question")

    # -- places

    def _cells(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        return ((row, column) for row in range(start, end) for column in range(len(self._grid.rows[row])))

    def _place(self, row: int, column: int) -> Place:
        return Place(file=self._file, sheet=self._grid.name, row=row + 1, column=column + 1)

    def _say(self, row: int, column: int, code: str, message: str, level: Level) -> None:
        self.oddities.append(Oddity(place=self._place(row, column), code=code, message=message, level=level))


@cache
def _furniture(read: tuple[int, ...]) -> frozenset[str]:
    """What stands on the forms besides tables, over their whole width."""
    forms = {item.form.title: item.form for item in candidates(read)}.values()
    captions = (block.caption for described in forms for block in described.body if block.caption)
    return frozenset(
        map(heading, (*captions, *(text for item in forms for text in (item.title, item.attachment) if text)))
    )


def _shown(place: Column, value: Raw) -> str:
    # Serial numbers are secrets, also in messages.
    return "what stands there" if place.column.type == "serials" else repr(value)
