# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger adopt``."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from zhengban.model.register import Computer

from .exits import ACTION_FAILED, FINDINGS
from .output import Format, FormatOption, write_error, write_json, write_line, write_table
from .selection import ComputersArgument, open_workspace, select_computers

if TYPE_CHECKING:
    from zhengban.life.adopting import Adopted
    from zhengban.run.workspace import Workspace

COLUMNS = ("computer", "difference", "book", "package", "product", "recorded", "installed")
DIFFERENCES = {"only_books": "only in the books", "only_host": "only on the host", "version": "version differs"}


def adopt(
    context: typer.Context,
    computers: ComputersArgument = None,
    is_diff: Annotated[
        bool, typer.Option("--diff", help="Compare the books with the computers row by row, and write nothing.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="PERSON", help="The person (register id) who attests what is on them.")
    ] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Take computers over into the ledger by the facts last stored, which must be of the last 24 hours; none is asked.

    Each computer is one unit: its identity goes into its row of computers.yml, and all software on it that is not only
    part of the operating system or needed by approved software into the books: listed software under its number,
    commercial software in the lot that covers it, else in UNASSIGNED, and what is not listed in UNLISTED. From then on
    what comes, goes or is upgraded without a record is private.

    A computer that was adopted before is reconciled: what has a number or a lot by now moves there, and nothing that
    came since is recorded. A computer whose facts cannot be used, whose identity is another than registered or belongs
    to another computer is named and left alone; exit code 3 when there was one.

    With --diff exit code 1 when anything differs.

    JSON: a list, sorted by computer, of {computer, state: adopted | reconciled | unchanged | refused, reason, records:
    [{book, record}]}, with records as in "ledger show"; with --diff of {computer, reason, differences: [{computer,
    package, book, difference: only_books | only_host | version, product, recorded, installed}]}.
    """
    workspace = open_workspace(context)
    selected = select_computers(workspace, computers)
    if is_diff and by:
        raise typer.BadParameter("nothing is written with --diff, so nobody attests it", param_hint="--by")
    if is_diff:
        _show_differences(workspace, selected, format)
    else:
        _adopt(workspace, selected, by, format)


def _adopt(workspace: Workspace, selected: tuple[Computer, ...], by: str, format: Format) -> None:
    from zhengban.life.adopting import adopt_computers

    done: list[Adopted] = []
    try:
        for adopted in adopt_computers(workspace, selected, by=by, now=dt.datetime.now(dt.UTC)):
            done.append(adopted)
            if adopted.state == "refused":
                write_error(f"{adopted.computer}: {adopted.reason}")
            elif format is Format.TEXT:
                write_line(_describe(adopted))
    finally:
        # What was adopted before an error stays adopted.
        if format is Format.JSON and (done or not selected):
            write_json(done)
    if not selected:
        write_error("the register has no computer in use")
    if any(adopted.state == "refused" for adopted in done):
        raise typer.Exit(ACTION_FAILED)


def _describe(adopted: Adopted) -> str:
    if adopted.state == "unchanged":
        return f"{adopted.computer}: adopted already, nothing to reconcile"
    books = Counter(item.book for item in adopted.records if item.record.action == "install")
    counts = ", ".join(f"{book} {count}" for book, count in sorted(books.items()))
    return f"{adopted.computer}: {adopted.state}, {len(adopted.records)} records{f' ({counts})' if counts else ''}"


def _show_differences(workspace: Workspace, selected: tuple[Computer, ...], format: Format) -> None:
    from zhengban.life.comparing import compare_computers

    compared = compare_computers(workspace, selected, now=dt.datetime.now(dt.UTC))
    rows = [row for item in compared for row in item.differences]
    if format is Format.JSON:
        write_json(compared)
    elif rows:
        write_table(
            COLUMNS,
            (
                (
                    row.computer,
                    DIFFERENCES[row.difference],
                    row.book,
                    row.package,
                    row.product,
                    row.recorded,
                    row.installed,
                )
                for row in rows
            ),
        )
    elif agreeing := sum(not item.reason for item in compared):
        write_line(f"the books agree with {agreeing} computers")
    for item in compared:
        if item.reason:
            write_error(f"{item.computer}: {item.reason}")
    if any(item.reason for item in compared):
        raise typer.Exit(ACTION_FAILED)
    if rows:
        raise typer.Exit(FINDINGS)
