# SPDX-License-Identifier: Apache-2.0
"""``zhengban licence``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from .exits import ACTION_FAILED, FINDINGS
from .ledger_release import describe_stale
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines, write_table
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.licence.status import LotStatus
    from zhengban.life.lotmoves import LotMove, Moved

app = typer.Typer(help="Licences: lots and their seats.", no_args_is_help=True, rich_markup_mode=None)

STATUS_COLUMNS = ("number", "product", "quantity", "used", "reserved", "free", "until", "")
MOVE_COLUMNS = ("computer", "package", "product", "from", "to", "because")
NumberArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="The lot's software number.")]


@app.command("status")
def status(context: typer.Context, format: FormatOption = Format.TEXT) -> None:
    """Show how each lot is used, what is short, and what was bought and is used nowhere (真装真用).

    Seats count by computer. The shortage is what stays uncovered when every install on record is in the best lot for
    it. Exit code 1 when something is short, in a lot that does not cover it today, or open for more than 7 days.

    JSON: {lots, shortage, unused, stale}. A lot is {number, product, quantity, used, reserved, free, term: {from,
    until}, invalid, is_unused}: quantity and free are null where seats have no end, term where it is perpetual; invalid
    says why it covers nothing today (used then counts installs without a licence) and is empty for the others.
    "shortage" maps a product to computers without a seat, "unused" lists the numbers of lots no install needs, and
    "stale" the changes open for more than 7 days, whose seats stay reserved: {computer, run, at}.
    """
    from zhengban.licence.status import lot_statuses
    from zhengban.life.licensing import assign_fleet
    from zhengban.life.releasing import stale_intents

    workspace, now = open_workspace(context), dt.datetime.now(dt.UTC)
    today, history = workspace.register.organisation.today(now), workspace.history(now)
    lots = tuple(lot_statuses(workspace.policy, history, today=today))
    assignment = assign_fleet(workspace.compiler, history, today=today, keep=True)
    stale = stale_intents(workspace, now=now)
    if format is Format.JSON:
        write_json(
            {
                "lots": lots,
                "shortage": assignment.shortage,
                "unused": assignment.unused,
                "stale": [{"computer": intent.computer, "run": intent.run, "at": intent.at} for intent in stale],
            }
        )
    else:
        if lots:
            write_table(STATUS_COLUMNS, map(_status_row, lots))
        else:
            write_line("the policy has no lots")
        write_lines(f"short: {label}: {count} without a seat" for label, count in assignment.shortage.items())
        write_lines(map(describe_stale, stale))
    if assignment.shortage or stale or any(lot.invalid and lot.used for lot in lots):
        raise typer.Exit(FINDINGS)


def _status_row(lot: LotStatus) -> tuple[str, ...]:
    note = lot.invalid or ("unused" if lot.is_unused else "")
    return (
        lot.number,
        lot.product,
        "unlimited" if lot.quantity is None else str(lot.quantity),
        str(lot.used),
        str(lot.reserved),
        "unlimited" if lot.free is None else str(lot.free),
        lot.term.until.isoformat() if lot.term else "perpetual",
        note,
    )


@app.command("assign")
def assign(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Say what would move, and write nothing.")] = False,
    prefer_site: Annotated[
        bool, typer.Option("--prefer-site", help="Also move what is covered into site licences (S5).")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="PERSON", help="Who answers for it; not with --check.", show_default=False)
    ] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Move installs on record into lots that cover them: out of UNASSIGNED, and out of lots that are over or too full.

    Nothing changes on a host. As many installs are covered as the lots allow; what is covered stays where it is, unless
    another install can only be covered so. A computer with a run at work on it is passed over and named, and the exit
    code is 3. Exit code 1 from --check when something would move.

    JSON: a list of {computer, package, product, old, new, reason, refused}, by computer and package with --check, else
    in the order they were made; refused says why a move was not made.
    """
    from zhengban.life.licensing import assign_lots, planned_moves
    from zhengban.life.lotmoves import Moved

    workspace, now = open_workspace(context), dt.datetime.now(dt.UTC)
    if check:
        moves = planned_moves(workspace, workspace.history(now), prefer_site=prefer_site, now=now)
        moved = tuple(Moved(move=move) for move in moves)
    elif not by:
        raise typer.BadParameter("name the person who answers for it, or use --check", param_hint="--by")
    else:
        moved = assign_lots(workspace, prefer_site=prefer_site, by=by, now=now)
    _show(moved, format, empty="nothing to move: every install is where it should be")
    if check and moved:
        raise typer.Exit(FINDINGS)
    report_refused(moved)


def _show(moved: Iterable[Moved], format: Format, *, empty: str) -> None:
    moved = tuple(moved)
    if format is Format.JSON:
        write_json([{**msgspec.structs.asdict(item.move), "refused": item.refused} for item in moved])
    elif moved:
        write_table(MOVE_COLUMNS, (_move_row(item.move) for item in moved if not item.refused))
    else:
        write_line(empty)


def _move_row(move: LotMove) -> tuple[str, ...]:
    return (move.computer, move.package, move.product, move.old, move.new, move.reason)


def report_refused(moved: Iterable[Moved]) -> None:
    """Name the moves that were not made, and end with the exit code that says so."""
    refused = [item for item in moved if item.refused]
    for item in refused:
        write_error(f"{item.move.computer}: {item.move.package} stays in {item.move.old}: {item.refused}")
    if refused:
        raise typer.Exit(ACTION_FAILED)
