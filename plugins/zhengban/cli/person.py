# SPDX-License-Identifier: Apache-2.0
"""``zhengban person``."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Annotated

import typer

from .life import ByOption, CheckOption, life
from .output import Format, FormatOption, write_rows
from .selection import open_workspace

app = typer.Typer(
    help="The people who use computers, and what becomes of their computers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


COLUMNS = ("person", "name", "department", "title", "computers", "left_on")


@app.command("list")
def list_people(context: typer.Context, format: FormatOption = Format.TEXT) -> None:
    """List the people of the register, by id, those who left too.

    JSON: a list of {person, name, department_id, department, title, phone, computers, left_on}: computers is how many
    of those in use are theirs, left_on null while they are there.
    """
    register = open_workspace(context).register
    used = Counter(computer.user for computer in register.in_use)
    rows = [
        {
            "person": person.id,
            "name": person.name,
            "department_id": person.department,
            "department": register.department_by_id[person.department].name,
            "title": person.title,
            "phone": person.phone,
            "computers": used[person.id],
            "left_on": person.left_on,
        }
        for person in register.people
    ]
    write_rows(COLUMNS, rows, format)


@app.command("add")
def add(
    context: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The new id; never reused.", show_default=False)],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="As on the forms.", show_default=False)],
    department: Annotated[str, typer.Option("--department", metavar="ID", help="Whose, by id.", show_default=False)],
    by: ByOption = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Add a person to the register.

    JSON: {written, steps: [{what, says, computer, files, records}], files: [{path, diff}], notes}.
    """
    from zhengban.register.changes import add_person

    with life(context, by=by, is_check=check, format=format) as draft:
        change = add_person(draft.register, person, name=name, department=department)
        says = f"{person} ({name}): is in the register"
        draft.change_rows([change], what="person_added", says=says, data={"person": person})


@app.command("leave")
def leave(
    context: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The person's id.", show_default=False)],
    on: Annotated[
        dt.datetime | None,
        typer.Option("--on", metavar="DATE", formats=["%Y-%m-%d"], help="The last day.", show_default="today"),
    ] = None,
    by: ByOption = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Let a person leave: the computers become spares, their software stays on record, and the last day is noted.

    A server goes on working, so it has to be assigned to somebody else first. Offices the person still holds are named.

    JSON: {written, steps: [{what, says, computer, files, records}], files: [{path, diff}], notes}.
    """
    from zhengban.life.departing import draft_leave
    from zhengban.register.changes import find_person

    with life(context, by=by, is_check=check, format=format) as draft:
        draft_leave(draft, find_person(draft.register, person), on.date() if on else draft.today)
