# SPDX-License-Identifier: Apache-2.0
"""``zhengban purchase``: form 4."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from .output import Format, FormatOption, write_json, write_line
from .paper import add_commands
from .selection import open_workspace
from .written import write_text

app = typer.Typer(
    help="Purchase plans (form 4): what approved needs are short of; IT, asset, finance and the leader approve.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("draft")
def draft(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there, not to the terminal.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --output if there is one.")] = False,
) -> None:
    """Begin a purchase plan: the approved needs that are in none, merged by category, to be filled in.

    Beside them stand the products of the policy that could cover them, and how many seats of these are free.
    """
    from zhengban.papers.purchasing import draft_purchases

    write_text(draft_purchases(open_workspace(context), now=dt.datetime.now(dt.UTC)), output, force=force)


@app.command("plan")
def plan(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The filled-in draft (YAML).", show_default=False)],
    by: Annotated[
        str,
        typer.Option("--by", metavar="PERSON", help="Who handles it (经手人).", show_default="organisation.filled_by"),
    ] = "",
    is_check: Annotated[bool, typer.Option("--check", help="Only show the plan; write nothing.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """File a purchase plan: of what each row needs, the licences that no lot has free for its departments.

    Lots count whose usable versions have the version that is named, on a day of their term, for the department; those
    that are for certain computers or kinds do not. Seats that cover needs are theirs until they are installed. A row
    that is covered whole is left out, and its needs end as covered by these seats, which somebody of IT says. `policy
    schema purchase-plan` describes the file to an editor; `quantity` says another number than what is short.

    JSON: {id, plan: {handled_by, handled_by_name, phone, rows: [{name, version, price, quantity, needed, free, needs,
    note, lots}]} or null, covered: [{software, quantity, needs}]}: lots are the free seats by lot, needs maps each row
    of a need to such.
    """
    from zhengban.papers.purchasing import plan_purchases

    planned = plan_purchases(open_workspace(context), file, by=by, is_check=is_check, now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(planned)
        return
    for item in planned.covered:
        write_line(str(item))
    if planned.plan is None:
        write_line("nothing is to be bought: no plan")
        return
    for row in planned.plan.rows:
        of = f"needed {row.needed}, free {row.free}"
        write_line(f"{row.quantity} {row.name} {row.version}, {row.price} yuan each: {of}")
    write_line(f"{planned.id or 'would be filed'}: {planned.plan.amount} yuan in all")


add_commands(app, "PUR")
