# SPDX-License-Identifier: Apache-2.0
"""A page as lines of cells, the same for every kind of file: what stands where, and what it is. Source: DOMAIN 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Literal, NamedTuple

from .description import Column, Form, Part, Table
from .page import Page, Row
from .values import TICKED, UNTICKED, UNWRITTEN_DAY, Cell, show

Look = Literal[
    "attachment", "title", "line", "caption", "text", "heading", "value", "long", "number", "money", "box", "sign"
]
"""What a cell is: how it looks follows from that. ``value`` is short and centred, ``long`` may need several lines."""

_LOOKS: dict[str, Look] = {
    "index": "number",
    "count": "number",
    "quantity": "number",
    "money": "money",
    "ten_thousand": "money",
    "box": "box",
}
_INDENT = "\u3000" * 2
_UNWRITTEN = "＿" * 6


class Placed(NamedTuple):
    """A cell at ``column`` (from 0), over ``span`` columns and ``rows`` lines."""

    column: int
    value: Cell
    look: Look
    span: int = 1
    rows: int = 1


class Line(NamedTuple):
    """One line of cells. ``height`` in points, 0: what its texts need. ``repeats``: printed at the top of each sheet of
    paper the table goes on to.
    """

    cells: tuple[Placed, ...]
    height: float = 0
    repeats: bool = False


def lay_out(form: Form, page: Page) -> Iterator[Line]:
    """The lines of one page, from the top; rows are taken from the tables as the lines are asked for."""
    width = len(form.widths)
    if form.attachment:
        yield Line((Placed(0, form.attachment, "attachment", width),), 22)
    yield Line((Placed(0, form.title, "title", width),), 36)
    # Of several tables the last is the one that goes on over many sheets of paper.
    last = form.tables[-1] if form.tables else None
    for block in form.body:
        if block.line:
            yield from _line(block.line, page)
        for row, covered in _with_covered(block.grid):
            yield _grid_row(row, covered, page)
        if block.caption:
            yield Line((Placed(0, block.caption, "caption", width),), 24)
        if block.text:
            yield Line((Placed(0, _INDENT + block.text, "text", width),), 150)
        if block.table is not None:
            yield from _headings(block.table, repeats=block.table is last)
            yield from _rows(block.table, page.tables.get(block.table.name, ()))


def _line(parts: tuple[Part, ...], page: Page) -> Iterator[Line]:
    cells, column = [], 0
    for part in parts:
        value = page.fields.get(part.field)
        if not part.optional or value not in (None, ""):
            cells.append(Placed(column, _labelled(part, value), "line", part.span))
        column += part.span
    if cells:
        yield Line(tuple(cells), 24)


def _labelled(part: Part, value: object) -> str:
    text = str(show(part.type, value) or "") if part.field else ""
    if not part.label:
        return text
    return f"{part.label}：{text or _UNWRITTEN}"


def _with_covered(grid: tuple[tuple[Part, ...], ...]) -> Iterator[tuple[tuple[Part, ...], frozenset[int]]]:
    """Each row with the columns that cells of the rows above reach down into."""
    below: dict[int, set[int]] = {}
    for index, row in enumerate(grid):
        covered = frozenset(below.pop(index, ()))
        yield row, covered
        column = 0
        for part in row:
            column = _next_free(column, covered)
            for further in range(1, part.rows):
                below.setdefault(index + further, set()).update(range(column, column + part.span))
            column += part.span


def placed_parts(form: Form) -> Iterator[tuple[tuple[int, Part], ...]]:
    """Each row of a form's grids: the cells with their columns (from 0)."""
    for block in form.body:
        for row, covered in _with_covered(block.grid):
            placed, column = [], 0
            for part in row:
                column = _next_free(column, covered)
                placed.append((column, part))
                column += part.span
            yield tuple(placed)


def _next_free(column: int, covered: frozenset[int]) -> int:
    while column in covered:
        column += 1
    return column


def _grid_row(row: tuple[Part, ...], covered: frozenset[int], page: Page) -> Line:
    cells, column, height = [], 0, 0.0
    for part in row:
        column = _next_free(column, covered)
        value, look = _part(part, page)
        cells.append(Placed(column, value, look, part.span, part.rows))
        column += part.span
        height = max(height, part.height, 48.0 if part.sign else 0.0)
    return Line(tuple(cells), height)


def _part(part: Part, page: Page) -> tuple[Cell, Look]:
    if part.text:
        return part.text, "heading"
    if part.box:
        return _tick(page.fields.get(part.box) == part.when), "box"
    if part.boxes:
        done = page.fields.get(part.boxes)
        ticks = zip((True, False), part.options, strict=True)
        return "  ".join(f"{_tick(done is meant)}{text}" for meant, text in ticks), "value"
    if part.sign:
        by, on = page.fields.get(part.by), page.fields.get(part.on)
        return f"{part.sign}：{by or _UNWRITTEN}    {show('written_day', on) or UNWRITTEN_DAY}", "sign"
    return show(part.type, page.fields.get(part.field)), look_of(part.type)


def look_of(type: str) -> Look:
    """How values of a type look."""
    return _LOOKS.get(type, "value")


def _tick(is_ticked: bool) -> str:
    return TICKED if is_ticked else UNTICKED


def _headings(table: Table, *, repeats: bool) -> Iterator[Line]:
    if not table.has_headings:
        return
    above: list[Placed] = []
    below: list[Placed] = []
    column = 0
    for item in table.columns:
        if item.group:
            if above and above[-1].value == item.group and above[-1].column + above[-1].span == column:
                above[-1] = above[-1]._replace(span=above[-1].span + item.span)
            else:
                above.append(Placed(column, item.group, "heading", item.span))
            below.append(Placed(column, item.label, "heading", item.span))
        else:
            above.append(Placed(column, item.label, "heading", item.span, table.heading_rows))
        column += item.span
    yield Line(tuple(above), repeats=repeats)
    if below:
        yield Line(tuple(below), repeats=repeats)


def _rows(table: Table, rows: Iterable[Row]) -> Iterator[Line]:
    given = iter(rows)
    first = next(given, None)
    rows = _blank_rows(table) if first is None else chain((first,), given)
    places, column = [], 0
    for item in table.columns:
        places.append((column, item))
        column += item.span
    for index, row in zip(count(1), rows, strict=False):
        yield Line(tuple(Placed(at, *_value(item, row, index), item.span) for at, item in places))


def _blank_rows(table: Table) -> Iterator[Row]:
    if table.blank is not None:
        nothing: Row = {}
        starts = table.blank.starts
        yield from starts
        yield from (nothing for _ in range(table.blank.rows - len(starts)))


def _value(column: Column, row: Row, index: int) -> tuple[Cell, Look]:
    if column.type == "index":
        return index, "number"
    value = row.get(column.key)
    if column.type == "box":
        return _tick(value == column.when), "box"
    shown = show(column.type, value)
    return shown, "heading" if column.is_heading else look_of(column.type)
