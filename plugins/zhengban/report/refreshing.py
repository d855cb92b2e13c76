# SPDX-License-Identifier: Apache-2.0
"""Making forms 7 and 8 from policy, register and books, and saying when that is due. Source: DOMAIN L6, L7."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from zhengban.derive.detail import derive_detail
from zhengban.derive.staleness import find_changes, find_overdue
from zhengban.derive.summary import derive_summary, find_holders
from zhengban.derive.text import read_summary, without_day, write_detail, write_summary
from zhengban.ledger.files import replace_file, reported
from zhengban.model.errors import LedgerError, Problem
from zhengban.model.policy import Policy
from zhengban.model.record import Event
from zhengban.model.register import Register
from zhengban.run.workspace import Workspace

SUMMARY, DETAIL = "ledger/summary.yml", "ledger/detail.yml"
HINT = "run zhengban ledger refresh"
EVENT = "refreshed"


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A derived file: whether it holds, but for its day, what it should."""

    file: str
    state: Literal["current", "outdated", "missing"]


def refresh_views(workspace: Workspace, *, now: dt.datetime) -> tuple[View, ...]:
    """Write both views and an event that says so, while nobody arms or merges.

    Made twice on one day from the same state, nothing is written the second time.

    Returns:
        The files with what they were before.

    Raises:
        Busy: another run is arming or merging.
        LedgerError: a line of the ledger cannot be read, or a file cannot be written.
    """
    today = workspace.register.organisation.today(now)
    with workspace.ledger.lock_workspace():
        texts = _derive_texts(workspace, today)
        there = {name: _read(workspace.root / name) for name in texts}
        for name, text in texts.items():
            if there[name] != text:
                replace_file(workspace.root / name, text.encode())
        if there != texts or _last_refresh(workspace) != today:
            workspace.ledger.append_events([(EVENT, "", "", {"date": today})], at=now)
    return _compare(texts, there)


def compare_views(workspace: Workspace, *, now: dt.datetime) -> tuple[View, ...]:
    """Say of both views whether they are as :func:`refresh_views` would write them, their day aside; writes nothing.

    Raises:
        LedgerError: a line of the ledger cannot be read.
    """
    texts = _derive_texts(workspace, workspace.register.organisation.today(now))
    return _compare(texts, {name: _read(workspace.root / name) for name in texts})


def find_stale_views(
    workspace: Workspace, policy: Policy, register: Register, *, now: dt.datetime
) -> tuple[Problem, ...]:
    """Why the views have to be made again (L6, L7): too old, or software or computers came or went since.

    A ledger without a book has nothing to show. Views that are not there (git does not keep them) were still made,
    when the ledger says so.

    Raises:
        LedgerError: an event cannot be dated.
    """
    if not workspace.ledger.books():
        return ()
    today = register.organisation.today(now)
    refresh_days = register.organisation.refresh_days
    overdue = find_overdue(_last_refresh(workspace), today=today, refresh_days=refresh_days)
    reasons = [overdue] if overdue else []
    text = _read(workspace.root / SUMMARY)
    if text is not None:
        try:
            written = read_summary(text)
        except ValueError as err:
            reasons.append(f"it is not as it was written: {err}")
        else:
            reasons += find_changes(written, derive_summary(policy, register, {}, as_of=today))
    return tuple(Problem(file=SUMMARY, message=reason, hint=HINT) for reason in reasons)


def find_scrapped_by_hand(workspace: Workspace, register: Register) -> tuple[Problem, ...]:
    """Computers that the register says are scrapped while the books still have software on them: no seat comes back
    so (C9).

    Raises:
        LedgerError: a line of the ledger cannot be read.
    """
    scrapped = [computer.number for computer in register.computers if computer.status == "scrapped"]
    # The books are large, and most registers have nothing to ask them.
    standing = workspace.ledger.standing() if scrapped else {}
    holders = {book: find_holders(packages) for book, packages in sorted(standing.items())}
    problems = []
    for number in sorted(scrapped):
        books = [book for book, computers in holders.items() if number in computers]
        if books:
            message = f"{number} was scrapped by hand, and still holds {', '.join(books)}"
            hint = f"put its status back and give the command: zhengban computer scrap {shlex.quote(number)} …"
            problems.append(Problem(file="inventories/register/computers.yml", message=message, hint=hint))
    return tuple(problems)


def _derive_texts(workspace: Workspace, today: dt.date) -> dict[str, str]:
    policy, register, standing = workspace.policy, workspace.register, workspace.ledger.standing()
    return {
        SUMMARY: write_summary(derive_summary(policy, register, standing, as_of=today)),
        DETAIL: write_detail(derive_detail(policy, register, standing, as_of=today)),
    }


def _compare(texts: Mapping[str, str], there: Mapping[str, str | None]) -> tuple[View, ...]:
    views = []
    for name, text in texts.items():
        before = there[name]
        state: Literal["current", "outdated", "missing"] = "missing"
        if before is not None:
            state = "current" if without_day(before) == without_day(text) else "outdated"
        views.append(View(file=name, state=state))
    return tuple(views)


def _last_refresh(workspace: Workspace) -> dt.date | None:
    days = [_day_of(event) for event in workspace.ledger.events() if event.kind == EVENT]
    return max(days, default=None)


def _day_of(event: Event) -> dt.date:
    day = str(event.data.get("date"))
    try:
        return dt.date.fromisoformat(day)
    except ValueError as err:
        raise LedgerError(f"event {event.seq} {EVENT!r}: date {day!r} is not a day (YYYY-MM-DD)") from err


def _read(path: Path) -> str | None:
    with reported(path, "read the file"):
        try:
            return path.read_bytes().decode(errors="backslashreplace")
        except FileNotFoundError:
            return None
