# SPDX-License-Identifier: Apache-2.0
"""The year's statistics (form 5): what was bought, and which licences are there. Source: DOMAIN D4, D8, S2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

import msgspec

from zhengban.model.policy import Lot, Policy, Product
from zhengban.model.register import Register

MadeIn = Literal["domestic", "foreign", "both"]
GROUPS: tuple[MadeIn, ...] = ("domestic", "foreign", "both")
CATEGORIES = ("os", "office", "antivirus")
"""The three mandatory categories (S2), which alone the form counts."""


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Licences, and what was paid for them in yuan."""

    quantity: int = 0
    amount: Decimal = Decimal(0)


class StatisticsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Software made in one place, or both, by category; ``total`` is the three together."""

    made_in: MadeIn
    by_category: dict[str, Sum]
    total: Sum


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Form 5 of one day: ``bought`` this year, ``owned`` on that day, each domestic, foreign and both.

    ``notes`` are what the sums leave out or cannot tell, one sentence each.
    """

    bought: tuple[StatisticsRow, ...]
    owned: tuple[StatisticsRow, ...]
    notes: tuple[str, ...]


class _Count(msgspec.Struct, frozen=True, kw_only=True):
    product: Product
    sum: Sum


def derive_statistics(policy: Policy, register: Register, *, as_of: dt.date) -> Statistics:
    """Work out the licence part of form 5.

    Bought is what has a day of purchase in the year of ``as_of``, up to it. Owned are lots that are not disposed of and
    whose term is not over, and a preinstalled operating system for each computer that is not scrapped.
    """
    counted = [product for product in policy.products if product.category in CATEGORIES]
    lots = [(product, lot) for product in counted for lot in product.lots]
    bought = [
        _Count(product=product, sum=_sum(lot))
        for product, lot in lots
        if lot.purchased_on is not None and lot.purchased_on.year == as_of.year and lot.purchased_on <= as_of
    ]
    owned = [_Count(product=product, sum=_sum(lot)) for product, lot in lots if _is_owned(lot, as_of)]
    owned += _preinstalled(counted, register)
    return Statistics(
        bought=tuple(_rows(bought)),
        owned=tuple(_rows(owned)),
        notes=tuple(dict.fromkeys(_notes(lots, counted))),
    )


def _sum(lot: Lot) -> Sum:
    return Sum(quantity=lot.quantity or 0, amount=lot.amount or Decimal(0))


def _is_owned(lot: Lot, as_of: dt.date) -> bool:
    is_over = lot.term is not None and lot.term.until < as_of
    return not is_over and (lot.disposed is None or lot.disposed.on > as_of)


def _preinstalled(products: Iterable[Product], register: Register) -> Iterator[_Count]:
    there = [number for computer in register.computers if computer.status != "scrapped" for number in computer.oem]
    for product in products:
        if product.type == "oem" and product.category == "os":
            yield _Count(product=product, sum=Sum(quantity=there.count(product.number)))


def _rows(counts: Iterable[_Count]) -> Iterator[StatisticsRow]:
    counts = tuple(counts)
    for group in GROUPS:
        mine = [item for item in counts if group in ("both", item.product.made_in)]
        yield StatisticsRow(
            made_in=group,
            by_category={
                category: _add(item.sum for item in mine if item.product.category == category)
                for category in CATEGORIES
            },
            total=_add(item.sum for item in mine),
        )


def _add(sums: Iterable[Sum]) -> Sum:
    sums = tuple(sums)
    return Sum(quantity=sum(item.quantity for item in sums), amount=sum((item.amount for item in sums), Decimal(0)))


def _notes(lots: Iterable[tuple[Product, Lot]], products: Iterable[Product]) -> Iterator[str]:
    for product in products:
        if product.made_in is None and product.type != "free":
            yield f"{product.label}: made_in is not stated, so it counts only in the sum of both (form 5)"
    for product, lot in lots:
        if lot.quantity is None:
            yield f"{lot.number} {product.label}: unlimited licences cannot be added up, they count as none (form 5)"
