# SPDX-License-Identifier: Apache-2.0
"""Which package an entry without package rules is: proposals from stored facts, with their evidence. Source: DESIGN 8.

A form names software as people do; the facts say what is installed where, and the books where the form said it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cmp_to_key, partial
from typing import Literal

import msgspec

from zhengban.documents.yamlline import Value
from zhengban.host.version import VersionError, compare, parse_range, ranges_overlap
from zhengban.model.facts import Facts
from zhengban.model.policy import Policy, Product
from zhengban.model.record import Holding

from .draft import is_usable
from .likeness import name_likeness, vendor_likeness
from .listed import ListedNames, in_bases

Confidence = Literal["high", "medium", "low"]
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")

_MOST_PROPOSALS = 5
_EXAMPLES = 3
# Managers that do not tell what somebody asked for from what came along.
_ALL_CHOSEN = frozenset(("windows", "snap", "flatpak"))


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A package rule for an entry, and what speaks for it.

    ``number`` is the entry's first; ``likeness`` that of the names (0 to 1). ``seen`` counts the computers that have
    the package, ``booked`` those whose books have the software and whose facts are known, ``both`` those of both;
    ``versions_seen`` are (version, computers), the commonest first. ``also`` are entries it could be as well.
    """

    number: str
    label: str
    manager: str
    name: str
    versions: str = ""
    publisher: str = ""
    confidence: Confidence
    likeness: float
    seen: int
    booked: int
    both: int
    examples: tuple[str, ...]
    versions_seen: tuple[tuple[str, int], ...]
    publishers: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        return f"{self.manager}:{self.name}"

    @property
    def rule(self) -> dict[str, Value]:
        """The rule as the policy has it."""
        row: dict[str, Value] = {"manager": self.manager, "name": self.name}
        row |= {key: value for key in ("versions", "publisher") if (value := getattr(self, key))}
        return row


class _Candidate:
    """One package name, the version of it on each computer, and who published it."""

    def __init__(self, manager: str, name: str) -> None:
        self.manager = manager
        self.name = name
        self.called: set[str] = {name}
        self.versions: dict[str, str] = {}
        self.publishers: set[str | None] = set()


class Matching:
    """Gathers the facts of computers, one document at a time, then proposes."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._listed = ListedNames(policy)
        self._candidates: dict[tuple[str, str], _Candidate] = {}
        self._read: set[str] = set()

    @property
    def open(self) -> tuple[Product, ...]:
        """The entries that have no package rule, in the order of the lists."""
        return tuple(product for product in self._policy.products if not product.packages)

    def see(self, computer: str, facts: Facts) -> None:
        """Add what one computer has that no entry and no base list names."""
        self._read.add(computer)
        platform = facts.platform
        if self._listed.product("platform", platform.id) is None and is_usable(platform.id):
            candidate = self._candidate("platform", platform.id)
            candidate.called.add(platform.name or platform.id)
            candidate.versions[computer] = platform.version
        bases = self._listed.bases(platform)
        for package in facts.packages:
            if package.is_part or not (package.manual or package.manager in _ALL_CHOSEN):
                continue
            if self._listed.product(package.manager, package.name) or in_bases(bases, package.manager, package.name):
                continue
            if not is_usable(package.name):
                continue
            name = _pattern(package.manager, package.name, package.version)
            candidate = self._candidate(package.manager, name)
            candidate.called.add(package.name)
            candidate.versions[computer] = package.version
            candidate.publishers.add(package.publisher)

    def propose(self, held_on: Mapping[str, Mapping[str, Holding]]) -> tuple[Proposal, ...]:
        """The proposals, by entry in the order of the lists, the likeliest first.

        Args:
            held_on: what is on record on each computer, by package.
        """
        by_number: dict[str, set[str]] = {}
        for computer, held in held_on.items():
            if computer in self._read:
                for holding in held.values():
                    by_number.setdefault(holding.number, set()).add(computer)
        found: dict[int, list[Proposal]] = {}
        for index, product in enumerate(self.open):
            booked = set().union(*(by_number.get(number, set()) for number in product.numbers))
            proposals = [
                proposal
                for candidate in self._candidates.values()
                # An operating system is never a package, and nothing else is a platform.
                if (candidate.manager == "platform") == (product.category == "os")
                if (proposal := _propose(product, candidate, booked)) is not None
            ]
            found[index] = sorted(proposals, key=_rank)[:_MOST_PROPOSALS]
        return tuple(_told_apart(found))

    def _candidate(self, manager: str, name: str) -> _Candidate:
        key = (manager, name.lower() if manager == "windows" else name)
        return self._candidates.setdefault(key, _Candidate(manager, name))


def _pattern(manager: str, name: str, version: str) -> str:
    """A name that does not change with every build: Windows products often have their version in it."""
    return name.replace(version, "*") if manager == "windows" and version and version in name else name


def _rank(proposal: Proposal) -> tuple[int, float, int, str, str]:
    share = proposal.both / max(1, proposal.seen + proposal.booked - proposal.both)
    return (
        CONFIDENCES.index(proposal.confidence),
        -(proposal.likeness + share),
        -proposal.seen,
        proposal.manager,
        proposal.name,
    )


def _propose(product: Product, candidate: _Candidate, booked: set[str]) -> Proposal | None:
    seen = candidate.versions.keys()
    both = booked & seen
    versions = Counter(candidate.versions[computer] for computer in sorted(both or seen))
    likeness = max(name_likeness(product.name, product.version, name, min(versions)) for name in candidate.called)
    publishers = tuple(sorted(item for item in candidate.publishers if item))
    if likeness and any(vendor_likeness(product.vendor, publisher) for publisher in publishers):
        likeness = min(1.0, likeness + 0.1)
    confidence = _confidence(likeness, len(seen), len(booked), len(both))
    if confidence is None:
        return None
    is_one = candidate.manager == "windows" and len(candidate.publishers) == len(publishers) == 1
    return Proposal(
        number=product.numbers[0],
        label=product.label,
        manager=candidate.manager,
        name=candidate.name,
        versions=_range(candidate.manager, product, tuple(versions)),
        publisher=publishers[0] if is_one and is_usable(publishers[0]) else "",
        confidence=confidence,
        likeness=round(likeness, 2),
        seen=len(seen),
        booked=len(booked),
        both=len(both),
        examples=tuple(sorted(both or seen)[:_EXAMPLES]),
        versions_seen=tuple(sorted(versions.items(), key=lambda item: (-item[1], item[0]))),
        publishers=publishers[:_EXAMPLES],
    )


def _confidence(likeness: float, seen: int, booked: int, both: int) -> Confidence | None:
    """What name and books say together; None when it is not worth a look.

    Without books the name alone has to be the same. Where the books know the software, a package on just those
    computers may have any name, and one that is on none of them is doubted whatever it is called.
    """
    if not booked:
        return "high" if likeness >= 0.95 else "medium" if likeness >= 0.75 else "low" if likeness >= 0.6 else None
    share, covered = both / (seen + booked - both), both / booked
    if (likeness >= 0.85 and covered >= 0.5) or (likeness >= 0.6 and share >= 0.8):
        return "high"
    if both and (likeness >= 0.85 or (likeness >= 0.6 and share >= 0.4) or (share >= 0.9 and both >= 3)):
        return "medium"
    return "low" if likeness >= 0.6 or (share >= 0.8 and both >= 2) else None


def _range(manager: str, product: Product, versions: tuple[str, ...]) -> str:
    """The versions a rule allows: of free software any (N7), of other software the editions that were seen."""
    if product.type == "free":
        return ""
    try:
        ordered = sorted(versions, key=cmp_to_key(partial(compare, manager)))
        low, high = _leading(ordered[0]), _leading(ordered[-1])
        if low is None or high is None:
            wanted = f"={ordered[0]}" if len(ordered) == 1 else ""
        else:
            wanted = f">={low}, <{high + 1}"
        parse_range(manager, wanted)
    except VersionError:
        return ""
    return wanted


def _leading(version: str) -> int | None:
    """The first number of a version, behind its epoch."""
    digits = version.rpartition(":")[2].partition(".")[0].partition("-")[0]
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None


def _told_apart(found: Mapping[int, Iterable[Proposal]]) -> Iterator[Proposal]:
    """Say of a package that several entries could be which those are; only the likeliest of them stays likely."""
    claims: dict[str, list[Proposal]] = {}
    for proposals in found.values():
        for item in proposals:
            claims.setdefault(item.package, []).append(item)
    for proposals in found.values():
        yield from sorted((_beside(item, claims[item.package]) for item in proposals), key=_rank)


def _beside(item: Proposal, claims: Iterable[Proposal]) -> Proposal:
    others = [
        other
        for other in claims
        if other.number != item.number and ranges_overlap(item.manager, item.versions, other.versions)
    ]
    is_beaten = any(_rank(other)[:2] <= _rank(item)[:2] for other in others)
    confidence = "low" if is_beaten else item.confidence
    return msgspec.structs.replace(item, confidence=confidence, also=tuple(other.number for other in others))
