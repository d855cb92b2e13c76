# SPDX-License-Identifier: Apache-2.0
"""Entries that do nothing: dead, shadowed, or with a condition nothing meets. Source: DESIGN 4."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from zhengban.host.version import ranges_overlap
from zhengban.model.policy import Product, Selector

from .census import Census, Reach, Use
from .lint import Lint, make_lint

_NEAR = 0.75
_SHOWN = 3


def lint_entries(census: Census) -> Iterator[Lint]:
    """Yield what is wrong with entries by themselves, and what the stored facts say about them.

    A prohibition or retirement that finds nothing is one that works. Nothing is said about an entry when no computer
    it is for has facts from a manager of its packages.
    """
    for product, reach, uses in zip(census.policy.products, census.reaches, census.uses, strict=True):
        yield from _without_facts(product)
        lines = [
            (selector, use)
            for selector, use in zip(product.packages, uses, strict=True)
            if reach.computers and (selector.manager == "platform" or selector.manager in reach.managers)
        ]
        if product.state in ("required", "allowed"):
            yield from _dead(product, reach, lines, census)
            for selector, use in lines:
                yield from _never_met(product, selector, use)
        for selector, use in lines:
            if use.fits and not use.decides:
                yield _shadowed(product, selector, use, census.policy.products)


def _without_facts(product: Product) -> Iterator[Lint]:
    if not product.packages:
        message = "nothing says what it is on a host, so no computer is ever found to have it"
        yield make_lint("no_packages", product.place, product.label, message, "add packages")
    for selector in product.packages:
        if selector.versions and not ranges_overlap(selector.manager, selector.versions, selector.versions):
            message = f"{_shown(selector)}: no version can lie in {selector.versions!r}"
            yield make_lint("empty_range", product.place, product.label, message, "correct the bounds")


def _dead(product: Product, reach: Reach, lines: list[tuple[Selector, Use]], census: Census) -> Iterator[Lint]:
    dead = [selector for selector, use in lines if not use.named]
    if not dead:
        return
    whole = len(dead) == len(lines)
    names = ", ".join(_shown(selector) for selector in dead)
    near = sorted({name for selector in dead for name in _near_names(selector, census)})
    remedy = f"did you mean {', '.join(map(repr, near))}?" if near else "correct the name, or delete it"
    message = f"none of the computers it is for that have facts ({reach.computers}) has {names}"
    yield make_lint("dead_entry" if whole else "dead_package", product.place, product.label, message, remedy)


def _never_met(product: Product, selector: Selector, use: Use) -> Iterator[Lint]:
    if use.named and not use.fits:
        ranked = sorted(use.misfits.items(), key=lambda item: (-item[1], item[0]))
        what = ranked[0][0][0]
        seen = [f"{value!r} ({count})" for (wrong, value), count in ranked if wrong == what]
        more = f", … {len(seen) - _SHOWN} more" if len(seen) > _SHOWN else ""
        wanted = {"version": selector.versions, "publisher": selector.publisher, "signer": selector.signer}[what]
        message = (
            f"{_shown(selector)}: on none of the computers that have it ({use.named}) is the {what} {wanted!r};"
            f" seen {', '.join(seen[:_SHOWN])}{more}"
        )
        yield make_lint(f"{what}_never_met", product.place, product.label, message, f"correct the {what}")


def _shadowed(product: Product, selector: Selector, use: Use, products: tuple[Product, ...]) -> Lint:
    ranked = sorted(use.beaten_by.items(), key=lambda item: (-item[1], item[0]))
    winners = ", ".join(f"{products[index].label}, {products[index].place}" for index, _count in ranked[:_SHOWN])
    message = f"{_shown(selector)}: wherever it fits (computers: {use.fits}), another entry decides: {winners}"
    remedy = "an exact name beats a pattern; name the package exactly, or delete the line"
    return make_lint("shadowed_entry", product.place, product.label, message, remedy)


def _near_names(selector: Selector, census: Census) -> list[str]:
    if selector.is_glob:
        return []
    # Comparing with every name there is takes long; a slip of the pen hardly ever is in the first character.
    alike = {
        name
        for manager, name in census.names
        if manager == selector.manager and name[:1] == selector.name[:1] and abs(len(name) - len(selector.name)) < 4
    }
    return difflib.get_close_matches(selector.name, sorted(alike), n=1, cutoff=_NEAR)


def _shown(selector: Selector) -> str:
    return f"{selector.manager} {selector.name!r}"
