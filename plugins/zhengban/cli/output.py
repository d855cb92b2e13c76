# SPDX-License-Identifier: Apache-2.0
"""Writing for people and for programs.

What comes from hosts and files is data: it cannot colour, move or break a line.
"""

from __future__ import annotations

import enum
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zhengban.model.errors import Problem
from zhengban.run.plaintext import align, visible

# JSON allows them raw; a terminal or an older reader would act on them.
_RAW_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


class Format(enum.StrEnum):
    """How a reading command prints."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]


def encode_json(value: object) -> bytes:
    """One value of the model, or plain values, as one line of UTF-8 JSON."""
    text = msgspec.json.encode(value).decode()
    return _RAW_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode() + b"\n"


def write_json(value: object) -> None:
    """Print one JSON document, UTF-8 whatever the locale."""
    typer.echo(encode_json(value), nl=False)


def write_line(text: str = "") -> None:
    """Print one line."""
    typer.echo(visible(text))


def write_lines(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        write_line(line)


def write_error(text: str) -> None:
    """Print a message to standard error, its lines as lines."""
    for line in text.split("\n"):
        typer.echo(visible(line), err=True)


def write_problems(problems: Iterable[Problem], *, to_error: bool = False) -> None:
    """Print problems, one on a line, in the order given: ``file:line:column: path: message; hint``."""
    for problem in problems:
        typer.echo(visible(str(problem)), err=to_error)


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, styles: Mapping[str, str] | None = None
) -> None:
    """Print a table: fitted to a terminal, elsewhere one row on a line, aligned and without colour.

    Args:
        styles: the colour of cells with exactly this text, for terminals.
    """
    shown = [[visible(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        write_lines(align([columns, *shown]))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in shown:
        table.add_row(*(Text(cell, style=(styles or {}).get(cell, "")) for cell in row))
    Console(markup=False, emoji=False, highlight=False).print(table)


def write_rows(columns: Sequence[str], rows: Sequence[Mapping[str, object]], format: Format) -> None:
    """Print rows: all of each as a list of JSON, or these columns of it as a table."""
    if format is Format.JSON:
        write_json(rows)
    else:
        write_table(columns, (tuple(_cell(row[column]) for column in columns) for row in rows))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)
