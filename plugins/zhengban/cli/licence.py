# SPDX-License-Identifier: Apache-2.0
"""``zhengban licence``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from zhengban.model.disposal import Ground

from .exits import ACTION_FAILED, FINDINGS
from .ledger_release import describe_stale
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines, write_table
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.licence.status import LotStatus
    from zhengban.run.lotmoves import LotMove, Moved

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
    from zhengban.run.licensing import assign_fleet
    from zhengban.run.releasing import stale_intents

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
    from zhengban.run.licensing import assign_lots, planned_moves
    from zhengban.run.lotmoves import Moved

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
    _report_refused(moved)


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


def _report_refused(moved: Iterable[Moved]) -> None:
    refused = [item for item in moved if item.refused]
    for item in refused:
        write_error(f"{item.move.computer}: {item.move.package} stays in {item.move.old}: {item.refused}")
    if refused:
        raise typer.Exit(ACTION_FAILED)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is not a day; write YYYY-MM-DD") from err


def _quantity(text: str) -> str:
    if text != "unlimited" and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10_000_000):
        raise typer.BadParameter(f"{text!r} is not a number of seats; write 1 or more, or unlimited")
    return text


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as err:
        raise typer.BadParameter(f"{text!r} is not an amount in yuan; write one such as 1320.00") from err
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text!r} is not an amount in yuan; write one such as 1320.00")
    return amount


@app.command("renew")
def renew(
    context: typer.Context,
    number: NumberArgument,
    until: Annotated[dt.date, typer.Option(parser=_day, metavar="DAY", help="The last day of the new term.")],
    new_number: Annotated[str, typer.Option("--new-number", metavar="NUMBER", help="Its own software number (N2).")],
    quantity: Annotated[str, typer.Option(callback=_quantity, metavar="N", help="Seats, or unlimited.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who answers for it.")],
    start: Annotated[
        dt.date | None,
        typer.Option(
            "--from",
            parser=_day,
            metavar="DAY",
            help="The first day of the new term.",
            show_default="the day after the old term, or today where that is over",
        ),
    ] = None,
    purchased_on: Annotated[
        dt.date | None, typer.Option(parser=_day, metavar="DAY", help="The day of the purchase.", show_default=False)
    ] = None,
    amount: Annotated[
        Decimal | None, typer.Option(parser=_amount, metavar="YUAN", help="What it cost.", show_default=False)
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Renew a licence: a lot with a new number behind the old one in its file, and the installs move there (N2).

    Licence type, usable versions and scope stay those of the old lot. The installs move in the order of the computers'
    numbers, one unit for each computer, as far as there are seats; the others stay and are named. With a term that
    begins later nothing moves yet: "zhengban licence assign" moves it when it has begun and the old one is over. Cut
    off, or with computers passed over because a run is at work on them (exit code 3), the same command does the rest.

    Whoever answers for it approves for IT or is of the responsible department. When the product has another lot that
    ends later already, that is said on standard error: perhaps the same was renewed before.

    JSON: {old, number, file, moved, left, begins, notes}: moved as in "licence assign", left are computers that stay in
    the old lot, begins is null when the term has begun.
    """
    from zhengban.run.renewing import Renewal, renew_lot

    renewal = Renewal(
        number=new_number,
        until=until,
        quantity=None if quantity == "unlimited" else int(quantity),
        start=start,
        purchased_on=purchased_on,
        amount=amount,
    )
    renewed = renew_lot(open_workspace(context), number, renewal, by=by, now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        rows = [{**msgspec.structs.asdict(item.move), "refused": item.refused} for item in renewed.moved]
        write_json({**msgspec.structs.asdict(renewed), "moved": rows})
    else:
        done = sum(1 for item in renewed.moved if not item.refused)
        write_line(f"{renewed.file}: {renewed.number} is there; {done} installs moved from {renewed.old}")
        if renewed.begins is not None:
            write_line(f"it begins on {renewed.begins}, nothing moves before: then run zhengban licence assign")
        elif renewed.left:
            write_line(f"no seat in {renewed.number} for {', '.join(renewed.left)}: they stay in {renewed.old}")
    for note in renewed.notes:
        write_error(f"note: {note}")
    _report_refused(renewed.moved)


@app.command("dispose")
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
    format: FormatOption = Format.TEXT,
) -> None:
    """Dispose of a licence, on one of the three grounds of the regulations (报废, C6).

    The lot stays in its file, marked, and covers nothing from then on. Exit code 3 while computers hold it (C9): they
    are named.

    JSON: {on, ground, appraised_by, approval}.
    """
    from zhengban.run.disposing import dispose_lot

    workspace = open_workspace(context)
    disposal = dispose_lot(
        workspace,
        number,
        ground=_ground(ground),
        appraised_by=appraised_by,
        approval=approval,
        now=dt.datetime.now(dt.UTC),
    )
    if format is Format.JSON:
        write_json(disposal)
    else:
        write_line(f"{number}: disposed of on {disposal.on}; the summary changes (C7): zhengban ledger refresh")


def _ground(text: str) -> Ground:
    try:
        ground: Ground = msgspec.convert(text, Ground)
    except msgspec.ValidationError as err:
        message = f"{text!r} is none of worn_out, obsolete, unmigratable (C6)"
        raise typer.BadParameter(message, param_hint="--ground") from err
    return ground
