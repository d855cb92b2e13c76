# SPDX-License-Identifier: Apache-2.0
"""What the lists speak of already, whatever they say about it, so that a new list does not repeat it."""

from __future__ import annotations

from zhengban.host.match import name_matches
from zhengban.host.version import VersionError, in_range
from zhengban.model.facts import PlatformFacts
from zhengban.model.policy import PlatformBase, Policy, Product, Selector


class ListedNames:
    """Look-up of package names in the products and platform bases of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._exact: dict[tuple[str, str], Product] = {}
        self._globs: list[tuple[Selector, Product]] = []
        for product in policy.products:
            for selector in product.packages:
                if selector.is_glob:
                    self._globs.append((selector, product))
                else:
                    self._exact.setdefault(_key(selector.manager, selector.name), product)
        self._found: dict[tuple[str, str], Product | None] = {}

    def product(self, manager: str, name: str) -> Product | None:
        """The product that names a package, an exact name before a glob; its versions and scope do not matter."""
        key = (manager, name)
        if key not in self._found:
            self._found[key] = self._exact.get(_key(manager, name)) or next(
                (
                    product
                    for selector, product in self._globs
                    if selector.manager == manager and name_matches(selector.name, name, manager == "windows")
                ),
                None,
            )
        return self._found[key]

    def bases(self, platform: PlatformFacts) -> tuple[PlatformBase, ...]:
        """The base lists of an operating system; none when no product is it."""
        numbers = {
            number
            for product in self._policy.products
            for selector in product.packages
            if selector.manager == "platform"
            and name_matches(selector.name, platform.id)
            and _holds(selector.versions, platform.version)
            for number in product.numbers
        }
        return tuple(base for base in self._policy.platforms if base.number in numbers)


def in_bases(bases: tuple[PlatformBase, ...], manager: str, name: str) -> bool:
    """Whether one of these base lists has a package, by name or by pattern."""
    return any(
        base.manager == manager and (name in base.names or any(name_matches(pattern, name) for pattern in base.globs))
        for base in bases
    )


def _holds(versions: str, version: str) -> bool:
    try:
        return in_range("platform", version, versions)
    except VersionError:
        return False


def _key(manager: str, name: str) -> tuple[str, str]:
    return (manager, name.lower() if manager == "windows" else name)
