# SPDX-License-Identifier: Apache-2.0
"""How many of the licences that departments need the lots have free, and which of these are promised to others. Pure.

Source: DOMAIN C3.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from zhengban.model.policy import Lot, Policy
from zhengban.model.record import History
from zhengban.model.register import Register

from .choose import why_invalid


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a product, for a department (its id)."""

    name: str
    version: str
    department: str
    quantity: int


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """So many free seats of a lot that covered needs of these departments (ids) on a day."""

    number: str
    departments: frozenset[str]
    quantity: int
    on: dt.date


def promised_seats(promises: Iterable[Promise], register: Register, history: History) -> dict[str, int]:
    """The seats of each lot that are promised and not taken yet.

    A promise is kept by whoever of its departments installs from that lot, from that day on.
    """
    promised: Counter[str] = Counter()
    since: dict[str, dt.date] = {}
    departments: dict[str, frozenset[str]] = {}
    for item in promises:
        promised[item.number] += item.quantity
        since[item.number] = min(item.on, since.get(item.number, item.on))
        departments[item.number] = item.departments | departments.get(item.number, frozenset())
    kept = {
        (holding.number, number)
        for (number, _package), holding in history.holdings.items()
        if holding.number in promised
        and holding.quantity
        and holding.date is not None
        and holding.date >= since[holding.number]
        and _department(register, number) in departments[holding.number]
    }
    promised.subtract(number for number, _computer in kept)
    return {number: count for number, count in promised.items() if count > 0}


def _department(register: Register, number: str) -> str:
    computer = register.computer_by_number.get(number)
    department = register.department_of(computer) if computer is not None else None
    return department.id if department is not None else ""


def cover_needs(
    policy: Policy, wanted: Iterable[Wanted], *, free: Mapping[str, int | None], today: dt.date
) -> tuple[dict[str, int], ...]:
    """The free seats that cover each, by lot; a seat covers one.

    A lot covers a product whose version it may be used for, on a day of its term. One that is for certain departments
    comes first for these; one that is for certain computers or kinds is left out: nobody knows yet for which it is.

    Args:
        free: seats of each lot that nobody takes, None without end.

    Returns:
        For each of ``wanted``, in order, lots with so many seats of each, up to its quantity in all.
    """
    left: dict[str, int | None] = dict(free)
    covered = []
    for item in wanted:
        taken: dict[str, int] = {}
        for lot in _lots(policy, item, today):
            there, lacking = left.get(lot.number, 0), item.quantity - sum(taken.values())
            count = lacking if there is None else min(there, lacking)
            if count:
                taken[lot.number] = count
            if there is not None:
                left[lot.number] = there - count
        covered.append(taken)
    return tuple(covered)


def _lots(policy: Policy, item: Wanted, today: dt.date) -> Iterator[Lot]:
    found = []
    for product in policy.products:
        if (product.type, product.name) != ("commercial", item.name) or product.state not in ("allowed", "required"):
            continue
        for lot in product.lots:
            scopes = (product.scope, lot.scope)
            is_for = all(item.department in scope.departments for scope in scopes if scope.departments)
            is_open = not (lot.scope.kinds or lot.scope.computers)
            if (
                is_for
                and is_open
                and item.version in (lot.usable_versions or (product.version,))
                and not why_invalid(lot, today)
            ):
                found.append((not any(scope.departments for scope in scopes), lot.number, lot))
    return (lot for _is_for_all, _number, lot in sorted(found, key=lambda row: row[:2]))
