# SPDX-License-Identifier: Apache-2.0
"""Seats handed out over a whole run, the same in a dry run. Source: DESIGN 5, 6, DOMAIN S3, S5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from zhengban.licence.seats import Seats
from zhengban.model.errors import Refused
from zhengban.model.plan import Action, Plan
from zhengban.model.policy import Policy
from zhengban.model.record import History

# Of the lots that are full, in the sentence for one computer.
_MOST_NAMED = 10


class HandOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets which seat.

    ``seats`` are (number, computer) of everything that comes, sorted; ``moved`` maps a computer to the numbers of its
    plan that become others: the preferred lot was full; ``without_seat`` maps a computer to why there is none for it.
    """

    seats: tuple[tuple[str, str], ...] = ()
    moved: dict[str, dict[str, str]] = {}
    without_seat: dict[str, str] = {}


def hand_out(plans: Iterable[Plan], policy: Policy, history: History) -> HandOut:
    """Give every plan the seats it needs: in each action's order of lots, the first with a free one.

    Computers come in the order of their numbers, so that two people who look at one run see the same; a computer that
    does not get all it needs takes none.

    Args:
        plans: those that are to be carried out together, any order.
        history: its seats are taken already; a computer's own stay its own.
    """
    free = Seats(policy, history)
    own: dict[str, set[str]] = {}
    for number, computer in history.seats:
        own.setdefault(computer, set()).add(number)
    orders: dict[tuple[str, ...], _Order] = {}
    coming: set[tuple[str, str]] = set()
    moved: dict[str, dict[str, str]] = {}
    without_seat: dict[str, str] = {}
    for plan in sorted(plans, key=lambda plan: plan.computer):
        lots: dict[str, str] = {}
        mine = own.setdefault(plan.computer, set())
        for number, candidates in _needs(plan).items():
            if candidates not in orders:
                orders[candidates] = _Order(candidates)
            found = orders[candidates].find(free, plan.computer, mine)
            if not found:
                full = _describe(free, candidates)
                without_seat[plan.computer] = f"no seat is left in {full}: buy seats, or free some"
                break
            lots[number] = found
        else:
            moves = {number: lot for number, lot in lots.items() if lot != number}
            taken = {
                (action.number, plan.computer) for action in actions_in_lots(plan.actions, moves) if _comes(action)
            }
            free.give(taken)
            mine.update(number for number, _computer in taken)
            coming |= taken
            if moves:
                moved[plan.computer] = moves
    return HandOut(seats=tuple(sorted(coming)), moved=moved, without_seat=without_seat)


class _Order:
    """Lots in one order of preference, past those that are full: nothing is taken back while seats are handed out, so
    a thousand lots are looked through once and not for every computer.
    """

    def __init__(self, lots: tuple[str, ...]) -> None:
        self._lots = lots
        self._places = {lot: place for place, lot in enumerate(lots)}
        self._first = 0

    def find(self, free: Seats, computer: str, mine: set[str]) -> str:
        """The first lot with a seat for a computer, be it one of its own; empty when there is none."""
        while self._first < len(self._lots) and not free.is_free(self._lots[self._first], computer):
            self._first += 1
        place = min([self._first, *(self._places[lot] for lot in mine if lot in self._places)])
        return self._lots[place] if place < len(self._lots) else ""


def _describe(free: Seats, lots: tuple[str, ...]) -> str:
    more = f" and {len(lots) - _MOST_NAMED} more lots" if len(lots) > _MOST_NAMED else ""
    return ", ".join(free.describe(lot) for lot in lots[:_MOST_NAMED]) + more


def actions_in_lots(actions: Iterable[Action], moves: Mapping[str, str]) -> tuple[Action, ...]:
    """The actions with the numbers of the lots that were handed out; what came along with one goes where it goes.

    Args:
        moves: a number of the plan and the lot in its place.

    Raises:
        Refused: a lot that the plan does not name: it was not handed out by :func:`hand_out`.
    """
    return tuple(_moved(action, moves[action.number]) if action.number in moves else action for action in actions)


def _moved(action: Action, lot: str) -> Action:
    if action.lots:
        if lot not in action.lots:
            raise Refused([f"{action.package} cannot be recorded under {lot!r}: plan and arm again"])
        # What is there already leaves the book it is in (L4).
        old_number = action.old_number or (action.number if action.old else "")
        return msgspec.structs.replace(action, number=lot, old_number=old_number)
    if action.kind == "install" and not action.quantity:
        return msgspec.structs.replace(action, number=lot)
    return action


def _needs(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The lots that would do for each number of a plan: for everything it stands at, so that one seat serves it all."""
    needs: dict[str, tuple[str, ...]] = {}
    for action in plan.actions:
        if action.lots:
            others = needs.get(action.number, action.lots)
            if others != action.lots:
                both = frozenset(action.lots)
                others = tuple(lot for lot in others if lot in both)
            needs[action.number] = others
    return needs


def _comes(action: Action) -> bool:
    # An upgrade with lots is the first record of what was there without one.
    return bool(action.quantity and (action.kind == "install" or action.old_number or action.lots))
