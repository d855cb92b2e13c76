# SPDX-License-Identifier: Apache-2.0
"""A worksheet as it was read: cells, and which of them are one."""

from __future__ import annotations

import datetime as dt
from functools import cached_property

import msgspec


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that the workbook itself says is a day."""

    day: dt.date


Raw = str | int | float | bool | Day | None
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column of a merged cell, from 0."""


class Grid(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One worksheet; ``rows`` from the first row and column of the sheet on, each as long as it has to be."""

    name: str
    rows: tuple[tuple[Raw, ...], ...]
    merged: tuple[Area, ...] = ()
    is_hidden: bool = False

    @cached_property
    def _filled(self) -> dict[tuple[int, int], int]:
        """The row that has the value of each cell below the first of a merged one, in its first column."""
        return {
            (row, area[1]): area[0]
            for area in self.merged
            for row in range(area[0] + 1, min(area[2] + 1, len(self.rows)))
        }

    def at(self, row: int, column: int) -> Raw:
        """The value of a cell; None where nothing is. One that is merged over several rows has its value in each of
        them, in its first column."""
        row = self._filled.get((row, column), row)
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return None
        value = self.rows[row][column]
        return None if isinstance(value, str) and not value.strip() else value

    @cached_property
    def width(self) -> int:
        return max(map(len, self.rows), default=0)

    def is_merged_down(self, row: int, column: int) -> bool:
        """Whether a cell is the lower part of a merged one."""
        return (row, column) in self._filled


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """All worksheets of a file, and its SHA-256 as it was read."""

    file: str
    grids: tuple[Grid, ...]
    sha256: str
