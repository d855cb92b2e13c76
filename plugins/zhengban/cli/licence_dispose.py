# SPDX-License-Identifier: Apache-2.0
"""``zhengban licence dispose``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
import typer

from zhengban.model.disposal import Ground

from .licence import NumberArgument
from .life import CheckOption, diff_lines
from .output import Format, FormatOption, write_json, write_line, write_lines
from .selection import open_workspace


def dispose(
    context: typer.Context,
    number: NumberArgument,
    ground: Annotated[
        str,
        typer.Option(
            metavar="GROUND",
            help="worn_out: service life reached and unusable; obsolete: overtaken by technical progress; "
            "unmigratable: its hardware is scrapped and it cannot be migrated.",
        ),
    ],
    appraised_by: Annotated[str, typer.Option("--appraised-by", metavar="PERSON", help="Who of IT appraised it.")],
    approval: Annotated[str, typer.Option(metavar="REF", help="The asset-disposal approval (资产处置报批).")],
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Dispose of a licence, on one of the three grounds of the regulations (报废, C6).

    The lot stays in its file, marked, and covers nothing from then on. Exit code 3 while computers hold it (C9): they
    are named.

    JSON: {written, on, ground, appraised_by, approval, diff}: diff is what becomes of the file.
    """
    from zhengban.life.disposing import dispose_lot

    workspace = open_workspace(context)
    disposed = dispose_lot(
        workspace,
        number,
        ground=_ground(ground),
        appraised_by=appraised_by,
        approval=approval,
        now=dt.datetime.now(dt.UTC),
        is_check=check,
    )
    disposal, diff = disposed.disposal, tuple(diff_lines(disposed.file, disposed.before, disposed.after))
    if format is Format.JSON:
        write_json({"written": not check, **msgspec.structs.asdict(disposal), "diff": "\n".join(diff)})
    elif check:
        write_lines(diff)
        write_line(f"{number} can be disposed of")
        write_line("nothing was written (--check)")
    else:
        write_line(f"{number}: disposed of on {disposal.on}; the summary changes (C7): zhengban ledger refresh")


def _ground(text: str) -> Ground:
    try:
        ground: Ground = msgspec.convert(text, Ground)
    except msgspec.ValidationError as err:
        message = f"{text!r} is none of worn_out, obsolete, unmigratable (C6)"
        raise typer.BadParameter(message, param_hint="--ground") from err
    return ground
