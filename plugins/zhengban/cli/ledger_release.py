# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger release``."""

from __future__ import annotations

import datetime as dt
import shlex
from typing import Annotated

import typer

from zhengban.model.record import Intent

from .output import Format, FormatOption, write_json, write_line
from .selection import open_workspace


def release(
    context: typer.Context,
    computer: Annotated[str, typer.Argument(metavar="COMPUTER", help="The computer's number.")],
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who decides and answers for it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="How it is known.")],
    is_done: Annotated[
        bool, typer.Option("--done/--not-done", help="Whether the change was carried out.", show_default=False)
    ],
    format: FormatOption = Format.TEXT,
) -> None:
    """Settle a change that has been open for more than 7 days, by what a person says became of it.

    For hosts that will not answer any more; the seats it holds come back. All of its records are written with the
    evidence attested:PERSON, or none. Exit code 3 when it is too early, or a run is still at work on the computer.

    JSON: a list of the records written, as in "zhengban ledger show".
    """
    from zhengban.life.releasing import release_intent

    workspace = open_workspace(context)
    now = dt.datetime.now(dt.UTC)
    records = release_intent(workspace, computer, by=by, reason=reason, done=is_done, now=now)
    if format is Format.JSON:
        write_json(records)
    else:
        write_line(f"{computer}: released, {len(records)} records written")


def describe_stale(intent: Intent) -> str:
    """What to do about a change that nobody has settled for long."""
    return (
        f"{intent.computer}: open for more than 7 days, its seats stay reserved; if its host will not answer any more: "
        f"zhengban ledger release {shlex.quote(intent.computer)} …"
    )
