# SPDX-License-Identifier: Apache-2.0
"""What a form looks like and holds: read from ``descriptions/``, which every export and import follows.

Source: DOMAIN 3, regulations document 4 (附件 1-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec
import yaml

NUMBERS = tuple(range(1, 12))
COMPLETION = ("software", "computers", "people")
"""The sheets of the completion workbook: what the files need and no form holds."""

_LOADER: type[yaml.BaseLoader] | type[yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys nobody knows are mistakes of the description."""


class Part(_Described, frozen=True, kw_only=True):
    """A cell of a line or a grid.

    ``text`` is printed as it is, ``field`` the name of a value of ``type``, behind its ``label`` in a line. ``box`` is
    ticked when the value of that name is ``when``; ``boxes`` are two, for true and for false. ``sign`` is what a person
    signs as, ``by`` and ``on`` who did and when. ``span`` and ``rows`` count the columns and rows it takes, ``height``
    is of its row, in points. An ``optional`` line cell is not there without a value.
    """

    text: str = ""
    label: str = ""
    field: str = ""
    type: str = "text"
    box: str = ""
    when: str = ""
    boxes: str = ""
    options: tuple[str, ...] = ()
    sign: str = ""
    by: str = ""
    on: str = ""
    span: int = 1
    rows: int = 1
    height: float = 0
    optional: bool = False
    aliases: tuple[str, ...] = ()


class Column(_Described, frozen=True, kw_only=True):
    """A column of a table: its ``heading``, below ``group`` where several share one, with its ``unit`` in brackets.

    ``key`` names the value of a row; several boxes may stand for one, each ``when`` it is something. ``aliases`` are
    headings people write instead; a table without its ``needed`` columns is not this table. ``written_as``: the words
    people write below the group's heading where they make one column of it. ``is_heading``: its values look like
    headings.
    """

    key: str
    heading: str = ""
    group: str = ""
    unit: str = ""
    type: str = "text"
    when: str = ""
    span: int = 1
    aliases: tuple[str, ...] = ()
    needed: bool = False
    written_as: str = ""
    is_heading: bool = False

    @property
    def label(self) -> str:
        """The heading as it is printed, its unit on a line of its own."""
        return f"{self.heading}\n({self.unit})" if self.unit else self.heading


class Blank(_Described, frozen=True, kw_only=True):
    """What is printed of a table without rows: so many, the first with these values."""

    rows: int
    starts: tuple[dict[str, str], ...] = ()


class Table(_Described, frozen=True, kw_only=True):
    """Rows of one kind in ``order``."""

    name: str
    order: str
    columns: tuple[Column, ...]
    blank: Blank | None = None

    @property
    def has_headings(self) -> bool:
        return any(column.heading for column in self.columns)

    @property
    def heading_rows(self) -> int:
        return (2 if any(column.group for column in self.columns) else 1) if self.has_headings else 0


class Block(_Described, frozen=True, kw_only=True):
    """One piece of a form, from the top: a ``line`` without borders, a ``grid`` of fixed cells, a ``caption`` over the
    whole width, a paragraph of ``text``, or a table.
    """

    line: tuple[Part, ...] = ()
    grid: tuple[tuple[Part, ...], ...] = ()
    caption: str = ""
    text: str = ""
    table: Table | None = None


class Form(_Described, frozen=True, kw_only=True):
    """One form. ``number`` 0 is no form of the regulation; ``widths`` of its columns are in characters. Several copies
    of one that ``shares_sheets`` may stand on one worksheet; one that ``is_one_page`` is made to fit on one.
    """

    number: int = 0
    title: str
    clauses: tuple[str, ...]
    paper: Literal["portrait", "landscape"]
    widths: tuple[int, ...]
    shares_sheets: bool = False
    is_one_page: bool = False
    body: tuple[Block, ...]

    @property
    def attachment(self) -> str:
        return f"附件{self.number}" if self.number else ""

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(block.table for block in self.body if block.table is not None)

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def parts(self) -> Iterator[Part]:
        """Every cell of its lines and grids, from the top."""
        for block in self.body:
            yield from block.line
            for row in block.grid:
                yield from row


@cache
def form(number: int) -> Form:
    """The description of a form, 1 to 11.

    Raises:
        KeyError: there is no such form.
    """
    if number not in NUMBERS:
        raise KeyError(number)
    return msgspec.convert(_read(f"form-{number:02}.yml"), Form, strict=False)


@cache
def completion(name: str) -> Form:
    """The description of a sheet of the completion workbook, one of :data:`COMPLETION`."""
    return msgspec.convert(_read("completion.yml")[name], Form, strict=False)


@cache
def listing() -> tuple[Column, ...]:
    """The columns that a list of computers or people from another system may have."""
    return msgspec.convert(_read("listing.yml"), tuple[Column, ...])


@cache
def words(kind: str) -> dict[str, tuple[str, ...]]:
    """What stands on a form for each word of a kind (``software_type``): the first is printed, all are read.

    Raises:
        KeyError: no kind of words has the name.
    """
    return msgspec.convert(_read("words.yml"), dict[str, dict[str, tuple[str, ...]]])[kind]


def _read(name: str) -> Any:
    file = resources.files(__package__) / "descriptions" / name
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)
