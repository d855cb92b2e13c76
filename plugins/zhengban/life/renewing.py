# SPDX-License-Identifier: Apache-2.0
"""Renewing a licence: a new term is a new number, and the installs go there. Source: DESIGN 7, DOMAIN N2, C4, C7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import nullcontext
from decimal import Decimal

import msgspec

from zhengban.documents.yamlline import Value
from zhengban.ledger.ids import new_run_id
from zhengban.licence.seats import Seats
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.policy import Lot
from zhengban.model.record import FileEdit, History, PlannedEvent
from zhengban.policy.compile import PolicyCompiler
from zhengban.run.people import require_it
from zhengban.run.workspace import Workspace

from .lotfile import LotFile, find_lot, require_free_number
from .lotmoves import LotMove, Moved, move_lots
from .stating import require_files_settled, state_files

# What a renewal keeps of the lot it renews; what was bought and paid, and the serials, are its own (N2).
_KEPT = ("licence_type", "usable_versions", "for")


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """What was bought: seats until a day, under a new number. ``quantity`` None: no end of seats.

    ``start`` None: the day after the term before ends, or today where that is over.
    """

    number: str
    until: dt.date
    quantity: int | None
    start: dt.date | None = None
    purchased_on: dt.date | None = None
    amount: Decimal | None = None


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """What a renewal came to. ``left`` are computers that stay in the old lot: the new one has no seat for them, is not
    for them, or (``begins`` not None) has not begun. ``notes`` are what a person should look at.
    """

    old: str
    number: str
    file: str
    moved: tuple[Moved, ...]
    left: tuple[str, ...]
    begins: dt.date | None
    notes: tuple[str, ...] = ()
    before: str
    after: str


def renew_lot(
    workspace: Workspace, number: str, renewal: Renewal, *, by: str, now: dt.datetime, is_check: bool = False
) -> Renewed:
    """Write a new lot behind the old one, and move what the old one carries there, one unit for each computer. A check
    writes nothing: ``moved`` are then the moves that would be made.

    The file changes with the first unit. Cut off, or with some computers busy, the same command does the rest.

    Args:
        number: the lot that is renewed; it stays in its file.
        by: the person who answers for it; the records carry ``attested:ID``.

    Raises:
        InputError: no such lot or person, a number that is taken, days in the wrong order.
        Refused: the person has left or is not of IT, the lot was disposed of, or does not end.
        Busy: a run is being armed.
        LedgerError: what was written before stands; the command can be given again.
    """
    with nullcontext() if is_check else workspace.ledger.lock_workspace():
        require_it(workspace.register, by, why="which answers for licences")
        found = find_lot(workspace.root, workspace.policy, number)
        today = workspace.register.organisation.today(now)
        written = workspace.policy.lot_by_number.get(renewal.number)
        policy, files, begins = workspace.policy, tuple[FileEdit, ...](), today
        event = PlannedEvent(
            kind="renewed",
            data={"number": number, "new_number": renewal.number, "until": renewal.until.isoformat(), "by": by},
        )
        if written is None:
            require_free_number(workspace.policy, renewal.number, option="--new-number")
            begins = _first_day(found, renewal, today)
            edit, policy = found.edit(workspace.register, found.with_lot(_row(found, renewal, begins)))
            files = (edit,)
            require_files_settled(workspace, files)
        else:
            _require_same(found, written, renewal)
            begins = written.term.start if written.term else today
        compiler = PolicyCompiler(policy, workspace.register)
        history = workspace.history(now)
        moves, left = tuple[LotMove, ...](), history.holders.get(number, ())
        if begins <= today:
            moves, left = _moves(compiler, history, found, renewal.number)
        first = (files, event) if files else None
        if is_check:
            moved = tuple(Moved(move=move) for move in moves)
        else:
            moved = tuple(move_lots(workspace, moves, history, policy=policy, by=by, now=now, first=first))
        if not is_check and files and all(item.refused for item in moved):
            # Nobody to move, or nobody could be: the purchase is a fact all the same.
            state_files(workspace, files, event, run=new_run_id(now), evidence=f"attested:{by}", now=now)
    return Renewed(
        old=number,
        number=renewal.number,
        file=found.path,
        moved=moved,
        left=left,
        begins=begins if begins > today else None,
        notes=tuple(_notes(found, renewal)),
        before=found.text,
        after=files[0].text if files else found.text,
    )


def _notes(found: LotFile, renewal: Renewal) -> Iterator[str]:
    """The lots that look as if the same was renewed before."""
    for other in found.product.lots:
        if other.number in (found.lot.number, renewal.number) or other.disposed or not other.term or not found.lot.term:
            continue
        if other.term.until > found.lot.term.until:
            message = f"{found.product.label} has {other.number} until {other.term.until} already"
            yield f"{message}: if that is what renewed {found.lot.number}, take {renewal.number} out of {found.path}"


def _first_day(found: LotFile, renewal: Renewal, today: dt.date) -> dt.date:
    lot = found.lot
    if lot.disposed is not None:
        raise Refused([f"{lot.number} was disposed of on {lot.disposed.on}"])
    if lot.term is None:
        raise Refused([f"{lot.number} is perpetual: write what was bought as a lot of its own ({found.path})"])
    if renewal.purchased_on is not None and renewal.purchased_on > today:
        message = f"{renewal.purchased_on} is still to come"
        raise InputError([Problem(file="--purchased-on", message=message, hint="name the day it was bought")])
    first = renewal.start or max(today, lot.term.until + dt.timedelta(days=1))
    if renewal.until <= lot.term.until or renewal.until < first:
        message = (
            f"{renewal.until} is no renewal: {lot.number} ends on {lot.term.until}, the new term begins on {first}"
        )
        raise InputError([Problem(file="--until", message=message, hint="name a later day")])
    return first


def _row(found: LotFile, renewal: Renewal, first: dt.date) -> dict[str, Value]:
    row: dict[str, Value] = {"number": renewal.number}
    if renewal.purchased_on is not None:
        row["purchased_on"] = renewal.purchased_on
    if renewal.amount is not None:
        row["amount"] = renewal.amount
    row["quantity"] = "unlimited" if renewal.quantity is None else renewal.quantity
    row["term"] = {"from": first, "until": renewal.until}
    return row | {key: found.written[key] for key in _KEPT if key in found.written}


def _require_same(found: LotFile, written: Lot, renewal: Renewal) -> None:
    """A number that is there already has to be this renewal, made before and cut off."""
    is_same = (
        written in found.product.lots
        and written.number != found.lot.number
        and written.quantity == renewal.quantity
        and written.term is not None
        and written.term.until == renewal.until
        and renewal.start in (None, written.term.start)
    )
    if not is_same:
        message = f"the number {renewal.number!r} is taken (N2)"
        raise InputError([Problem(file="--new-number", message=message, hint="every purchase has a number of its own")])


def _moves(
    compiler: PolicyCompiler, history: History, found: LotFile, number: str
) -> tuple[tuple[LotMove, ...], tuple[str, ...]]:
    """The moves there are seats for, in the order of the computers' numbers, and the computers that have to stay."""
    seats, moves, left = Seats(compiler.policy, history), list[LotMove](), list[str]()
    for name in history.holders.get(found.lot.number, ()):
        computer = compiler.register.computer_by_number.get(name)
        is_for_it = computer is not None and number in compiler.for_computer(computer).lot_numbers
        if not is_for_it or not seats.is_free(number, name):
            left.append(name)
            continue
        seats.give([(number, name)])
        moves += (
            LotMove(
                computer=name,
                package=package,
                product=found.product.label,
                old=found.lot.number,
                new=number,
                reason=f"{found.lot.number} is renewed (N2)",
            )
            for package, holding in sorted(history.held_on[name].items())
            if holding.number == found.lot.number and holding.quantity
        )
    return tuple(moves), tuple(left)
