# SPDX-License-Identifier: Apache-2.0
"""Which installed package satisfies which dependency: the edges of a facts document.

Source: deb-control(5) and deb-multiarch rules as dpkg and apt apply them; DESIGN 3.
"""

import re
from typing import Dict, Iterable, List, Sequence, Set, Tuple

from .dpkg import Installed
from .version import VersionError, compare

# name[:qualifier] [(relation version)]; architectures and build profiles are not in an installed package
_ALTERNATIVE = re.compile(r"\s*([^\s:(]+)(?::([^\s(]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\)\s*)?\Z")
_SEPARATOR = re.compile("[,|]")
# The one-letter relations are deprecated and mean "or equal".
_HOLDS = {
    "<<": lambda order: order < 0,
    "<": lambda order: order <= 0,
    "<=": lambda order: order <= 0,
    "=": lambda order: order == 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order >= 0,
    ">>": lambda order: order > 0,
}

Edges = Tuple[List[int], List[int], List[int]]


class Resolver:
    """Answers dependency fields from the rows of one machine; a dependency met twice is worked out once."""

    def __init__(self, rows: Sequence[Installed], native: str) -> None:
        self._rows = rows
        self._native = native
        self._real: Dict[str, List[int]] = {}
        self._provided: Dict[str, List[Tuple[int, str]]] = {}
        self._known: Dict[Tuple[str, str], Tuple[Tuple[int, ...], Tuple[int, ...]]] = {}
        for number, row in enumerate(rows):
            self._real.setdefault(row.name, []).append(number)
            for text in row.provides.split(",") if row.provides else ():
                found = _ALTERNATIVE.match(text)
                if found:
                    version = found.group(4) if found.group(3) == "=" else ""
                    self._provided.setdefault(found.group(1), []).append((number, version))

    def edges(self, number: int) -> Edges:
        """(needs, needs_virtual, wants) of a row: ascending row numbers, never its own.

        ``needs`` satisfy an alternative of Pre-Depends or Depends by their own name, ``needs_virtual`` through
        Provides, ``wants`` one of Recommends either way. An alternative that nothing satisfies gives nothing.
        """
        row = self._rows[number]
        arch = self._effective(row.arch)
        real, virtual = self._satisfying(row.depends, arch)
        wanted, wanted_virtual = self._satisfying((row.recommends,), arch)
        own = {number}
        return sorted(real - own), sorted(virtual - own), sorted((wanted | wanted_virtual) - own)

    def _satisfying(self, fields: Iterable[str], arch: str) -> Tuple[Set[int], Set[int]]:
        real: Set[int] = set()
        virtual: Set[int] = set()
        for field in fields:
            for text in _SEPARATOR.split(field) if field else ():
                known = self._known.get((text, arch))
                if known is None:
                    known = self._known[text, arch] = self._satisfy(text, arch)
                real.update(known[0])
                virtual.update(known[1])
        return real, virtual

    def _satisfy(self, text: str, arch: str) -> Tuple[Tuple[int, ...], Tuple[int, ...]]:
        found = _ALTERNATIVE.match(text)
        if not found:
            return (), ()
        name, qualifier, relation, version = found.groups()
        real = tuple(
            number
            for number in self._real.get(name, ())
            if self._fits(number, arch, qualifier) and _version_fits(self._rows[number].version, relation, version)
        )
        virtual = tuple(
            number
            for number, provided in self._provided.get(name, ())
            if self._fits(number, arch, qualifier) and (not relation or _version_fits(provided, relation, version))
        )
        return real, virtual

    def _fits(self, number: int, arch: str, qualifier: str) -> bool:
        row = self._rows[number]
        own = self._effective(row.arch)
        if not qualifier:
            return own == arch or row.multi_arch == "foreign"
        if qualifier == "any":
            return own == arch or row.multi_arch in ("allowed", "foreign")
        return own == (self._native if qualifier == "native" else qualifier)

    def _effective(self, arch: str) -> str:
        return self._native if arch == "all" else arch


def _version_fits(installed: str, relation: str, wanted: str) -> bool:
    if not relation:
        return True
    try:
        return _HOLDS[relation](compare("dpkg", installed, wanted))
    except VersionError:
        # A version nobody can order satisfies nothing, so it approves nothing.
        return False
