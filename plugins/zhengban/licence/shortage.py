# SPDX-License-Identifier: Apache-2.0
"""How many of the licences that departments need the lots have free. Pure. Source: DOMAIN C3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from zhengban.model.policy import Lot, Policy

from .choose import why_invalid


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a product, for a department (its id)."""

    name: str
    version: str
    department: str
    quantity: int


def cover_needs(
    policy: Policy, wanted: Iterable[Wanted], *, free: Mapping[str, int | None], today: dt.date
) -> tuple[int, ...]:
    """How many of each are covered by free seats; a seat covers one.

    A lot covers a product whose version it may be used for, on a day of its term. One that is for certain departments
    comes first for these; one that is for certain computers or kinds is left out: nobody knows yet for which it is.

    Args:
        free: seats of each lot that nobody takes, None without end.

    Returns:
        For each of ``wanted``, in order, a number up to its quantity.
    """
    left: dict[str, int | None] = dict(free)
    covered = []
    for item in wanted:
        count = 0
        for lot in _lots(policy, item, today):
            there = left.get(lot.number, 0)
            taken = item.quantity - count if there is None else min(there, item.quantity - count)
            count += taken
            if there is not None:
                left[lot.number] = there - taken
        covered.append(count)
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
