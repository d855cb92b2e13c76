# SPDX-License-Identifier: Apache-2.0
"""How each lot is used. Source: DESIGN 7, DOMAIN S3, C3, C9, D9."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from zhengban.model.policy import Policy, Term
from zhengban.model.record import History

from .choose import why_invalid


class LotStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One lot on one day.

    ``quantity`` and ``free`` None: no end of seats; ``term`` None: perpetual. ``used`` counts computers on record,
    ``reserved`` those an armed run or an open change will add; ``free`` is never less than 0. ``invalid`` says why it
    covers nothing today, empty when it may: then ``used`` are installs without a licence. ``is_unused``: it may be used
    and nobody does (未真装真用).
    """

    number: str
    product: str
    quantity: int | None
    used: int
    reserved: int
    free: int | None
    term: Term | None
    invalid: str
    is_unused: bool


def lot_statuses(policy: Policy, history: History, *, today: dt.date) -> Iterator[LotStatus]:
    """Every lot, in the order of the policy."""
    for product in policy.products:
        for lot in product.lots:
            used = len(history.holders.get(lot.number, ()))
            taken = history.seats_taken.get(lot.number, 0)
            invalid = why_invalid(lot, today)
            free = None if lot.quantity is None else max(0, lot.quantity - taken)
            yield LotStatus(
                number=lot.number,
                product=product.label,
                quantity=lot.quantity,
                used=used,
                reserved=taken - used,
                free=0 if invalid else free,
                term=lot.term,
                invalid=invalid,
                is_unused=not invalid and lot.quantity != 0 and not taken,
            )
