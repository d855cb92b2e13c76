# SPDX-License-Identifier: Apache-2.0
"""The software numbers one install may have. Source: DESIGN 7, DOMAIN N1-N7, S5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from zhengban.model.policy import Lot, Policy, Product
from zhengban.policy.compile import CompiledPolicy


def lots_of(policy: Policy, product: Product, *, today: dt.date) -> Iterator[Lot]:
    """The lots of any product of the same name that may be used for this version and are valid on this day."""
    for other in policy.products:
        if other.type == "commercial" and other.name == product.name:
            for lot in other.lots:
                if carries(other, lot, product) and not why_invalid(lot, today):
                    yield lot


def carries(owner: Product, lot: Lot, product: Product) -> bool:
    """Whether a lot, listed under its owner, may be used for a product: for its version of the same software."""
    return product.name == owner.name and product.version in (lot.usable_versions or (owner.version,))


def why_invalid(lot: Lot, today: dt.date) -> str:
    """Why a lot covers nothing on a day, empty when it may."""
    if lot.disposed is not None:
        return f"{lot.number} was disposed of on {lot.disposed.on}"
    if lot.term is not None and today > lot.term.until:
        return f"{lot.number} ended on {lot.term.until}"
    if lot.term is not None and today < lot.term.start:
        return f"{lot.number} begins on {lot.term.start}"
    return ""


def rank_lot(lot: Lot, *, on_record: str) -> tuple[bool, bool, dt.date, str]:
    """What a lot is preferred by: site licence (S5), then on record, then the first to end, then its number."""
    ends = lot.term.until if lot.term else dt.date.max
    return (lot.licence_type != "site", lot.number != on_record, ends, lot.number)


def candidate_lots(compiled: CompiledPolicy, product: Product, *, on_record: str, today: dt.date) -> tuple[str, ...]:
    """The numbers an install of commercial software on one computer may be recorded under, the preferred first.

    Whether a seat is free is not asked here: arming hands seats out over a whole run.

    Args:
        compiled: the policy as it applies to the computer; it knows which lots are for it.
        product: what is installed, or is to be.
        on_record: the number the books hold for it on this computer, or an empty text.
        today: the as-of date, for licence terms.

    Returns:
        None where no lot will do, and for OEM and free software, which has one number and no seats.
    """
    if product.type != "commercial":
        return ()
    lots = (lot for lot in lots_of(compiled.policy, product, today=today) if lot.number in compiled.lot_numbers)
    return tuple(lot.number for lot in sorted(lots, key=lambda lot: rank_lot(lot, on_record=on_record)))
