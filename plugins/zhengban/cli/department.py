# SPDX-License-Identifier: Apache-2.0
"""``zhengban department``."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Annotated

import typer

from .life import ByOption, CheckOption, life
from .output import Format, FormatOption, write_rows
from .selection import open_workspace

app = typer.Typer(
    help="Departments get other names, or become part of another.", no_args_is_help=True, rich_markup_mode=None
)


COLUMNS = ("department", "name", "formerly", "head", "people", "computers")


@app.command("list")
def list_departments(context: typer.Context, format: FormatOption = Format.TEXT) -> None:
    """List the departments of the register, by id.

    JSON: a list of {department, name, formerly, head, people, computers}: head is a person's id, people how many are
    there today, computers how many in use are theirs.
    """
    workspace = open_workspace(context)
    register, today = workspace.register, workspace.register.organisation.today(dt.datetime.now(dt.UTC))
    there = Counter(person.department for person in register.people if person.left_on is None or person.left_on > today)
    used = Counter(department.id for computer in register.in_use if (department := register.department_of(computer)))
    rows = [
        {
            "department": department.id,
            "name": department.name,
            "formerly": department.formerly,
            "head": department.head,
            "people": there[department.id],
            "computers": used[department.id],
        }
        for department in register.departments
    ]
    write_rows(COLUMNS, rows, format)


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
    from zhengban.life.departing import draft_rename
    from zhengban.register.changes import find_department

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
    from zhengban.life.departing import draft_merge
    from zhengban.register.changes import find_department

    with life(context, by=by, is_check=check, format=format) as draft:
        draft_merge(draft, find_department(draft.register, source), find_department(draft.register, target))
