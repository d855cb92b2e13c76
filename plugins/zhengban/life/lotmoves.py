# SPDX-License-Identifier: Apache-2.0
"""Installs that go from one lot's book into another's: a unit for each computer. Source: DESIGN 6, 7, DOMAIN L3, N2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from zhengban.ledger.ids import new_run_id
from zhengban.licence.seats import Seats
from zhengban.model.errors import Refused
from zhengban.model.policy import Policy
from zhengban.model.record import FileEdit, History, Holding, PlannedEvent
from zhengban.run.author import Author
from zhengban.run.workspace import Workspace

from .stating import Statement, state_unit

# What goes with a unit besides its records.
With = tuple[tuple[FileEdit, ...], PlannedEvent]


class LotMove(msgspec.Struct, frozen=True, kw_only=True):
    """A package on record in the book ``old`` that belongs into the book ``new``, and why."""

    computer: str
    package: str
    product: str
    old: str
    new: str
    reason: str


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a move: ``refused`` says why it was not made, empty when it was."""

    move: LotMove
    refused: str = ""


def move_lots(
    workspace: Workspace,
    moves: Iterable[LotMove],
    history: History,
    *,
    policy: Policy,
    by: str,
    now: dt.datetime,
    first: With | None = None,
) -> Iterator[Moved]:
    """Make moves, computer by computer; one that is busy is passed over and the others go on.

    The caller holds the workspace's lock. A move into a lot that others have yet to leave waits for them, so that being
    cut off at any point leaves no lot fuller than it may be.

    Args:
        history: as the moves were made from it.
        policy: it has the lots, those that ``files`` bring included.
        by: the person who answers for it.
        first: what changes and is told with the first unit that is written.

    Returns:
        One for each move, in the order they were made; those refused at their turn.

    Raises:
        LedgerError: nothing of this unit was written, or it is pending and ``zhengban ledger recover`` goes on.
    """
    run, seats = new_run_id(now), Seats(policy, history)
    waiting = [tuple(group) for _computer, group in groupby(moves, key=lambda move: move.computer)]
    while waiting:
        later = []
        for unit in waiting:
            if not all(seats.is_free(move.new, move.computer) for move in unit):
                later.append(unit)
                continue
            held = history.held_on[unit[0].computer]
            refused = _write(workspace, unit, history, run=run, by=by, now=now, along=first)
            if not refused:
                first = None
                seats.give((move.new, move.computer) for move in unit)
                seats.take_back((move.old, move.computer) for move in unit if not _stays(move.old, unit, held))
            yield from (Moved(move=move, refused=refused) for move in unit)
        if len(later) == len(waiting):
            yield from (Moved(move=move, refused=f"{move.new} is full") for unit in waiting for move in unit)
            return
        waiting = later


def _write(
    workspace: Workspace,
    unit: tuple[LotMove, ...],
    history: History,
    *,
    run: str,
    by: str,
    now: dt.datetime,
    along: With | None,
) -> str:
    """Write the records of one computer's moves; why not, where that has to wait."""
    computer = workspace.register.computer_by_number[unit[0].computer]
    today = workspace.register.organisation.today(now)
    author = Author.of(workspace.register, computer, run=run, day=today)
    files, event = along or ((), None)
    try:
        state_unit(
            workspace,
            author,
            _statements(unit, history.held_on[computer.number]),
            known=history,
            what="lot_move",
            evidence=f"attested:{by}",
            now=now,
            files=files,
            event=event,
        )
    except Refused as err:
        return str(err)
    return ""


def _statements(unit: tuple[LotMove, ...], held: dict[str, Holding]) -> Iterator[Statement]:
    """An uninstall from the old and an install in the new book for each package, and for what came along with it."""
    targets = {move.package: move.new for move in unit}
    for move in unit:
        if not _stays(move.old, unit, held):
            along = (ref for ref, holding in held.items() if holding.number == move.old and not holding.quantity)
            for package in along:
                targets.setdefault(package, move.new)
    for package, new in sorted(targets.items()):
        holding = held[package]
        leaves = Statement(
            book=holding.number,
            action="uninstall",
            package=package,
            version=holding.version,
            quantity=holding.quantity,
            cause="lot_move",
        )
        yield leaves
        yield msgspec.structs.replace(leaves, book=new, action="install")


def _stays(number: str, unit: tuple[LotMove, ...], held: dict[str, Holding]) -> bool:
    """Whether the computer keeps something in a book that a unit moves out of."""
    going = {move.package for move in unit}
    return any(
        holding.quantity and holding.number == number for package, holding in held.items() if package not in going
    )
