# SPDX-License-Identifier: Apache-2.0
"""The installs on record and the lots they should be in. Source: DESIGN 7, DOMAIN S3, S5, N2, C9."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator

from zhengban.licence.assign import Assignment, LicensedInstall, assign_installs
from zhengban.model.record import UNASSIGNED, History
from zhengban.policy.compile import PolicyCompiler
from zhengban.policy.on_record import product_on_record
from zhengban.register.changes import require_present
from zhengban.run.workspace import Workspace

from .lotmoves import LotMove, Moved, move_lots


def installs_on_record(compiler: PolicyCompiler, history: History) -> Iterator[LicensedInstall]:
    """The commercial software the books hold, of computers that are in the register, by (computer, package).

    What is UNASSIGNED and fits no entry any more is left out: no lot could cover it.
    """
    numbers = compiler.policy.lot_by_number.keys() | {UNASSIGNED}
    for (number, package), holding in sorted(history.holdings.items()):
        computer = compiler.register.computer_by_number.get(number)
        if computer is None or not holding.quantity or holding.number not in numbers:
            continue
        product, _is_known = product_on_record(compiler.for_computer(computer), package, holding)
        if product is not None and product.type == "commercial":
            yield LicensedInstall(computer=number, package=package, product=product, on_record=holding.number)


def assign_fleet(compiler: PolicyCompiler, history: History, *, today: dt.date, keep: bool) -> Assignment:
    """What :func:`assign_installs` says about everything on record; seats of others (armed, or of computers that are
    not in the register) are not to be had.
    """
    installs = tuple(installs_on_record(compiler, history))
    known = {(install.on_record, install.computer) for install in installs}
    taken = Counter(number for number, computer in history.seats if (number, computer) not in known)
    return assign_installs(compiler, installs, today=today, taken=taken, keep=keep)


def assign_lots(workspace: Workspace, *, prefer_site: bool, by: str, now: dt.datetime) -> tuple[Moved, ...]:
    """Move what is on record into the lots that should carry it; see :func:`planned_moves`.

    Args:
        by: the person who answers for it; the records carry ``attested:ID``.

    Raises:
        InputError: there is no such person.
        Refused: the person has left.
        Busy: a run is being armed: it may be about to give the same seats.
        LedgerError: the books could not be written; what was moved before is.
    """
    with workspace.ledger.lock_workspace():
        require_present(workspace.register, by)
        history = workspace.history(now)
        moves = planned_moves(workspace, history, prefer_site=prefer_site, now=now)
        return tuple(move_lots(workspace, moves, history, policy=workspace.policy, by=by, now=now))


def planned_moves(
    workspace: Workspace, history: History, *, prefer_site: bool, now: dt.datetime
) -> tuple[LotMove, ...]:
    """The moves that let the lots carry more: out of UNASSIGNED and of lots that cover nothing today or have too few
    seats, and out of the way of these; with ``prefer_site`` also into site licences (S5). By (computer, package).
    """
    today = workspace.register.organisation.today(now)
    assignment = assign_fleet(workspace.compiler, history, today=today, keep=not prefer_site)
    return tuple(_moves(assignment))


def _moves(assignment: Assignment) -> Iterable[LotMove]:
    for item in assignment.assigned:
        # What has no licence stays in the book that says what it had.
        if item.number not in (item.on_record, UNASSIGNED):
            yield LotMove(
                computer=item.computer,
                package=item.package,
                product=item.label,
                old=item.on_record,
                new=item.number,
                reason=item.reason,
            )
