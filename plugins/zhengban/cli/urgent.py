# SPDX-License-Identifier: Apache-2.0
"""``zhengban urgent`` and ``zhengban limit``: what people decide beyond the policy's limits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from .exits import FINDINGS
from .output import Format, FormatOption, write_json, write_line, write_table
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.run.waiving import UrgentState

app = typer.Typer(help="Urgent removals, beyond grace and limits.", no_args_is_help=True, rich_markup_mode=None)
limit = typer.Typer(help="The limits of a run.", no_args_is_help=True, rich_markup_mode=None)

ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the ledger.")]
ApprovedByOption = Annotated[
    str,
    typer.Option("--approved-by", metavar="PERSON", help="Of organisation.approvers.it or leader, by the id."),
]
COLUMNS = ("id", "packages", "for", "armed", "left on", "no facts of")


@app.command("open")
def open_(
    context: typer.Context,
    packages: Annotated[
        list[str],
        typer.Argument(metavar="PACKAGE…", help="manager:name, such as dpkg:xunlei-thunder; * and ? may be used."),
    ],
    computers: Annotated[
        int, typer.Option("--computers", metavar="N", help="How many computers it may reach, those away included.")
    ],
    reason: ReasonOption,
    approved_by: ApprovedByOption,
    format: FormatOption = Format.TEXT,
) -> None:
    """Decide that software leaves at once: without grace, whatever the policy does about it, beyond the limits.

    Every run from now on carries it out, on computers that are enforced and only where the policy finds fault with the
    package: what it allows has to be forbidden first. It stays open for computers that are away: see "urgent list".

    JSON: {id, packages, computers, reason, approved_by, opened}.
    """
    from zhengban.run.waiving import decide_urgent

    urgent = decide_urgent(
        open_workspace(context),
        packages,
        computers=computers,
        reason=reason,
        approved_by=approved_by,
        now=dt.datetime.now(dt.UTC),
    )
    if format is Format.JSON:
        write_json(urgent)
    else:
        write_line(f"{urgent.id}: open for {computers} computers; carry it out: the playbook zhengban.baseline.urgent")


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TEXT) -> None:
    """List the urgent removals that are open, and which computers still have the software by their last facts.

    Exit code 1 while one has computers left, or computers nobody has facts of.

    JSON: a list of {urgent: {id, packages, computers, reason, approved_by, opened}, armed, left, unread}.
    """
    from zhengban.run.waiving import urgent_states

    states = urgent_states(open_workspace(context), now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(states)
    elif states:
        write_table(COLUMNS, map(_row, states))
    else:
        write_line("no urgent removal is open")
    if any(state.left or state.unread for state in states):
        raise typer.Exit(FINDINGS)


def _row(state: UrgentState) -> tuple[str, ...]:
    urgent = state.urgent
    return (
        urgent.id,
        ", ".join(urgent.packages),
        f"{urgent.computers} computers",
        str(len(state.armed)),
        ", ".join(state.left) or "none",
        ", ".join(state.unread) or "none",
    )


@app.command("close")
def close(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", help="Such as URG-2026-a3f01c-0001.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who decides it, by the id in people.yml.")],
    reason: ReasonOption,
) -> None:
    """Close an urgent removal; what is armed under it and has not begun is not carried out."""
    from zhengban.run.waiving import close_urgent

    close_urgent(open_workspace(context), identity, by=by, reason=reason, now=dt.datetime.now(dt.UTC))
    write_line(f"{identity}: closed")


@limit.command("raise")
def raise_(
    context: typer.Context,
    computers: Annotated[
        int, typer.Option("--computers", metavar="N", help="How many computers may lose software within the window.")
    ],
    reason: ReasonOption,
    approved_by: ApprovedByOption,
    hours: Annotated[int, typer.Option("--hours", metavar="N", help="For how long, from now.")] = 4,
    format: FormatOption = Format.TEXT,
) -> None:
    """Let more computers lose software than baseline.limits.computers_per_run says, for some hours.

    For a run that was stopped by the limit and is right. The policy's other limits stay.

    JSON: {computers, until, reason, approved_by}.
    """
    from zhengban.run.waiving import raise_limit

    raised = raise_limit(
        open_workspace(context),
        computers,
        hours=hours,
        reason=reason,
        approved_by=approved_by,
        now=dt.datetime.now(dt.UTC),
    )
    if format is Format.JSON:
        write_json(raised)
    else:
        write_line(f"until {raised.until:%Y-%m-%d %H:%M} UTC {computers} computers may lose software; run again")
