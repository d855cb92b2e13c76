# SPDX-License-Identifier: Apache-2.0
"""What the commands about computers, people and departments share: their options, and how they tell what changes."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Format, write_json, write_line, write_lines, write_table
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.life.living import LifeDraft, LifeStep

ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="PERSON",
        help="Who says so, by the id in people.yml; recorded as evidence.",
        show_default="the account that runs this",
    ),
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="Show what would change in the files and the ledger; write nothing.")
]
ComputerArgument = Annotated[
    str, typer.Argument(metavar="COMPUTER", help="A computer number or Ansible host name.", show_default=False)
]

# A list in one line, or an item on each line below.
_SERIALS = re.compile(r"(\bserials:[ ]*)(\[[^\]]*\]|(?:\n[ ]*-[ ].*)+)")

COLUMNS = ("book", "action", "package", "version", "quantity", "cause", "user", "department")


@contextmanager
def life(context: typer.Context, *, by: str, is_check: bool, format: Format) -> Iterator[LifeDraft]:
    """A draft for a command to fill; written, unless it is a check, and told.

    JSON: {written, steps: [{what, says, computer, files, records: [{book, action, package, version, quantity, cause,
    user, user_id, department}]}], files: [{path, diff}], notes}.
    """
    from zhengban.life.living import draft_life

    workspace = open_workspace(context)
    with draft_life(workspace, now=dt.datetime.now(dt.UTC), by=by, is_check=is_check) as draft:
        yield draft
    if format is Format.JSON:
        write_json(_as_plain(draft, is_written=not is_check))
    else:
        _write_text(draft, is_written=not is_check)


def _write_text(draft: LifeDraft, *, is_written: bool) -> None:
    for step in draft.steps:
        write_line(step.says)
        rows = [tuple(str(row[column]) for column in COLUMNS) for row in _records(step)]
        if rows:
            write_table(COLUMNS, rows)
    for path, before, after in draft.texts:
        write_lines(diff_lines(path, before, after))
    write_lines(f"note: {note}" for note in draft.notes)
    write_line("written" if is_written else "nothing was written (--check)")


def _as_plain(draft: LifeDraft, *, is_written: bool) -> dict[str, Any]:
    return {
        "written": is_written,
        "steps": [
            {
                "what": step.what,
                "says": step.says,
                "computer": step.computer,
                "files": [edit.path for edit in step.files],
                "records": _records(step),
            }
            for step in draft.steps
        ],
        "files": [{"path": path, "diff": "\n".join(diff_lines(path, old, new))} for path, old, new in draft.texts],
        "notes": draft.notes,
    }


def _records(step: LifeStep) -> list[dict[str, Any]]:
    return [
        {
            "book": item.book,
            "action": item.action,
            "package": item.package,
            "version": item.version,
            "quantity": item.quantity,
            "cause": item.cause,
            "user": author.user,
            "user_id": author.user_id,
            "department": author.department,
        }
        for item in step.statements
        if (author := item.author or step.author)
    ]


def diff_lines(path: str, before: str, after: str) -> Iterator[str]:
    """What becomes of a file, as lines of a unified diff; serial numbers in it are masked."""
    old, new = (_SERIALS.sub(r"\1****", text).splitlines() for text in (before, after))
    return difflib.unified_diff(old, new, path, path, n=1, lineterm="")
