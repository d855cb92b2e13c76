# SPDX-License-Identifier: Apache-2.0
"""Whether two ledgers are copies of one: another office's would bring its installs, seats and limits.

Source: DESIGN 6.
"""

from __future__ import annotations

from pathlib import Path

from zhengban.model.errors import InputError, Problem

from .holdings import Place, fold_holdings
from .merge import Copy
from .snapshot import Snapshot

_SHOWN = 5


def require_related(root: Path, ours: Snapshot, copy: Copy) -> None:
    """Check that two ledgers have a commit line or an event in common; the same folder twice is for others to name.

    One that nothing was written into yet is a copy of any.

    Raises:
        InputError: they have none, with what would be on record twice.
    """
    mine, others = _chained_lines(ours), _chained_lines(copy.snapshot)
    if not mine or not others or mine & others or copy.root.resolve() == root.resolve():
        return
    twice = sorted(_holdings(ours) & _holdings(copy.snapshot))
    message = "nothing was merged; it has no line in common with this ledger, so it is no copy of it"
    if twice:
        named = ", ".join(f"{package} on {computer}" for computer, package in twice[:_SHOWN])
        more = f" and {len(twice) - _SHOWN} more" if len(twice) > _SHOWN else ""
        message += f"; on record in both, and twice afterwards: {named}{more}"
    hint = "if it is the right one, merge with --unrelated, then see: zhengban ledger show, zhengban ledger correct"
    raise InputError([Problem(file=copy.shown_as, message=message, hint=hint)])


def _chained_lines(snapshot: Snapshot) -> set[bytes]:
    commits = (line.raw for content in snapshot.commits.values() for line in content.lines)
    events = (line.raw for content in snapshot.events.values() for line in content.lines)
    return {*commits, *events}


def _holdings(snapshot: Snapshot) -> set[Place]:
    order = {record[0]: place for place, commit in enumerate(snapshot.ordered_commits()) for record in commit.records}
    return set(fold_holdings(snapshot.booked(), order))
