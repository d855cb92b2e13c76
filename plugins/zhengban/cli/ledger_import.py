# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger import``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exits import ACTION_FAILED, FINDINGS
from .output import Format, FormatOption, write_error, write_json, write_line
from .report import FileKind, write_form
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.intake.transcribing import Imported


def import_(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Forms 6 to 9, and the completion workbook.")],
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="PLACE|CODE", help="Take a question for answered, as its message says."),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="PERSON", help="Who answers for it.", show_default="who filled the forms in")
    ] = "",
    completion: Annotated[
        Path | None, typer.Option("--completion", metavar="FILE", help="Write what is to be filled in to this .xlsx.")
    ] = None,
    is_check: Annotated[bool, typer.Option("--check", help="Only say what was understood; write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the FILE of --completion.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Take filled-in forms (.xlsx, .xls, .ods, .csv) over into policy, register and books.

    Forms 6 and 7 give the policy, form 8 the people and computers, form 9 the install records; columns may stand
    anywhere, and dates, numbers and words may be written as people do. Each oddity is named with its sheet and cell: a
    note was understood; a question is answered with --accept and its place or its code; an error is put right in the
    file. Nothing is written while one of them is open. What no form holds is asked for in the workbook of
    --completion: fill it in and give it as one more FILE.

    Workbooks with macros, links to other files or a password, and those that unpack to far more than they are, are not
    read. Serial numbers are not taken over: they belong into a vault.

    \b
        zhengban ledger import *.xlsx --check --completion 补充信息.xlsx
        zhengban ledger import *.xlsx 补充信息.xlsx --accept L3 --accept 汇总.xlsx#Sheet1!N5 --by E0006

    Exit code 1 while something is open, 3 when a computer could not be written; the same command does the rest.

    JSON: {oddities: [{place: {file, sheet, row, column}, code, message, level: note | question | error, clause}],
    open: [the same], counts: {software, people, departments, records}, is_written, written: [{book, record}],
    left: [[computer, reason]]}.
    """
    from zhengban.intake.transcribing import import_files

    workspace = open_workspace(context)
    imported = import_files(
        workspace, files, accept=accept or (), by=by, is_check=is_check, now=dt.datetime.now(dt.UTC)
    )
    if completion is not None and imported.completion is not None:
        write_form(imported.completion, FileKind.XLSX, completion, force=force)
    if format is Format.JSON:
        write_json(_as_json(imported))
    else:
        _describe(imported)
    for computer, reason in imported.left:
        write_error(f"{computer}: {reason}")
    if imported.open:
        raise typer.Exit(FINDINGS)
    if imported.left:
        raise typer.Exit(ACTION_FAILED)


def _as_json(imported: Imported) -> dict[str, object]:
    names = ("oddities", "open", "counts", "is_written", "written", "left")
    return {name: getattr(imported, name) for name in names}


def _describe(imported: Imported) -> None:
    open_ = set(imported.open)
    for item in imported.oddities:
        answered = ", accepted" if item.level == "question" and item not in open_ else ""
        write_line(f"{item}{answered}")
    counts = ", ".join(f"{count} {what}" for what, count in imported.counts.items())
    if imported.open:
        write_line(f"{len(imported.open)} open, nothing written; it would add {counts}")
    elif imported.is_written:
        write_line(f"wrote {counts}")
    else:
        write_line(f"nothing is open; it would add {counts}")
