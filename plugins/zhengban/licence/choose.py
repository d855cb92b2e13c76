# SPDX-License-Identifier: Apache-2.0
"""The software number of one install. Source: DESIGN 7, DOMAIN N1-N7, S5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from zhengban.model.policy import Lot, Product
from zhengban.policy.compile import CompiledPolicy


def choose_number(
    compiled: CompiledPolicy,
    product: Product,
    *,
    on_record: str,
    seats_taken: Mapping[str, int],
    today: dt.date,
) -> str | None:
    """The number an install of ``product`` on one computer is recorded under.

    Args:
        compiled: the policy as it applies to the computer; it knows which lots are for it.
        product: what is installed.
        on_record: the number the books hold for this product on this computer, or an empty text.
        seats_taken: installs on record by number, this computer's own included.
        today: the as-of date, for licence terms.

    Returns:
        The product's one number for OEM and free software. For commercial software the best lot of the same product
        name that may be used for this version, is for this computer, within its term and has a seat: site licences
        first (S5), then the lot on record, then the one that ends first. None when no lot will do.
    """
    if product.type != "commercial":
        return product.number
    lots = [
        lot
        for other in compiled.policy.products
        if other.type == "commercial" and other.name == product.name
        for lot in other.lots
        if product.version in (lot.usable_versions or (other.version,))
        and lot.number in compiled.lot_numbers
        and (lot.term is None or lot.term.start <= today <= lot.term.until)
        and (lot.quantity is None or lot.number == on_record or seats_taken.get(lot.number, 0) < lot.quantity)
    ]

    def preference(lot: Lot) -> tuple[bool, bool, dt.date, str]:
        ends = lot.term.until if lot.term else dt.date.max
        return (lot.licence_type != "site", lot.number != on_record, ends, lot.number)

    return min(lots, key=preference).number if lots else None
