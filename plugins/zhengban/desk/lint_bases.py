# SPDX-License-Identifier: Apache-2.0
"""Entries that meet what belongs to an operating system or must not leave a host. Source: DESIGN 2, 4, 5."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zhengban.host.match import name_matches
from zhengban.model.policy import EVERYONE, PlatformBase, Product, Selector

from .census import Census
from .lint import Lint, make_lint
from .listed import in_bases
from .sightings import Key

_SHOWN = 5


def lint_bases(census: Census) -> Iterator[Lint]:
    """Yield patterns and names of products that meet base lists and protected packages, and dead names of the lists.

    A name that a product lists exactly is that product's business, also where a pattern of another one meets it.
    """
    policy = census.policy
    exact: set[tuple[str, str]] = {
        (selector.manager, selector.name)
        for product in policy.products
        for selector in product.packages
        if not selector.is_glob
    }
    for product in policy.products:
        others = tuple(base for base in policy.platforms if base.number not in product.numbers)
        for selector in product.packages:
            if selector.is_glob:
                yield from _glob(product, selector, others, exact, census.protected)
            else:
                yield from _name(product, selector, others, census.protected)
    seen = set(census.names)
    for base in policy.platforms:
        yield from _dead_names(base, seen, census)


def _glob(
    product: Product,
    selector: Selector,
    bases: tuple[PlatformBase, ...],
    exact: set[tuple[str, str]],
    protected: frozenset[Key],
) -> Iterator[Lint]:
    for base in bases:
        if base.manager == selector.manager:
            met = [name for name in (*base.names, *base.globs) if (base.manager, name) not in exact]
            found = _matching(selector, met)
            if found:
                message = f"{selector.manager} {selector.name!r} matches {_some(found)} of the base of {base.number}"
                remedy = "name the packages exactly, or narrow the pattern"
                yield make_lint("glob_matches_base", product.place, product.label, message, remedy)
    found = _matching(selector, (name for manager, name in protected - exact if manager == selector.manager))
    if found:
        message = (
            f"{selector.manager} {selector.name!r} matches {_some(found)}, protected: no run takes them from a host"
        )
        remedy = "name the packages exactly, or narrow the pattern"
        yield make_lint("glob_matches_protected", product.place, product.label, message, remedy)


def _name(
    product: Product, selector: Selector, bases: tuple[PlatformBase, ...], protected: frozenset[Key]
) -> Iterator[Lint]:
    shown = f"{selector.manager} {selector.name!r}"
    is_prohibited = product.state in ("forbidden", "retired")
    if is_prohibited and (selector.manager, selector.name) in protected:
        message = f"{shown} is {product.state}, and protected: no run takes it from a host"
        yield make_lint("protected_stays", product.place, product.label, message, "correct the name, or allow it")
    found = [base for base in bases if in_bases((base,), selector.manager, selector.name)]
    if not found:
        return
    numbers = ", ".join(base.number for base in found)
    if is_prohibited:
        message = f"{shown} is {product.state}, and in the base of {numbers}: the prohibition counts"
        remedy = "take it out of the base, or delete the entry"
        yield make_lint("prohibited_in_base", product.place, product.label, message, remedy)
    elif product.scope != EVERYONE:
        message = f"{shown} is in the base of {numbers}, which approves it outside the entry's scope too"
        remedy = "take it out of the base, or delete the scope"
        yield make_lint("base_overrides_scope", product.place, product.label, message, remedy)
    else:
        message = f"{shown} is in the base of {numbers} too, so deleting the entry would not end its approval"
        yield make_lint("listed_in_base", product.place, product.label, message, "take it out of the base")


def _dead_names(base: PlatformBase, seen: set[tuple[str, str]], census: Census) -> Iterator[Lint]:
    if not _is_in_use(base, census):
        return
    names = {name for manager, name in seen if manager == base.manager}
    dead = sorted(base.names - names)
    dead += [pattern for pattern in base.globs if not any(name_matches(pattern, name) for name in names)]
    if dead:
        message = f"{_some(dead)} of its base {'is' if len(dead) == 1 else 'are'} on no computer with facts"
        yield make_lint("dead_base_name", base.place, base.number, message, "delete what is not needed")


def _is_in_use(base: PlatformBase, census: Census) -> bool:
    return base.manager in census.managers and any(
        use.fits
        for product, uses in zip(census.policy.products, census.uses, strict=True)
        if base.number in product.numbers
        for use in uses
    )


def _matching(selector: Selector, names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name_matches(selector.name, name, selector.manager == "windows")})


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
