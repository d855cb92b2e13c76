# SPDX-License-Identifier: Apache-2.0
"""What is installed on a computer that the books are about. Pure. Source: DESIGN 6, 8, DOMAIN S1, L3, N1-N7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import msgspec

from zhengban.judge.approve import Ruling, rule_packages
from zhengban.judge.private import day_of
from zhengban.model.facts import Facts
from zhengban.model.policy import Product
from zhengban.policy.compile import CompiledPolicy, Match


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """A package that is neither only of the system's base nor only there because something approved needs it.

    ``product`` is None for what is not listed. ``quantity`` is 0 for the further packages of a product: its first one
    stands for the install. ``came`` is the day its manager unpacked it last, None when unknown; ``is_approved``: by its
    own entry.
    """

    package: str
    version: str
    product: Product | None
    quantity: int
    came: dt.date | None
    is_approved: bool


def present_software(compiled: CompiledPolicy, facts: Facts) -> tuple[Present, ...]:
    """What the books of a computer should have, the operating system included, sorted by package."""
    rulings = rule_packages(compiled, facts)
    found = [*_platform(compiled, facts), *_packages(compiled, facts, rulings)]
    return tuple(sorted(found, key=lambda item: (item.package, item.version)))


def _platform(compiled: CompiledPolicy, facts: Facts) -> Iterator[Present]:
    platform = facts.platform
    if platform.id:
        found = compiled.match("platform", platform.id, platform.version, None)
        yield Present(
            package=f"platform:{platform.id}:",
            version=platform.version,
            product=_product(found),
            quantity=1,
            came=None,
            is_approved=found is not None and not found.misfit and found.rule.in_scope,
        )


def _packages(compiled: CompiledPolicy, facts: Facts, rulings: tuple[Ruling, ...]) -> Iterator[Present]:
    # Of several versions of one package (rpm kernels) the last row counts, as everywhere.
    rows = facts.rows_by_ref.values()
    own = {row: rulings[row] for row in rows if rulings[row].verdict not in ("base", "dependency")}
    first = _first_rows(own)
    for row, ruling in own.items():
        package = facts.packages[row]
        product = _product(ruling.match)
        yield Present(
            package=package.ref,
            version=package.version,
            product=product,
            quantity=1 if product is None or first[id(product)] == row else 0,
            came=day_of(compiled, package.installed_at),
            is_approved=ruling.verdict == "product",
        )


def _first_rows(rulings: Mapping[int, Ruling]) -> dict[int, int]:
    """The row that stands for a product, by its ``id()``: of the first of its packages that is there."""
    best: dict[int, tuple[int, int]] = {}
    for row, ruling in rulings.items():
        product = _product(ruling.match)
        if product is not None and ruling.match is not None:
            place = next(at for at, item in enumerate(product.packages) if item is ruling.match.rule.selector)
            best[id(product)] = min(best.get(id(product), (place, row)), (place, row))
    return {product: row for product, (_place, row) in best.items()}


def _product(found: Match | None) -> Product | None:
    """A look-alike with a wrong publisher is not the product."""
    return found.rule.product if found is not None and found.misfit in ("", "version") else None
