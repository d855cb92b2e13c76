# SPDX-License-Identifier: Apache-2.0
"""How the cells of a printed form look. Source: DOMAIN 3; fonts as offices use them on paper."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook as Book
from xlsxwriter.format import Format

from .layout import Line

ROW_HEIGHT = 22.0
"""Of a line of short texts, in points."""

_HIGHEST = 409.0
_LEFT = {"align": "left", "valign": "vcenter"}
_CELL = {"align": "center", "valign": "vcenter", "text_wrap": True, "border": 1}
_BODY = {"font_name": "宋体", "font_size": 10.5}
_BOLD = {"font_name": "黑体", "font_size": 10.5}

LOOKS: dict[str, dict[str, Any]] = {
    "attachment": {"font_name": "黑体", "font_size": 14, **_LEFT},
    "title": {"font_name": "方正小标宋简体", "font_size": 20, "align": "center", "valign": "vcenter"},
    "line": {**_BODY, **_LEFT},
    "caption": {**_BOLD, **_LEFT, "border": 1},
    "text": {"font_name": "仿宋_GB2312", "font_size": 16, "text_wrap": True, **_LEFT},
    "heading": {**_BOLD, **_CELL},
    # As text: a version 2.10 that somebody types over stays one.
    "value": {**_BODY, **_CELL, "num_format": "@"},
    "number": {**_BODY, **_CELL},
    "money": {**_BODY, **_CELL, "num_format": "0.00####"},
    "day": {**_BODY, **_CELL, "num_format": "yyyy\\-mm\\-dd"},
    "box": {**_CELL, "font_name": "宋体", "font_size": 12},
    "sign": {**_BODY, **_CELL, "align": "right", "valign": "bottom"},
}


class Styles:
    """The styles of one workbook, each made once."""

    def __init__(self, book: Book) -> None:
        self._made = {
            (look, is_quoted): book.add_format(LOOKS[look] | ({"quote_prefix": True} if is_quoted else {}))
            for look in LOOKS
            for is_quoted in (False, True)
        }

    def of(self, look: str, *, is_quoted: bool = False) -> Format:
        """The style of a look; ``is_quoted``: what the cell holds is a text, even where it begins like a formula."""
        return self._made[look, is_quoted]


def height_of(line: Line, widths: tuple[int, ...]) -> float:
    """The height in points that the texts of a line need."""
    most = 1
    for cell in line.cells:
        if isinstance(cell.value, str) and cell.rows == 1:
            room = sum(widths[cell.column : cell.column + cell.span])
            if len(cell.value) * 2 > room - 2 or "\n" in cell.value:
                most = max(most, sum(-(-max(1, _width(part)) // max(1, room - 2)) for part in cell.value.split("\n")))
    return min(_HIGHEST, 8 + 14.5 * most)


def _width(text: str) -> int:
    """In characters of the column widths: a Chinese one takes two."""
    return sum(2 if char >= "\u2e80" else 1 for char in text)
