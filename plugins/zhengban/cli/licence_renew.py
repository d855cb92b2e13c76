# SPDX-License-Identifier: Apache-2.0
"""``zhengban licence renew``."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Annotated

import msgspec
import typer

from .licence import NumberArgument, report_refused
from .life import CheckOption, diff_lines
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines
from .selection import open_workspace


def day_of(text: str) -> dt.date:
    """A day as an option has it."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is not a day; write YYYY-MM-DD") from err


def quantity_of(text: str) -> str:
    """A number of seats as an option has it, or ``unlimited``."""
    if text != "unlimited" and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10_000_000):
        raise typer.BadParameter(f"{text!r} is not a number of seats; write 1 or more, or unlimited")
    return text


def amount_of(text: str) -> Decimal:
    """An amount in yuan as an option has it."""
    try:
        amount = Decimal(text)
    except InvalidOperation as err:
        raise typer.BadParameter(f"{text!r} is not an amount in yuan; write one such as 1320.00") from err
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text!r} is not an amount in yuan; write one such as 1320.00")
    return amount


def renew(
    context: typer.Context,
    number: NumberArgument,
    until: Annotated[dt.date, typer.Option(parser=day_of, metavar="DAY", help="The last day of the new term.")],
    new_number: Annotated[str, typer.Option("--new-number", metavar="NUMBER", help="Its own software number (N2).")],
    quantity: Annotated[str, typer.Option(callback=quantity_of, metavar="N", help="Seats, or unlimited.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who answers for it.")],
    start: Annotated[
        dt.date | None,
        typer.Option(
            "--from",
            parser=day_of,
            metavar="DAY",
            help="The first day of the new term.",
            show_default="the day after the old term, or today where that is over",
        ),
    ] = None,
    purchased_on: Annotated[
        dt.date | None, typer.Option(parser=day_of, metavar="DAY", help="The day of the purchase.", show_default=False)
    ] = None,
    amount: Annotated[
        Decimal | None, typer.Option(parser=amount_of, metavar="YUAN", help="What it cost.", show_default=False)
    ] = None,
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Renew a licence: a lot with a new number behind the old one in its file, and the installs move there (N2).

    Licence type, usable versions and scope stay those of the old lot. The installs move in the order of the computers'
    numbers, one unit for each computer, as far as there are seats; the others stay and are named. With a term that
    begins later nothing moves yet: "zhengban licence assign" moves it when it has begun and the old one is over. Cut
    off, or with computers passed over because a run is at work on them (exit code 3), the same command does the rest.

    Whoever answers for it approves for IT or is of the responsible department. When the product has another lot that
    ends later already, that is said on standard error: perhaps the same was renewed before.

    JSON: {written, old, number, file, moved, left, begins, notes, diff}: moved as in "licence assign" (with --check
    what would move), left are computers that stay in the old lot, begins is null when the term has begun, diff is what
    becomes of the file.
    """
    from zhengban.life.renewing import Renewal, renew_lot

    renewal = Renewal(
        number=new_number,
        until=until,
        quantity=None if quantity == "unlimited" else int(quantity),
        start=start,
        purchased_on=purchased_on,
        amount=amount,
    )
    now = dt.datetime.now(dt.UTC)
    renewed = renew_lot(open_workspace(context), number, renewal, by=by, now=now, is_check=check)
    diff = tuple(diff_lines(renewed.file, renewed.before, renewed.after))
    if format is Format.JSON:
        plain = msgspec.structs.asdict(renewed)
        del plain["before"], plain["after"]
        rows = [{**msgspec.structs.asdict(item.move), "refused": item.refused} for item in renewed.moved]
        write_json({"written": not check, **plain, "moved": rows, "diff": "\n".join(diff)})
    else:
        done = sum(1 for item in renewed.moved if not item.refused)
        if check:
            write_lines(diff)
            write_line(f"{done} installs would move from {renewed.old} to {renewed.number}")
        else:
            write_line(f"{renewed.file}: {renewed.number} is there; {done} installs moved from {renewed.old}")
        if renewed.begins is not None:
            write_line(f"it begins on {renewed.begins}, nothing moves before: then run zhengban licence assign")
        elif renewed.left:
            write_line(f"no seat in {renewed.number} for {', '.join(renewed.left)}: they stay in {renewed.old}")
        if check:
            write_line("nothing was written (--check)")
    for note in renewed.notes:
        write_error(f"note: {note}")
    report_refused(renewed.moved)
