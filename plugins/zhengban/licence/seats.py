# SPDX-License-Identifier: Apache-2.0
"""Seats of lots: how many are free, and for whom. Source: DESIGN 6, 7, DOMAIN S3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from zhengban.model.policy import Policy
from zhengban.model.record import UNASSIGNED, History


class Seats:
    """The seats of every lot, some taken; one computer takes one seat of a lot, whatever it has under it.

    Args:
        policy: its lots have the quantities.
        history: seats on record, armed and under way are taken.
    """

    def __init__(self, policy: Policy, history: History) -> None:
        self._policy = policy
        self._there = history.seats
        self._taken = history.seats_taken
        self._given: set[tuple[str, str]] = set()
        self._returned: set[tuple[str, str]] = set()
        self._more: Counter[str] = Counter()

    def is_free(self, number: str, computer: str) -> bool:
        """Whether a computer may have a seat of a lot: its own, or a free one; the book UNASSIGNED has no end."""
        if number == UNASSIGNED or self._has((number, computer)):
            return True
        lot = self._policy.lot_by_number.get(number)
        return lot is not None and (lot.quantity is None or self._used(number) < lot.quantity)

    def give(self, seats: Iterable[tuple[str, str]]) -> None:
        """Take (number, computer) seats; one that the computer has already is not taken twice."""
        new = {seat for seat in seats if not self._has(seat)}
        self._given |= new
        self._returned -= new
        self._more.update(number for number, _computer in new)

    def take_back(self, seats: Iterable[tuple[str, str]]) -> None:
        """Free (number, computer) seats that are taken."""
        old = {seat for seat in seats if self._has(seat)}
        self._given -= old
        self._returned |= old
        self._more.subtract(number for number, _computer in old)

    def describe(self, number: str) -> str:
        """How full a lot is: ``COM-0001 (6 of 6 taken)``."""
        lot = self._policy.lot_by_number.get(number)
        return f"{number} ({self._used(number)} of {lot.quantity if lot is not None else 0} taken)"

    def _has(self, seat: tuple[str, str]) -> bool:
        return seat in self._given or (seat in self._there and seat not in self._returned)

    def _used(self, number: str) -> int:
        return self._taken.get(number, 0) + self._more[number]
