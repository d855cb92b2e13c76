# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger refresh``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from .exits import FINDINGS
from .output import Format, FormatOption, write_error, write_json, write_line
from .selection import open_workspace

_SAID = {"missing": "is not there", "outdated": "is not up to date", "current": "is up to date"}


def refresh(
    context: typer.Context,
    is_check: Annotated[
        bool, typer.Option("--check", help="Only say whether they are up to date; exit code 1 when one is not.")
    ] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Make the summary (form 7) and the detail book (form 8) from policy, register and books (L6, L7).

    Writes ledger/summary.yml and ledger/detail.yml, and an event "refreshed". The same policy, register and records
    give the same bytes but for as_of, the day of the organisation they were made on. Serial numbers are masked. An OEM
    licence counts as installed on the computers the register has it on. "zhengban validate" reports when they are due
    again: after organisation.refresh_days, or when software or computers came or went. A ledger that was altered
    (`zhengban ledger verify`) is summed up as it stands, and the exit code is 1.

    JSON: a list of {file, state}; state is what the file was before: current (but for its day), outdated or missing.
    """
    from zhengban.report.doubt import describe_doubt
    from zhengban.report.refreshing import compare_views, refresh_views

    workspace = open_workspace(context)
    now = dt.datetime.now(dt.UTC)
    views = compare_views(workspace, now=now) if is_check else refresh_views(workspace, now=now)
    if format is Format.JSON:
        write_json(views)
    else:
        for view in views:
            wrote = not is_check and view.state != "current"
            write_line(f"wrote {view.file}" if wrote else f"{view.file} {_SAID[view.state]}")
    if is_check and any(view.state != "current" for view in views):
        raise typer.Exit(FINDINGS)
    if not is_check and (doubt := describe_doubt(workspace.ledger)):
        write_error(doubt)
        raise typer.Exit(FINDINGS)
