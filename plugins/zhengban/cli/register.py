# SPDX-License-Identifier: Apache-2.0
"""``zhengban register``: lists of computers and people from other systems."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhengban.model.errors import InputError

from .exits import FINDINGS
from .life import ByOption, diff_lines
from .output import Format, FormatOption, write_json, write_line, write_lines
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.forms.listing import Mapped
    from zhengban.intake.registering import Registered

app = typer.Typer(
    help="Computers and people from the lists of other systems (AD, CMDB, asset management).",
    no_args_is_help=True,
    rich_markup_mode=None,
)

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help=".csv (UTF-8, GBK, UTF-16), .xlsx, .xls or .ods.", show_default=False)
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="COLUMN=FIELD", help="What a column is; COLUMN= means it is not used. Again for more."
    ),
]
MappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="YAML with columns, words, otherwise and sheet (docs/register.md)."),
]


@app.command("import")
def import_(
    context: typer.Context,
    file: FileArgument,
    map_: MapOption = None,
    mapping: MappingOption = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="PLACE|CODE", help="Take a question for answered, as its message says."),
    ] = None,
    by: ByOption = "",
    is_check: Annotated[bool, typer.Option("--check", help="Only say what would change; write nothing.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Take a list of computers or people over into the register.

    Headings are known in Chinese and English; --map says what others are, the fields are: computer, host, minion,
    brand, model, kind, status, address, person_id, person, department, title, phone, pledge. New rows are added; a
    value that the register has otherwise is a question (`--accept changed`); nothing is ever taken away, and nothing
    is written while a question or an error is open. Comments and layout of the files stay. Scrapping and returning
    computers, and people who leave, need their own commands.

    \b
        zhengban register import 资产台账.xlsx --check
        zhengban register import computers.csv --map 'Tag=computer' --accept changed --by E0006

    JSON: {differences: [{kind: new | changed | missing, file, identity, field, was, now, where}], oddities: [{place:
    {file, sheet, row, column}, code, message, level: note | question | error, clause}], open: [the same],
    files: [{path, diff}], is_written}. Exit code 1 while something is open.
    """
    from zhengban.intake.registering import import_list

    registered = import_list(
        open_workspace(context),
        file,
        _mapped(map_, mapping),
        accept=accept or (),
        by=by,
        is_check=is_check,
        now=dt.datetime.now(dt.UTC),
    )
    if format is Format.JSON:
        write_json(_as_plain(registered))
    else:
        _describe(registered)
    if registered.open:
        raise typer.Exit(FINDINGS)


@app.command("diff")
def diff(
    context: typer.Context,
    file: FileArgument,
    map_: MapOption = None,
    mapping: MappingOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Compare a list with the register, row by row; write nothing.

    Told is what is new in the list, what it says otherwise, and which computers (or, of a list of people, which people)
    of the register it does not have.

    JSON: {differences, oddities} as of `register import`. Exit code 1 when there is a difference.
    """
    from zhengban.intake.registering import compare_list, read_list

    compared = compare_list(open_workspace(context).register, read_list(file, _mapped(map_, mapping)))
    # That a value is another one is told as a difference.
    oddities = [item for item in compared.oddities if item.code not in ("changed", "other_status")]
    if format is Format.JSON:
        write_json({"differences": compared.differences, "oddities": oddities})
    else:
        write_lines(map(str, oddities))
        write_lines(map(str, compared.differences))
        write_line(f"{len(compared.differences)} differences")
    if compared.differences:
        raise typer.Exit(FINDINGS)


def _mapped(given: list[str] | None, file: Path | None) -> Mapped:
    """What --mapping and --map say, the latter with the last word.

    Raises:
        InputError: the file is wrong.
        typer.BadParameter: an option is none.
    """
    from zhengban.documents.document import load_document
    from zhengban.forms.listing import as_mapped

    plain: dict[str, object] = {}
    if file is not None:
        document, problems = load_document(file, shown_as=str(file), schema="register-mapping")
        if document is None or problems:
            raise InputError(problems)
        plain = document.plain["mapping"]
    columns: dict[str, str] = {}
    for item in given or ():
        column, equals, field = item.rpartition("=")
        if not equals or not column.strip():
            raise typer.BadParameter(f"{item!r} is no COLUMN=FIELD", param_hint="--map")
        columns[column.strip()] = field.strip()
    return as_mapped(plain, columns)


def _as_plain(registered: Registered) -> dict[str, object]:
    files = [{"path": path, "diff": "\n".join(diff_lines(path, old, new))} for path, old, new in registered.texts]
    names = ("differences", "oddities", "open", "is_written")
    return {name: getattr(registered, name) for name in names} | {"files": files}


def _describe(registered: Registered) -> None:
    open_ = set(registered.open)
    for item in registered.oddities:
        answered = ", accepted" if item.level == "question" and item not in open_ else ""
        write_line(f"{item}{answered}")
    for path, before, after in registered.texts:
        write_lines(diff_lines(path, before, after))
    count = len(registered.differences)
    if registered.open:
        write_line(f"{len(registered.open)} open, nothing written")
    elif registered.is_written:
        write_line(f"wrote {len(registered.texts)} files, {count} differences")
    else:
        write_line(f"nothing is open, {count} differences; nothing was written (--check)")
