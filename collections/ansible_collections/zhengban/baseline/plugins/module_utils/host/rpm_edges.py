# SPDX-License-Identifier: Apache-2.0
"""Which installed package satisfies which requirement of an rpm: the edges of a facts document.

rpm's requirements name packages, and far more often capabilities: sonames, files, ``pkgconfig(x)``. What approves what
is decided over the edges (DESIGN 4): a need approves what it leads to, a virtual need does not, because anybody can
build a package that provides something. So:

* by the package's own name, bare or with its architecture (``libfoo(x86-64)``), it is a need, as with dpkg;
* anything else that packages of exactly one name satisfy is a need too: the approved package cannot be there without
  it, and to get approved that way a package would have to replace the one that is there;
* of packages of several names, those of one name that carry the signature the requiring package carries are the need:
  who signed the one has shipped the other with it. So a second provider neither gets approved nor costs the first one
  its approval;
* the rest are virtual needs.

What a package provides for itself leads nowhere. Source: rpm's dependency manual; DESIGN 3, 4.
"""

import re
from typing import Callable, Dict, List, Sequence, Set, Tuple

from .rpm import Capability, Installed, Relations
from .version import VersionError, compare

_LESS, _GREATER, _EQUAL = 2, 4, 8
_SENSE = _LESS | _GREATER | _EQUAL
_ISA = re.compile(r"\((?:x86|aarch|arm|ppc|s390|mips|riscv|loongarch|sw)[a-z0-9]*-(?:32|64)\)\Z")
# (a or b), (a with b >= 1 if c): everything before a condition is asked for.
_CONDITION = re.compile(r"\s(?:if|unless)\s")
_WORD = re.compile(r"[^\s()]+(?:\([^\s()]*\))*")
_OPERATORS = {"<": _LESS, "<=": _LESS | _EQUAL, "=": _EQUAL, ">=": _GREATER | _EQUAL, ">": _GREATER}
_CONNECTIVES = ("and", "or", "with", "without", "else")

Edges = Tuple[List[int], List[int], List[int]]
FindOwners = Callable[[Sequence[str]], List[Tuple[str, Tuple[str, str]]]]


class Resolver:
    """Answers requirements from the rows of one machine; one met twice is worked out once."""

    def __init__(self, rows: Sequence[Installed], relations: Sequence[Relations], find_owners: FindOwners) -> None:
        """``relations`` are those of the rows, in their order; ``find_owners`` says who owns required files that no
        package names as provided.
        """
        self._rows = rows
        self._relations = relations
        self._provided: Dict[str, List[Tuple[int, int, str]]] = {}
        for number, has in enumerate(relations):
            for name, flags, version in has.provides:
                self._provided.setdefault(name, []).append((number, flags, version))
        self._known: Dict[Capability, Tuple[int, ...]] = {}
        self._add_owners(find_owners)

    def edges(self, number: int) -> Edges:
        """(needs, needs_virtual, wants) of a row: ascending row numbers, never its own."""
        row = self._rows[number]
        real: Set[int] = set()
        virtual: Set[int] = set()
        wanted: Set[int] = set()
        for capability in self._relations[number].requires:
            found = self._satisfying(capability)
            if found and number not in found:
                needed = self._needed(row, capability, found)
                real.update(needed)
                virtual.update(one for one in found if one not in needed)
        for capability in self._relations[number].recommends:
            wanted.update(self._satisfying(capability))
        return sorted(real), sorted(virtual), sorted(wanted - {number})

    def _needed(self, row: Installed, capability: Capability, found: Tuple[int, ...]) -> List[int]:
        """Those of ``found`` that are a need and not a virtual one."""
        named = [number for number in found if _is_name_of(self._rows[number], capability[0])]
        if named or len({self._rows[number].name for number in found}) == 1:
            return named or list(found)
        signed = [number for number in found if row.signer and self._rows[number].signer == row.signer]
        return signed if len({self._rows[number].name for number in signed}) == 1 else []

    def _satisfying(self, capability: Capability) -> Tuple[int, ...]:
        known = self._known.get(capability)
        if known is None:
            if capability[0].startswith("("):
                alternatives = _alternatives(capability[0])
                known = tuple(sorted({number for one in alternatives for number in self._satisfying(one)}))
            else:
                name, flags, version = capability
                known = tuple(
                    sorted(
                        {
                            number
                            for number, has, offered in self._provided.get(name, ())
                            if _is_met(flags, version, has, offered)
                        }
                    )
                )
            self._known[capability] = known
        return known

    def _add_owners(self, find_owners: FindOwners) -> None:
        asked = {
            name
            for has in self._relations
            for name, _flags, _version in (*has.requires, *has.recommends)
            if name[:1] == "/"
        }
        paths = sorted(asked - self._provided.keys())
        numbers: Dict[Tuple[str, str], List[int]] = {}
        for number, row in enumerate(self._rows):
            numbers.setdefault((row.name, row.arch), []).append(number)
        for path, owner in find_owners(paths) if paths else ():
            self._provided.setdefault(path, []).extend((number, 0, "") for number in numbers.get(owner, ()))


def read_capability(text: str) -> Capability:
    """A requirement as rpm and dnf print it: ``name``, ``name >= 1.0-2``, or a boolean one in parentheses."""
    words = text.split(" ")
    if len(words) == 3 and words[1] in _OPERATORS:
        return words[0], _OPERATORS[words[1]], words[2]
    return text, 0, ""


def _is_name_of(row: Installed, capability: str) -> bool:
    if capability == row.name:
        return True
    return capability.startswith(row.name) and bool(_ISA.match(capability[len(row.name) :]))


def _is_met(flags: int, wanted: str, has: int, offered: str) -> bool:
    """What has no version on one side meets any on the other; a provided range is taken to meet."""
    if not flags & _SENSE or not wanted or not offered or has & _SENSE != _EQUAL:
        return True
    try:
        order = _compare(offered, wanted)
    except VersionError:
        # A version nobody can order satisfies nothing, so it approves nothing.
        return False
    return bool(flags & (_LESS if order < 0 else _GREATER if order > 0 else _EQUAL))


def _compare(one: str, other: str) -> int:
    """As rpm does between a provided and a required version: no epoch is 0, a missing release is not compared."""
    if "-" not in one or "-" not in other:
        one, other = one.partition("-")[0], other.partition("-")[0]
    return compare("rpm", *(text if ":" in text else "0:" + text for text in (one, other)))


def _alternatives(rich: str) -> List[Capability]:
    """The capabilities of a boolean requirement, its conditions left out."""
    words = _WORD.findall(_CONDITION.split(rich)[0])
    found: List[Capability] = []
    for at, word in enumerate(words):
        if word in _OPERATORS and found and at + 1 < len(words):
            found[-1] = (found[-1][0], _OPERATORS[word], words[at + 1])
        elif word not in _CONNECTIVES and words[at - 1 : at] not in [[operator] for operator in _OPERATORS]:
            found.append((word, 0, ""))
    return found
