# SPDX-License-Identifier: Apache-2.0
"""On how many computers packages were seen, and in which versions: the evidence behind the lines of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from zhengban.model.facts import Package

Key = tuple[str, str]
"""(manager, name) of a package; Windows names in lower case, because they compare without case."""

_SHOWN = 3


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one package name.

    ``name`` is how it is spelt, of several spellings the first in code point order; ``versions`` are (version,
    computers), the commonest first, ties in code point order; ``publishers`` those there are, None without one.
    """

    name: str
    computers: int
    versions: tuple[tuple[str, int], ...]
    publishers: frozenset[str | None]

    def describe_versions(self) -> str:
        """The commonest versions, with the computers of each unless it is all: ``5.2 (2), 5.1 (1), … 4 more``."""
        shown = [
            version if count == self.computers else f"{version} ({count})" for version, count in self.versions[:_SHOWN]
        ]
        rest = len(self.versions) - _SHOWN
        return ", ".join([*shown, f"… {rest} more"] if rest > 0 else shown)


class Sightings:
    """Counts over computers, added one by one; they grow with the versions there are, not with the computers."""

    def __init__(self) -> None:
        self._computers: Counter[Key] = Counter()
        self._versions: Counter[tuple[str, str, str]] = Counter()
        self._spellings: set[tuple[str, str, str, str | None]] = set()

    def see(self, packages: Iterable[Package]) -> None:
        """Count one more computer with its packages."""
        found = {
            (manager, name.lower() if manager == "windows" else name, package.version, name, package.publisher)
            for package in packages
            for manager, name in ((package.manager, package.name),)
        }
        self._computers.update({row[:2] for row in found})
        self._versions.update({row[:3] for row in found})
        self._spellings.update((row[0], row[1], row[3], row[4]) for row in found)

    def all(self) -> dict[Key, Sighting]:
        """Everything seen, sorted by key."""
        versions: dict[Key, list[tuple[str, int]]] = {}
        for (manager, name, version), count in self._versions.items():
            versions.setdefault((manager, name), []).append((version, count))
        names: dict[Key, set[str]] = {}
        publishers: dict[Key, set[str | None]] = {}
        for manager, key, name, publisher in self._spellings:
            names.setdefault((manager, key), set()).add(name)
            publishers.setdefault((manager, key), set()).add(publisher)
        return {
            key: Sighting(
                name=min(names[key]),
                computers=self._computers[key],
                versions=tuple(sorted(versions[key], key=lambda item: (-item[1], item[0]))),
                publishers=frozenset(publishers[key]),
            )
            for key in sorted(self._computers)
        }


def key_of(package: Package) -> Key:
    """The key of a package's name."""
    return (package.manager, package.name.lower() if package.manager == "windows" else package.name)
