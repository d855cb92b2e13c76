# SPDX-License-Identifier: Apache-2.0
"""``zhengban need``: form 3."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from .exits import FINDINGS
from .output import Format, FormatOption, write_json, write_line
from .paper import add_commands
from .selection import open_workspace

app = typer.Typer(
    help="Needs of departments (form 3), approved by IT, then by the asset department.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("import")
def import_(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Form 3 (.xlsx, .xls, .ods, .csv).")],
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="PLACE|CODE", help="Take a question for answered, as its message says."),
    ] = None,
    is_check: Annotated[bool, typer.Option("--check", help="Only say what was understood; write nothing.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """File the needs of departments from form 3 as they fill it in, one for each form, or none while one is unclear.

    `zhengban report form 3 --department 财务处 --output FILE` makes the form to fill in. Department and 经手人 are
    known by name. Approvals on paper are not taken over: `zhengban need approve`, perhaps with --evidence. What is
    asked for already and still open is not filed twice.

    JSON: {filed: [{id, is_new, need}], oddities: [{place: {file, sheet, row, column}, code, message, level, clause}],
    open: [the same], is_written}. Exit code 1 while something is open.
    """
    from zhengban.papers.needing import import_needs

    needed = import_needs(
        open_workspace(context), files, accept=accept or (), is_check=is_check, now=dt.datetime.now(dt.UTC)
    )
    if format is Format.JSON:
        write_json(needed)
    else:
        for item in needed.oddities:
            write_line(str(item))
        for filed in needed.filed:
            is_known = "" if filed.is_new else " (the same is asked for there already)"
            write_line(f"{filed.id or 'would be filed'}: {filed.need.label}{is_known}")
        if needed.open:
            write_line(f"{len(needed.open)} open, nothing written")
    if needed.open:
        raise typer.Exit(FINDINGS)


add_commands(app, "NED")
