# SPDX-License-Identifier: Apache-2.0
"""Pages as a workbook that prints on A4 as the regulation shows the form: the same bytes for the same pages.

Rows go to disk as they come, so memory does not grow with them. Source: DESIGN 6 (values are data), DOMAIN 3.
"""

from __future__ import annotations

import datetime as dt
import shutil
from tempfile import TemporaryFile
from typing import IO, Any

from xlsxwriter import Workbook as Book
from xlsxwriter.worksheet import Worksheet

from .description import Form
from .layout import Line, Placed, lay_out
from .neutral import is_dangerous, plain
from .page import Page, Workbook
from .sheetname import SheetNames
from .xlsx_style import ROW_HEIGHT, Styles, height_of

# What a sheet of paper takes, in pixels of Excel at 96 dpi, inside of margins of half an inch.
_PRINTABLE = {"portrait": 698, "landscape": 1026}
# Of the fonts that stand in for Excel's own where that is not installed: what fits with them fits everywhere.
_WIDEST_CHARACTER = 9.4
_A4 = 9
# Excel takes no more breaks between the copies on one worksheet.
_MOST_COPIES = 1_000


def write_xlsx(workbook: Workbook, stream: IO[bytes]) -> None:
    """Write a workbook to a stream.

    Raises:
        OSError: it cannot be written, as on a full disk.
    """
    # A zip file whose last bytes do not get onto the disk complains once more with a traceback when it is let go.
    with TemporaryFile() as made:
        _make(workbook, made)
        made.seek(0)
        shutil.copyfileobj(made, stream)


def _make(workbook: Workbook, stream: IO[bytes]) -> None:
    # What a cell holds stays what it is: nothing is taken for a formula, a number or a link.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    book = Book(stream, options)
    # The moment of writing would make of each file another one.
    book.set_properties({"author": "zhengban", "created": dt.datetime.combine(workbook.as_of, dt.time())})
    styles, names = Styles(book), SheetNames()
    for filled in workbook.parts:
        sheet: _Sheet | None = None
        wanted = ""
        for page in filled.pages:
            if sheet is None or page.sheet != wanted or sheet.copies == _MOST_COPIES:
                if sheet is not None:
                    sheet.finish()
                wanted = page.sheet
                sheet = _Sheet(book.add_worksheet(names.take(wanted)), filled.form, styles)
            sheet.add(page)
        if sheet is not None:
            sheet.finish()
    book.close()


class _Sheet:
    """One worksheet, written from the top."""

    def __init__(self, sheet: Worksheet, form: Form, styles: Styles) -> None:
        self.copies = 0
        self._sheet = sheet
        self._form = form
        self._styles = styles
        self._row = 0
        self._breaks: list[int] = []
        self._repeats: list[int] = []
        # By column: how many lines a merged cell still reaches down, and what it looks like.
        self._covered: dict[int, tuple[int, str]] = {}
        self._set_up()

    def _set_up(self) -> None:
        sheet, form = self._sheet, self._form
        for column, width in enumerate(form.widths):
            sheet.set_column(column, column, width)
        if form.paper == "landscape":
            sheet.set_landscape()
        sheet.set_paper(_A4)
        if form.shares_sheets:
            # A scale, not "fit to width": with that Excel passes over the breaks between copies.
            pixels = sum(width * _WIDEST_CHARACTER + 5 for width in form.widths)
            sheet.set_print_scale(min(100, _PRINTABLE[form.paper] * 100 // int(pixels)))
        else:
            sheet.fit_to_pages(1, int(form.is_one_page))
        sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
        sheet.center_horizontally()
        sheet.set_footer("&C第 &P 页，共 &N 页")
        sheet.set_default_row(ROW_HEIGHT)
        sheet.hide_gridlines(2)

    def add(self, page: Page) -> None:
        """Write one more copy, on paper of its own."""
        if self.copies:
            self._breaks.append(self._row)
        self.copies += 1
        for line in lay_out(self._form, page):
            self._add_line(line)

    def finish(self) -> None:
        """Say how it prints, now that all is there."""
        self._sheet.set_h_pagebreaks(self._breaks)
        if self.copies == 1 and self._repeats:
            self._sheet.repeat_rows(self._repeats[0], self._repeats[-1])

    def _add_line(self, line: Line) -> None:
        if line.repeats:
            self._repeats.append(self._row)
        height = line.height or height_of(line, self._form.widths)
        if height > ROW_HEIGHT:
            self._sheet.set_row(self._row, height)
        placed = {item.column: item for item in line.cells}
        column = 0
        while column < len(self._form.widths):
            item = placed.get(column)
            if item is None:
                self._below_a_merged_cell(column)
                column += 1
            else:
                self._add_cell(item)
                column += item.span
        self._row += 1

    def _below_a_merged_cell(self, column: int) -> None:
        left, look = self._covered.pop(column, (0, ""))
        if left:
            self._sheet.write_blank(self._row, column, None, self._styles.of(look))
            if left > 1:
                self._covered[column] = (left - 1, look)

    def _add_cell(self, item: Placed) -> None:
        row, column = self._row, item.column
        _write(self._sheet, row, item, self._styles)
        for further in range(column, column + item.span):
            if further > column:
                # Its borders are those of the merged cell.
                self._sheet.write_blank(row, further, None, self._styles.of(item.look))
            if item.rows > 1:
                self._covered[further] = (item.rows - 1, item.look)
        if item.span > 1 or item.rows > 1:
            # Not merge_range: it writes the lines below at once, and then nothing more of this one.
            self._sheet.merge.append([row, column, row + item.rows - 1, column + item.span - 1])


def _write(sheet: Worksheet, row: int, item: Placed, styles: Styles) -> None:
    value: Any = item.value
    if isinstance(value, str):
        text = plain(value)
        sheet.write_string(row, item.column, text, styles.of(item.look, is_quoted=is_dangerous(text)))
    elif value is None:
        sheet.write_blank(row, item.column, None, styles.of(item.look))
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, item.column, dt.datetime.combine(value, dt.time()), styles.of("day"))
    else:
        sheet.write_number(row, item.column, value, styles.of(item.look))
