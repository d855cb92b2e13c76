# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger correct``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from .life import CheckOption
from .output import Format, FormatOption, write_json, write_line
from .selection import open_workspace


def correct(
    context: typer.Context,
    computer: Annotated[str, typer.Option("--computer", metavar="COMPUTER", help="Its number or Ansible host name.")],
    package: Annotated[
        str, typer.Option("--package", metavar="PACKAGE", help="As in the books: manager:name:architecture.")
    ],
    book: Annotated[
        str, typer.Option("--book", metavar="NUMBER", help="The software number, or UNLISTED or UNASSIGNED.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who says so: one of organisation.approvers.it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why the books are wrong.")],
    installed: Annotated[
        str | None, typer.Option("--installed", metavar="VERSION", help="It is installed in this version.")
    ] = None,
    is_absent: Annotated[bool, typer.Option("--not-installed", help="It is not installed.")] = False,
    quantity: Annotated[
        int | None, typer.Option("--quantity", metavar="N", help="Licences it takes, 0 for a part of something else.")
    ] = None,
    check: CheckOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Say what is true of one package on one computer from now on, where the books are wrong.

    A new record with the action "correct" is written, attested by the person, and an event with the reason; nothing
    that is in the books changes. It is one way to close a private install, removal or upgrade.

    JSON: {written, computer, records: [{book, package, version, quantity}]}: an empty version is not installed; without
    records the books say so already.
    """
    from zhengban.life.correcting import Correction, correct_books

    if (installed is None) != is_absent:
        raise typer.BadParameter("say one of --installed VERSION and --not-installed", param_hint="--installed")
    if is_absent and quantity is not None:
        raise typer.BadParameter("what is not installed has none", param_hint="--quantity")
    workspace = open_workspace(context)
    correction = Correction(
        package=package,
        book=book,
        version=installed,
        quantity=1 if quantity is None else quantity,
        by=by,
        reason=reason,
    )
    place, now = workspace.computer_named(computer), dt.datetime.now(dt.UTC)
    recorded = correct_books(workspace, place, correction, now=now, is_check=check)
    if format is Format.JSON:
        rows = [
            {"book": item.book, "package": item.package, "version": item.version, "quantity": item.quantity}
            for item in recorded
        ]
        write_json({"written": bool(rows) and not check, "computer": place.number, "records": rows})
        return
    for item in recorded:
        what = f"{item.version} installed" if item.version else "not installed"
        write_line(f"{place.number}: {item.book}: {item.package}: {what}")
    if not recorded:
        write_line("the books say so already")
    elif check:
        write_line("nothing was written (--check)")
