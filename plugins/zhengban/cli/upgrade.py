# SPDX-License-Identifier: Apache-2.0
"""``zhengban upgrade``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from .exits import FINDINGS
from .life import ComputerArgument
from .output import Format, FormatOption, write_json, write_line, write_table
from .selection import open_workspace

app = typer.Typer(help="Decided upgrades and their rings.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = ("upgrade", "step", "from", "computers", "upgraded", "failed")


@app.command("status")
def status(context: typer.Context, format: FormatOption = Format.TEXT) -> None:
    """Show how each upgrade of policies/upgrades.yml goes, step by step, and what holds the next step back.

    Exit code 1 while a step failed above its limit.

    JSON: a list of {upgrade, request, held, rings}; a ring is {step, begins, failures, members, upgraded, failed}.
    """
    from zhengban.run.upgrading import upgrade_states

    states = upgrade_states(open_workspace(context), now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(
            [
                {"upgrade": item.upgrade.id, "request": item.upgrade.request, "held": item.held, "rings": item.rings}
                for item in states
            ]
        )
    elif states:
        write_table(
            COLUMNS,
            [
                (
                    item.upgrade.id,
                    str(ring.step),
                    ring.begins,
                    str(len(ring.members)),
                    str(len(ring.upgraded)),
                    ", ".join(ring.failed) or "none",
                )
                for item in states
                for ring in item.rings
            ],
        )
        for item in states:
            if item.held:
                write_line(f"{item.upgrade.id}: {item.held}")
    else:
        write_line("policies/upgrades.yml decides no upgrade")
    if any(ring.failed and ring.objection for item in states for ring in item.rings):
        raise typer.Exit(FINDINGS)


@app.command("note")
def note(
    context: typer.Context,
    computer: ComputerArgument,
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who says so, by the id in people.yml.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="How it is known.")],
    healthy: Annotated[
        bool, typer.Option("--healthy/--unhealthy", help="Whether it is well after the upgrade.", show_default=False)
    ],
    format: FormatOption = Format.TEXT,
) -> None:
    """Note how a computer is after its upgrades, where a person knows better than the check, or before one.

    JSON: the list of the upgrades it was noted for.
    """
    from zhengban.run.upgrading import note_health

    workspace, now = open_workspace(context), dt.datetime.now(dt.UTC)
    number = workspace.computer_named(computer).number
    upgrades = [upgrade.id for upgrade in workspace.policy.upgrades]
    noted = note_health(workspace, number, upgrades, healthy=healthy, reason=reason, run="", now=now, by=by)
    if format is Format.JSON:
        write_json(noted)
    else:
        write_line(f"{number}: noted for {', '.join(noted)}" if noted else f"{number}: nothing new to note")
