# SPDX-License-Identifier: Apache-2.0
"""``zhengban licence buy``."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

import msgspec
import typer

from zhengban.model.policy import Category, LicenceType, MadeIn, Term

from .licence import NumberArgument
from .licence_renew import amount_of, day_of, quantity_of
from .life import CheckOption, diff_lines
from .output import Format, FormatOption, write_json, write_line, write_lines
from .selection import open_workspace


def _quantity(text: str) -> str:
    return quantity_of(text) if text else text


def buy(
    context: typer.Context,
    number: NumberArgument,
    plan: Annotated[
        str,
        typer.Option(
            "--plan", metavar="ID#ROW", help="The row of the approved plan; of its only row the ID is enough."
        ),
    ],
    licence_type: Annotated[LicenceType, typer.Option("--type", help="场地授权, 批量, 单机, 订阅, 其他.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who of IT answers for it.")],
    quantity: Annotated[
        str,
        typer.Option(
            callback=_quantity, metavar="N", help="Seats, or unlimited.", show_default="what is left of the row"
        ),
    ] = "",
    amount: Annotated[
        Decimal | None,
        typer.Option(parser=amount_of, metavar="YUAN", help="What it cost.", show_default="the price in the plan"),
    ] = None,
    purchased_on: Annotated[
        dt.date | None,
        typer.Option(parser=day_of, metavar="DAY", help="The day of the purchase.", show_default="today"),
    ] = None,
    start: Annotated[
        dt.date | None,
        typer.Option(
            "--from", parser=day_of, metavar="DAY", help="The first day of its term.", show_default="of the purchase"
        ),
    ] = None,
    until: Annotated[
        dt.date | None,
        typer.Option(parser=day_of, metavar="DAY", help="The last day of its term.", show_default="perpetual"),
    ] = None,
    usable_versions: Annotated[
        list[str] | None,
        typer.Option(
            "--usable-version", metavar="VERSION", help="A version it may be used for.", show_default="its own"
        ),
    ] = None,
    references: Annotated[
        list[str] | None,
        typer.Option("--reference", metavar="TEXT", help="Contract, certificate (C5).", show_default=False),
    ] = None,
    category: Annotated[
        Category | None, typer.Option(help="Of a product that the policy does not have yet.", show_default=False)
    ] = None,
    made_in: Annotated[
        MadeIn | None, typer.Option("--made-in", help="As --category; 国内 or 国外.", show_default=False)
    ] = None,
    vendor: Annotated[str, typer.Option(metavar="NAME", help="As --category.", show_default=False)] = "",
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write down what was bought under an approved purchase plan (form 4): a lot with its own number (N1, N2).

    The lot goes behind the others of its product, or into policies/commercial.yml with the product; its references name
    the row of the plan. Neither more seats nor more money than were approved can be bought under a row. It can be
    bought in several lots, each with a number. Serial numbers are written into the file by hand, as places in a vault.

    JSON: {written, number, plan, product, quantity, amount, left, file, diff}: quantity is null without end, left is
    what can still be bought under the row, diff is what becomes of the file. Exit code 3 while the plan is not
    approved.

    \b
        zhengban licence buy COM-0006 --plan PUR-2026-3fa9c1-0001#1 --type volume --reference 合同-2026-31 --by E0002
    """
    from zhengban.intake.buying import Purchase, buy_lot

    if start is not None and until is None:
        raise typer.BadParameter("a term that begins has a last day: add --until", param_hint="--from")
    now = dt.datetime.now(dt.UTC)
    workspace = open_workspace(context)
    first = start or purchased_on or workspace.register.organisation.today(now)
    if until is not None and until < first:
        raise typer.BadParameter(f"the term ends on {until}, before it starts on {first}", param_hint="--until")
    purchase = Purchase(
        number=number,
        plan=plan,
        licence_type=licence_type,
        purchased_on=purchased_on,
        quantity=None if quantity == "unlimited" else int(quantity or 0),
        amount=amount,
        term=None if until is None else Term(start=first, until=until),
        usable_versions=tuple(usable_versions or ()),
        references=tuple(references or ()),
        category=category or "",
        made_in=made_in or "",
        vendor=vendor,
    )
    bought = buy_lot(workspace, purchase, by=by, now=now, is_check=check)
    diff = tuple(diff_lines(bought.file, bought.before, bought.after))
    if format is Format.JSON:
        plain = msgspec.structs.asdict(bought)
        del plain["before"], plain["after"]
        write_json({"written": not check, **plain, "diff": "\n".join(diff)})
        return
    seats = "seats without end" if bought.quantity is None else f"{bought.quantity} seats"
    if check:
        write_lines(diff)
    write_line(f"{number}: {seats} of {bought.product}, {bought.amount:f} yuan, under {bought.plan} ({bought.file})")
    if bought.left:
        write_line(f"{bought.left} of {bought.plan} are left to be bought")
    if check:
        write_line("nothing was written (--check)")
    else:
        write_line("the summary changes (C7): zhengban ledger refresh; who gets seats: zhengban licence assign --check")
