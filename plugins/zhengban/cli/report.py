# SPDX-License-Identifier: Apache-2.0
"""``zhengban report``."""

from __future__ import annotations

import datetime as dt
import enum
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exits import FINDINGS
from .output import write_error
from .selection import open_workspace
from .written import write_made

if TYPE_CHECKING:
    from zhengban.forms.page import Workbook

app = typer.Typer(no_args_is_help=True, help="What is printed and handed in: the forms of the regulation.")


@app.callback()
def report() -> None:
    """What is printed and handed in: the forms of the regulation."""


class FileKind(enum.StrEnum):
    """What kind of file a form is written as."""

    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write it to a new file.", show_default="print")
]


@app.command("form")
def form(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", min=1, max=11, help="The form: 1 to 11.")],
    numbers: Annotated[
        list[str] | None, typer.Option("--number", metavar="NUMBER", help="Form 9: only this software number's.")
    ] = None,
    requests: Annotated[
        list[str] | None,
        typer.Option(
            "--request", "--paper", metavar="ID", help="Forms 3, 4 and 10: only this need's, plan's or request's."
        ),
    ] = None,
    department: Annotated[
        str, typer.Option("--department", metavar="DEPARTMENT", help="Forms 2, 3, 8, 10 and 11: only this one's.")
    ] = "",
    is_blank: Annotated[bool, typer.Option("--blank", help="The empty form.")] = False,
    with_serials: Annotated[
        bool, typer.Option("--with-serials", help="Form 7: show serial numbers as the policy has them; it is noted.")
    ] = False,
    output: OutputOption = None,
    format: Annotated[
        FileKind | None, typer.Option("--format", help="What kind of file.", show_default="by the name of FILE, or csv")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
) -> None:
    """Fill a form of the regulation (附件 1-11) from policy, register and ledger, as of today.

    1 leadership group, 2 pledges, 3 needs, 4 purchase plans (without any the form to fill in), 5 statistics of the
    year, 6 free software, 7 summary, 8 detail, 9 install records (a sheet for each software number), 10 requests, 11
    signed confirmations (`zhengban confirm --batch --output FILE` prints those to sign). The .xlsx prints on A4 as the
    regulation shows the form; .html does in a browser. The same data give the same bytes.

    Serial numbers are masked but for --with-serials, which the ledger notes with who asked and where they went to. A
    form whose ledger was altered (`zhengban ledger verify`) is written, and the exit code is 1.

    \b
        zhengban report form 7 --output 汇总表.xlsx
        zhengban report form 9 --number COM-0001 --format html --output com-0001.html

    JSON: a list of {form, title, as_of, pages: [{sheet, fields, tables: {name: [row]}}]}; the names are those of
    docs/forms/README.md, amounts are strings in yuan, days YYYY-MM-DD.
    """
    for option, given, forms in (
        ("--number", numbers, (9,)),
        ("--request", requests, (3, 4, 10)),
        ("--department", department, (2, 3, 8, 10, 11)),
        ("--with-serials", with_serials, (7,)),
    ):
        if given and number not in forms:
            message = f"is for form {' and '.join(map(str, forms))}, not {number}"
            raise typer.BadParameter(message, param_hint=option)
    from zhengban.report.reporting import Wanted, fill_form

    workspace = open_workspace(context)
    kind = kind_of(format, output)
    wanted = Wanted(
        form=number,
        numbers=tuple(numbers or ()),
        requests=tuple(requests or ()),
        department=department,
        is_blank=is_blank,
        with_serials=with_serials,
    )
    where = str(output.resolve()) if output else "standard output"
    filled = fill_form(workspace, wanted, output=where, now=dt.datetime.now(dt.UTC))
    write_form(filled.workbook, kind, output, force=force)
    for note in filled.notes:
        write_error(note)
    if filled.doubt:
        write_error(filled.doubt)
        raise typer.Exit(FINDINGS)


def kind_of(format: FileKind | None, output: Path | None) -> FileKind:
    """What kind of file is meant.

    Raises:
        typer.BadParameter: nothing says so, or a workbook is to be printed.
    """
    if format is None and output is not None:
        try:
            return FileKind(output.suffix.lower().removeprefix("."))
        except ValueError as err:
            message = f"{output.name} does not say which kind of file it is"
            raise typer.BadParameter(f"{message}; name it .xlsx, .csv, .json or .html", param_hint="--output") from err
    kind = format or FileKind.CSV
    if kind is FileKind.XLSX and output is None:
        raise typer.BadParameter("a workbook goes to a file", param_hint="--output")
    return kind


def write_form(workbook: Workbook, kind: FileKind, output: Path | None, *, force: bool) -> None:
    """Write a form to a file, or print it."""
    from zhengban.forms.write import write_workbook

    if output is not None:
        write_made(lambda stream: write_workbook(workbook, kind, stream), output, force=force)
        return
    if force:
        raise typer.BadParameter("it is for the file of --output", param_hint="--force")
    write_workbook(workbook, kind, sys.stdout.buffer)
