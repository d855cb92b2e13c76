# SPDX-License-Identifier: Apache-2.0
"""``zhengban department``."""

from __future__ import annotations

from typing import Annotated

import typer

from .life import ByOption, CheckOption, life
from .output import Format, FormatOption

app = typer.Typer(
    help="Departments get other names, or become part of another.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("rename")
def rename(
    context: typer.Context,
    department: Annotated[str, typer.Argument(metavar="ID", help="The department's id.", show_default=False)],
    name: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.", show_default=False)],
    by: ByOption = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Rename a department. Scopes go on accepting the old name; records keep the names of their day.

    JSON: {written, steps: [{what, says, computer, files, records}], files: [{path, diff}], notes}.
    """
    from zhengban.register.changes import find_department
    from zhengban.run.departing import draft_rename

    with life(context, by=by, is_check=check, format=format) as draft:
        draft_rename(draft, find_department(draft.register, department), name)


@app.command("merge")
def merge(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="Whose people move, by id.", show_default=False)],
    target: Annotated[str, typer.Argument(metavar="INTO", help="Where they move, by id.", show_default=False)],
    by: ByOption = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Make one department part of another: its people move, its names lead there, its row goes.

    Refused, with every place, while a scope in policies/ names it: the scope would then mean more computers, and that
    is for people to decide.

    JSON: {written, steps: [{what, says, computer, files, records}], files: [{path, diff}], notes}.
    """
    from zhengban.register.changes import find_department
    from zhengban.run.departing import draft_merge

    with life(context, by=by, is_check=check, format=format) as draft:
        draft_merge(draft, find_department(draft.register, source), find_department(draft.register, target))
