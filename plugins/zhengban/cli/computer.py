# SPDX-License-Identifier: Apache-2.0
"""``zhengban computer``."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from .life import ByOption, CheckOption, ComputerArgument, life
from .output import Format, FormatOption, write_rows
from .selection import open_workspace

app = typer.Typer(
    help="The life of computers: the register and the records change together.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Kind(enum.StrEnum):
    """What a computer is (form 7)."""

    SERVER = "server"
    DESKTOP = "desktop"
    LAPTOP = "laptop"


COLUMNS = ("computer", "kind", "status", "user", "name", "department", "brand", "adopted")


class Status(enum.StrEnum):
    """What becomes of a computer."""

    IN_USE = "in_use"
    SPARE = "spare"
    SCRAPPED = "scrapped"


@app.command("list")
def list_computers(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option("--status", help="Only these.", show_default="all")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """List the computers of the register, by number.

    JSON: a list of {computer, kind, status, user, name, department, brand, adopted, ansible, oem}: user is a person's
    id, department the name of the user's, both empty where nobody uses it.
    """
    register = open_workspace(context).register
    rows = []
    for computer in register.computers:
        if status is None or computer.status == status.value:
            person, department = register.person_by_id.get(computer.user), register.department_of(computer)
            rows.append(
                {
                    "computer": computer.number,
                    "kind": computer.kind,
                    "status": computer.status,
                    "user": computer.user,
                    "name": person.name if person else "",
                    "department": department.name if department else "",
                    "brand": computer.brand,
                    "adopted": computer.is_adopted,
                    "ansible": computer.names.ansible,
                    "oem": computer.oem,
                }
            )
    write_rows(COLUMNS, rows, format)


@app.command("add")
def add(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Its asset number.", show_default=False)],
    kind: Annotated[Kind, typer.Option("--kind", help="What it is.", show_default=False)],
    brand: Annotated[str, typer.Option("--brand", metavar="TEXT", help="Maker and model.", show_default=False)],
    user: Annotated[
        str, typer.Option("--user", metavar="PERSON", help="Who uses it, by id.", show_default="nobody: a spare")
    ] = "",
    ansible: Annotated[str, typer.Option("--ansible", metavar="NAME", help="Its name in the inventory.")] = "",
    oem: Annotated[
        list[str] | None,
        typer.Option(
            "--oem", metavar="NUMBER", help="A licence that came with it and never leaves it; again for more."
        ),
    ] = None,
    by: ByOption = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Add a computer to the register. One that nobody uses is a spare, but for a server.

    Its identity is learnt when it is adopted; until then it is only audited.

    JSON: {written, steps: [{what, says, computer, files, records}], files: [{path, diff}], notes}.
    """
    from zhengban.register.changes import add_computer

    licences = tuple(dict.fromkeys(oem or ()))
    with life(context, by=by, is_check=check, format=format) as draft:
        draft.add_computer(
            add_computer(draft.register, number, kind=kind.value, brand=brand, user=user, ansible=ansible, oem=licences)
        )


@app.command("assign")
def assign(
    context: typer.Context,
    computer: ComputerArgument,
    user: Annotated[
        str, typer.Option("--user", metavar="PERSON", help="Who uses it from now on, by id.", show_default=False)
    ],
    by: ByOption = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Give a computer to a person; it is in use from then on.

    Its software stays on it: for everything on record the books get an uninstall by the user before and an install by
    the new one, with the same number of seats.

    JSON: {written, steps: [{what, says, computer, files, records: [{book, action, package, version, quantity, cause,
    user, user_id, department}]}], files: [{path, diff}], notes}.
    """
    with life(context, by=by, is_check=check, format=format) as draft:
        draft.assign(draft.workspace.computer_named(computer), user)


@app.command("return")
def return_(
    context: typer.Context,
    computer: ComputerArgument,
    wiped: Annotated[
        bool, typer.Option("--wiped", help="Its disk was wiped: nothing is installed on it any more, seats come back.")
    ] = False,
    by: ByOption = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Take a computer back: nobody uses it, it is a spare, and its software stays on record with it.

    JSON: as of `computer assign`.
    """
    with life(context, by=by, is_check=check, format=format) as draft:
        draft.return_(draft.workspace.computer_named(computer), is_wiped=wiped)


@app.command("scrap")
def scrap(
    context: typer.Context,
    computer: ComputerArgument,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="PERSON",
            help="Who attests it, by id: a dead disk cannot be read.",
            show_default=False,
        ),
    ],
    approval: Annotated[
        str, typer.Option("--approval", metavar="TEXT", help="The asset-disposal approval, as it is filed.")
    ] = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Scrap a computer: everything on record is uninstalled, commercial seats come back, preinstalled licences end.

    Its row stays in the register, because the ledger names it.

    JSON: as of `computer assign`.
    """
    with life(context, by=by, is_check=check, format=format) as draft:
        draft.scrap(draft.workspace.computer_named(computer), approval=approval)
