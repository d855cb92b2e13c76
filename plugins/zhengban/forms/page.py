# SPDX-License-Identifier: Apache-2.0
"""What is to stand on a form: the values of one copy of it. Source: DESIGN 8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from .description import Form

Row = Mapping[str, object]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One copy of a form: ``fields`` by their names, and the rows of its ``tables``, which may be read only once.

    Pages with one ``sheet`` name share a worksheet, each on paper of its own.
    """

    sheet: str
    fields: Mapping[str, object] = {}
    tables: Mapping[str, Iterable[Row]] = {}


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A form with its pages, which may be read only once, of a day."""

    form: Form
    pages: Iterable[Page]
    as_of: dt.date


class Workbook(msgspec.Struct, frozen=True, kw_only=True):
    """Several forms in one file, in order."""

    parts: tuple[Filled, ...]

    @property
    def as_of(self) -> dt.date:
        return self.parts[0].as_of
