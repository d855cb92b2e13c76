# SPDX-License-Identifier: Apache-2.0
"""A starter policy from what computers have today, so that its owner deletes rather than types. Source: DESIGN 8."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from zhengban.documents.schemas import accepts_text, read_schema
from zhengban.model.facts import Facts, PlatformFacts
from zhengban.model.policy import PlatformBase, Policy

from .listed import ListedNames, in_bases
from .sightings import Key, Sighting, Sightings, key_of
from .source import Source

_MANAGERS = ("dpkg", "rpm", "snap", "flatpak", "windows")


class DraftPackage(msgspec.Struct, frozen=True, kw_only=True):
    """One manager's package of an entry; ``versions`` as text, ``publisher`` when all of them say the same one."""

    manager: str
    computers: int
    versions: str
    publisher: str = ""


class DraftEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the draft: a package name, of one or more managers, that is not listed yet.

    ``recommended_by`` are names of packages that want it without needing it, sorted.
    """

    name: str
    recommended_by: tuple[str, ...]
    packages: tuple[DraftPackage, ...]

    @property
    def computers(self) -> int:
        """The computers of the commonest of its packages, for the order of the entries."""
        return max(package.computers for package in self.packages)


class DraftPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft lists; entries with the commonest first.

    ``systems`` are (platform, computers) that no list names; ``chosen`` what people installed by name; ``left`` what
    came automatically and nothing listed needs; ``unusable`` names that no entry can hold; ``without_base`` counts the
    computers whose operating system has no base list: its own packages are among the entries.
    """

    computers: int
    without_base: int
    systems: tuple[tuple[PlatformFacts, int], ...]
    chosen: tuple[DraftEntry, ...]
    left: tuple[DraftEntry, ...]
    unusable: tuple[str, ...]


def draft_policy(policy: Policy, sources: Iterable[Source]) -> DraftPolicy:
    """Gather what no list names and no base holds, one document in memory at a time.

    With the entries added, none of these computers has an unlisted package, but for unusable names and what comes
    only with listed software that is not approved there.

    Raises:
        FactsError: a document is none.
    """
    gathering = _Gathering(policy)
    for source in sources:
        gathering.add(source.read())
    return gathering.result()


class _Gathering:
    def __init__(self, policy: Policy) -> None:
        self._listed = ListedNames(policy)
        self._computers = 0
        self._without_base = 0
        self._systems: dict[tuple[str, str], tuple[PlatformFacts, int]] = {}
        self._chosen: set[Key] = set()
        self._left: set[Key] = set()
        self._sightings = Sightings()
        self._unlisted: dict[tuple[str, ...], dict[Key, bool]] = {}
        self._wanted_by: dict[Key, set[str]] = {}

    def add(self, facts: Facts) -> None:
        self._computers += 1
        platform = facts.platform
        if self._listed.product("platform", platform.id) is None:
            key = (platform.id, platform.version)
            self._systems[key] = (platform, self._systems.get(key, (platform, 0))[1] + 1)
        bases = self._listed.bases(platform)
        self._without_base += not bases
        keys = [key_of(package) for package in facts.packages]
        unlisted = self._unlisted_keys(bases, keys)
        chosen = {key for key, package in zip(keys, facts.packages, strict=True) if package.manual and key in unlisted}
        self._sightings.see(package for key, package in zip(keys, facts.packages, strict=True) if key in unlisted)
        left = _left(facts, keys, {row for row, key in enumerate(keys) if key in chosen or key not in unlisted})
        self._chosen |= chosen
        self._left |= left
        for package in facts.packages:
            for row in package.wants:
                if keys[row] in left:
                    self._wanted_by.setdefault(keys[row], set()).add(package.name)

    def _unlisted_keys(self, bases: tuple[PlatformBase, ...], keys: list[Key]) -> set[Key]:
        """Those that no product names and no base holds; what was found out once is remembered for each system."""
        known = self._unlisted.setdefault(tuple(base.number for base in bases), {})
        for key in set(keys) - known.keys():
            known[key] = self._listed.product(*key) is None and not in_bases(bases, *key)
        return {key for key in keys if known[key]}

    def result(self) -> DraftPolicy:
        listed = self._chosen | self._left
        found = {key: seen for key, seen in self._sightings.all().items() if key in listed}
        unusable = {key for key, seen in found.items() if key[0] not in _MANAGERS or not is_usable(seen.name)}
        chosen = {found[key].name for key in self._chosen - unusable}
        usable = {key: found[key] for key in found.keys() - unusable}
        systems = sorted(self._systems.values(), key=lambda item: (-item[1], item[0].id, item[0].version))
        entries = self._entries(usable)
        return DraftPolicy(
            computers=self._computers,
            without_base=self._without_base,
            systems=tuple(systems),
            chosen=tuple(entry for entry in entries if entry.name in chosen),
            left=tuple(entry for entry in entries if entry.name not in chosen),
            unusable=tuple(sorted({found[key].name for key in unusable})),
        )

    def _entries(self, seen: dict[Key, Sighting]) -> list[DraftEntry]:
        by_name: dict[str, list[DraftPackage]] = {}
        wanted_by: dict[str, set[str]] = {}
        for (manager, name), sighting in sorted(seen.items(), key=lambda item: _MANAGERS.index(item[0][0])):
            by_name.setdefault(sighting.name, []).append(_package(manager, sighting))
            wanted_by.setdefault(sighting.name, set()).update(self._wanted_by.get((manager, name), ()))
        entries = (
            DraftEntry(name=name, recommended_by=tuple(sorted(wanted_by[name])), packages=tuple(packages))
            for name, packages in by_name.items()
        )
        return sorted(entries, key=lambda entry: (-entry.computers, entry.name))


def is_usable(name: str) -> bool:
    """Whether an entry can hold a name as itself: one line, and nothing in it that would make it a pattern."""
    schema = read_schema("software")["properties"]["software"]["items"]["properties"]["name"]
    return "*" not in name and "?" not in name and accepts_text(schema, name)


def _package(manager: str, seen: Sighting) -> DraftPackage:
    publishers = {publisher for publisher in seen.publishers if publisher}
    is_one = manager == "windows" and len(seen.publishers) == len(publishers) == 1
    return DraftPackage(
        manager=manager,
        computers=seen.computers,
        versions=seen.describe_versions(),
        publisher=publishers.pop() if is_one else "",
    )


def _left(facts: Facts, keys: list[Key], roots: set[int]) -> set[Key]:
    """What none of the roots needs, without what something else of it needs: those come along with it."""
    covered: set[int] = set()
    _cover(facts, roots, covered)
    rest: dict[int, Key] = {row: key for row, key in enumerate(keys) if row not in covered}
    rows: dict[Key, list[int]] = {}
    for row, key in rest.items():
        rows.setdefault(key, []).append(row)
    needed = {other for row in rest for other in facts.packages[row].needs if other != row}
    left = set()
    # Those nothing needs come first; what is then still not covered needs itself in a circle.
    for row in sorted(rest, key=lambda row: (row in needed, row)):
        if row not in covered:
            left.add(rest[row])
            _cover(facts, rows[rest[row]], covered)
    return left


def _cover(facts: Facts, rows: Iterable[int], covered: set[int]) -> None:
    """Add rows and all they need to ``covered``; what is in it has been followed already."""
    waiting = [row for row in rows if row not in covered]
    covered.update(waiting)
    while waiting:
        for needed in facts.packages[waiting.pop()].needs:
            if needed not in covered:
                covered.add(needed)
                waiting.append(needed)
