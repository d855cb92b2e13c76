# SPDX-License-Identifier: Apache-2.0
"""What is odd about a workbook that people filled in, as values: where, what, and whether somebody has to decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Level = Literal["note", "question", "error"]


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A cell of a worksheet of a file; ``row`` and ``column`` count from 1, 0 means all of it."""

    file: str
    sheet: str = ""
    row: int = 0
    column: int = 0

    @property
    def cell(self) -> str:
        return f"{column_name(self.column)}{self.row or ''}"

    def beside(self, other: Place) -> str:
        """What it is called in a message about another place: its cell, with file and sheet where these are others."""
        return self.cell if (self.file, self.sheet) == (other.file, other.sheet) else str(self)

    def __str__(self) -> str:
        where = "!".join(part for part in (self.sheet, self.cell) if part)
        return f"{self.file}#{where}" if where else self.file


class Oddity(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing to know. A ``note`` was understood; a ``question`` is written as ``message`` says once it is accepted,
    by its place or its code; an ``error`` has to be put right. ``clause`` is the rule it breaks (N1-N8, L1-L7).
    """

    place: Place
    code: str
    message: str
    level: Level
    clause: str = ""

    def is_accepted(self, accept: Iterable[str]) -> bool:
        """Whether somebody has answered it: only a question can be."""
        return self.level == "question" and not {str(self.place), self.code}.isdisjoint(accept)

    def __str__(self) -> str:
        clause = f" ({self.clause})" if self.clause else ""
        return f"{self.place}: {self.level} {self.code}: {self.message}{clause}"


def column_name(column: int) -> str:
    """``A`` for 1, ``AA`` for 27, nothing for 0."""
    name = ""
    while column > 0:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
