# SPDX-License-Identifier: Apache-2.0
"""Pages as CSV: the cells of the form, line by line, which the import reads as it reads a worksheet."""

from __future__ import annotations

import csv
from typing import IO

from .layout import Line, lay_out
from .neutral import for_csv
from .page import Workbook
from .values import text_of

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the machine."""


def write_csv(workbook: Workbook, stream: IO[str]) -> None:
    """Write all pages, an empty line between them; what a spreadsheet would take for a formula gets an apostrophe."""
    stream.write(BYTE_ORDER_MARK)
    writer = csv.writer(stream, lineterminator="\r\n")
    is_first = True
    for filled in workbook.parts:
        for page in filled.pages:
            if not is_first:
                writer.writerow(())
            is_first = False
            for line in lay_out(filled.form, page):
                writer.writerow(_fields(line, len(filled.form.widths)))


def _fields(line: Line, width: int) -> list[str]:
    fields = [""] * width
    for cell in line.cells:
        fields[cell.column] = for_csv(cell.value) if isinstance(cell.value, str) else text_of(cell.value)
    return fields
