# SPDX-License-Identifier: Apache-2.0
"""What a policy says about a package by its name alone, which is the same for every computer of an operating system.

Computers hold mostly the same packages, and most packages are listed nowhere: judging a fleet is mostly this look-up.
"""

from __future__ import annotations

import msgspec

from zhengban.host import match
from zhengban.model.policy import PlatformBase, Policy, Selector

# The names of a whole fleet fit; a hostile host cannot make the controller keep more than this.
NAMES_KEPT = 1 << 16


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What is written about packages of one name.

    ``exact`` and ``loose`` are places of selectors, counted through the products of the policy: those that have the
    name, and those whose glob fits it; ``is_listed`` when there are any. ``bases`` are those that hold the name.
    """

    is_listed: bool
    exact: tuple[int, ...]
    loose: tuple[int, ...]
    bases: tuple[PlatformBase, ...]


class NameIndex(dict[tuple[str, str], Named]):
    """``index[manager, name]`` is what is written about it, found when first asked for.

    Equal answers are one object, so that what follows from one can be remembered by its identity.
    """

    def __init__(self, names: PolicyNames, bases: tuple[PlatformBase, ...]) -> None:
        super().__init__()
        self._names = names
        self._bases = bases
        self._equal: dict[tuple[tuple[int, ...], ...], Named] = {}

    def __missing__(self, key: tuple[str, str]) -> Named:
        if len(self) >= NAMES_KEPT:
            self.clear()
        manager, name = key
        exact, loose = self._names.selectors(manager, name)
        places = tuple(place for place, base in enumerate(self._bases) if _holds(base, manager, name))
        named = self._equal.get((exact, loose, places))
        if named is None:
            bases = tuple(self._bases[place] for place in places)
            named = Named(is_listed=bool(exact or loose), exact=exact, loose=loose, bases=bases)
            self._equal[exact, loose, places] = named
        self[key] = named
        return named


class PolicyNames:
    """The indexes of one policy, one for each operating system that it knows."""

    def __init__(self, policy: Policy) -> None:
        self._bases = policy.platforms
        self._exact: dict[tuple[str, str], tuple[int, ...]] = {}
        self._globs: dict[str, list[tuple[int, str]]] = {}
        self._indexes: dict[tuple[str, ...], NameIndex] = {}
        selectors = (selector for product in policy.products for selector in product.packages)
        for place, selector in enumerate(selectors):
            self._add(place, selector)

    def _add(self, place: int, selector: Selector) -> None:
        if selector.is_glob:
            self._globs.setdefault(selector.manager, []).append((place, selector.name))
        else:
            key = _exact_key(selector.manager, selector.name)
            self._exact[key] = (*self._exact.get(key, ()), place)

    def on_system(self, numbers: tuple[str, ...]) -> NameIndex:
        """The index with the bases of an operating system, given its software numbers; () knows no base."""
        index = self._indexes.get(numbers)
        if index is None:
            bases = tuple(base for base in self._bases if base.number in numbers)
            index = self._indexes[numbers] = NameIndex(self, bases)
        return index

    def selectors(self, manager: str, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(exact, loose) as in :class:`Named`."""
        loose = (
            place
            for place, pattern in self._globs.get(manager, ())
            if match.name_matches(pattern, name, manager == "windows")
        )
        return self._exact.get(_exact_key(manager, name), ()), tuple(loose)


def _holds(base: PlatformBase, manager: str, name: str) -> bool:
    return base.manager == manager and (
        name in base.names or any(match.name_matches(pattern, name, manager == "windows") for pattern in base.globs)
    )


def _exact_key(manager: str, name: str) -> tuple[str, str]:
    """Where an exact name is looked up; Windows names compare without case, as ``match.name_matches`` does."""
    return (manager, name.lower() if manager == "windows" else name)
