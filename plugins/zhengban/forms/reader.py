# SPDX-License-Identifier: Apache-2.0
"""Reads one workbook and prints it as JSON; run as a process of its own, with limits, by ``opening``.

A file that people were sent may be made to take all memory or to crash a library; here it only ends this process.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from .grid import Area, Day, Grid, Raw

MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 200_000, 256, 4_000_000
MOST_MERGED = 1_000_000
_FOREIGN = ("utf-8-sig", "gb18030")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",\t;"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The worksheets, or why not."""

    grids: tuple[Grid, ...] = ()
    refusal: str = ""


def main() -> None:
    """Read the file that the first argument names."""
    path = Path(sys.argv[1])
    try:
        answer = Answer(grids=tuple(_csv(path) if path.suffix.lower() == ".csv" else _workbook(path)))
    except _Refusal as err:
        answer = Answer(refusal=str(err))
    except MemoryError:
        answer = Answer(refusal="it takes too much memory to read")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


class _Refusal(Exception):
    pass


def _workbook(path: Path) -> Iterator[Grid]:
    from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    try:
        book = load_workbook(path)
        cells = 0
        for index, metadata in enumerate(book.sheets_metadata):
            if metadata.typ is not SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(index)
            cells += sheet.total_height * sheet.total_width
            _require_size(sheet.name, sheet.total_height, sheet.total_width, cells)
            rows = sheet.to_python(skip_empty_area=False)
            areas: list[Area] = [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]
            if sum(_size(area, sheet.total_height, sheet.total_width) for area in areas) > MOST_MERGED:
                raise _Refusal(f"the sheet {sheet.name!r} has more than {MOST_MERGED} merged cells")
            yield Grid(
                name=sheet.name,
                rows=tuple(tuple(_plain(value) for value in row) for row in rows),
                merged=tuple(areas),
                is_hidden=metadata.visible is not SheetVisibleEnum.Visible,
            )
    except PasswordError as err:
        raise _Refusal("it is protected with a password") from err
    except CalamineError as err:
        raise _Refusal(f"it cannot be read as a workbook ({err})") from err


def _size(area: Area, height: int, width: int) -> int:
    return max(0, min(area[2] + 1, height) - area[0]) * max(0, min(area[3] + 1, width) - area[1])


def _csv(path: Path) -> Iterator[Grid]:
    text = _text(path.read_bytes())
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        rows = tuple(tuple(map(_without_apostrophe, row)) for row in lines)
    except csv.Error as err:
        raise _Refusal(f"it cannot be read as CSV ({err})") from err
    width = max(map(len, rows), default=0)
    _require_size(path.stem, len(rows), width, len(rows) * width)
    yield Grid(name=path.stem, rows=rows)


def _text(data: bytes) -> str:
    for encoding in ("utf-16",) if data.startswith(_UTF_16) else _FOREIGN:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # UTF-16 without its mark is GB18030 to a decoder.
        if "\0" not in text:
            return text
    raise _Refusal("it is neither UTF-8 nor GB18030, and no UTF-16 with a byte order mark")


def _delimiter(text: str) -> str:
    """What stands between the fields: of those in use the one that the first lines have most of."""
    head = "".join(text.splitlines(keepends=True)[:5])
    return max(_DELIMITERS, key=head.count)


def _without_apostrophe(field: str) -> str:
    # As the export writes what would be a formula.
    return field[1:] if field[:1] == "'" and field[1:2] in tuple("=+-@\t\r\n＝＋－＠") else field


def _require_size(name: str, rows: int, columns: int, cells: int) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS or cells > MOST_CELLS:
        raise _Refusal(
            f"the sheet {name!r} has {rows} rows and {columns} columns; {MOST_ROWS} rows, {MOST_COLUMNS} columns "
            f"and {MOST_CELLS} cells of a file are read at most"
        )


def _plain(value: object) -> Raw:
    if isinstance(value, dt.datetime):
        return Day(day=value.date())
    if isinstance(value, dt.date):
        return Day(day=value)
    if isinstance(value, dt.time | dt.timedelta):
        return str(value)
    if isinstance(value, str):
        return value or None
    assert isinstance(value, int | float | bool)
    return value


if __name__ == "__main__":
    main()
