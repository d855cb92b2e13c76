# SPDX-License-Identifier: Apache-2.0
"""Which installed packages the policy approves, and why the others are not. Source: DESIGN 2 (platforms), 4."""

from __future__ import annotations

from operator import attrgetter
from typing import Literal

import msgspec

from zhengban.host import match as names
from zhengban.model.facts import Facts, Package
from zhengban.model.policy import PlatformBase
from zhengban.policy.compile import CompiledPolicy, Match
from zhengban.policy.names import Named

Verdict = Literal[
    "product", "base", "dependency", "forbidden", "retired", "out_of_scope", "version", "origin", "unlisted"
]
APPROVED: frozenset[Verdict] = frozenset({"product", "base", "dependency"})


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided about one row of the facts; ``needed_by`` is the row that approves a dependency.

    ``base`` is the list that has the name. ``is_foreign``: it is known to come from elsewhere than its entry or base
    says; a hint, which takes the approval away (verdict ``origin``) only where the entry says so.
    """

    verdict: Verdict
    match: Match | None = None
    base: PlatformBase | None = None
    is_foreign: bool = False
    needed_by: int | None = None

    @property
    def is_approved(self) -> bool:
        return self.verdict in APPROVED


def rule_packages(compiled: CompiledPolicy, facts: Facts) -> tuple[Ruling, ...]:
    """Decide about every package.

    Args:
        compiled: the policy as it applies to this computer.
        facts: n packages; rows of managers that could not be read are simply not there.

    Returns:
        n rulings, one for each row, in the order of the rows.

    Approved are listed products, packages of the operating system's base, and what either of them needs, directly or
    through others. Only a dependency by real name approves: a virtual package approves nothing, its providers have to
    be listed. A prohibition, a retirement, a version outside the range and an unwanted origin stand even when
    something approved needs the package.
    """
    index = compiled.names_on(facts.platform)
    shared: dict[tuple[int, str | None, str | None], Ruling] = {}
    rulings: list[Ruling] = []
    like: Named | None = None
    publisher: str | None = None
    origin: str | None = None
    ruling = Ruling(verdict="unlisted")
    for package in facts.packages:
        named = index[package.manager, package.name]
        # Neighbours mostly are of one base and listed nowhere: they differ in nothing that counts, and share a ruling.
        if named is not like or package.publisher != publisher or package.origin != origin:
            if named.is_listed:
                found = compiled.choose(named, package.manager, package.version, package.publisher)
                rulings.append(_rule(found, named.bases, package))
                continue
            like, publisher, origin = named, package.publisher, package.origin
            key = (id(named), publisher, origin)
            if key not in shared:
                shared[key] = _rule(None, named.bases, package)
            ruling = shared[key]
        rulings.append(ruling)
    return _approve_dependencies(facts.packages, rulings)


def _rule(found: Match | None, named: tuple[PlatformBase, ...], package: Package) -> Ruling:
    if found is not None:
        product = found.rule.product
        if not found.misfit and product.state == "forbidden":
            return Ruling(verdict="forbidden", match=found)
        if not found.misfit and product.state == "retired" and found.rule.in_scope:
            return Ruling(verdict="retired", match=found)
        if found.misfit == "version" and found.rule.in_scope:
            return Ruling(verdict="version", match=found)
        if not found.misfit and found.rule.in_scope:
            selector = found.rule.selector
            is_foreign = _is_foreign(package, selector.origins)
            stays = not is_foreign or selector.on_mismatch == "report"
            return Ruling(verdict="product" if stays else "origin", match=found, is_foreign=is_foreign)
    vouching = tuple(base for base in named if unmet_condition(base, package) is None)
    if vouching:
        # One of several bases that expects this origin is enough.
        is_foreign = all(_is_foreign(package, base.origins) for base in vouching)
        return Ruling(verdict="base", match=found, base=vouching[0], is_foreign=is_foreign)
    if found is not None and found.misfit in ("", "version"):
        return Ruling(verdict="out_of_scope", match=found)
    return Ruling(verdict="unlisted", match=found, base=named[0] if named else None)


def _is_foreign(package: Package, origins: tuple[str, ...]) -> bool:
    """Whether it is known to come from elsewhere; an unknown origin is never a mismatch (DESIGN 3)."""
    return bool(origins) and package.origin is not None and not _fits(package.origin, origins, package.manager)


def unmet_condition(base: PlatformBase, package: Package) -> tuple[str, tuple[str, ...]] | None:
    """What a package with a name of the base is not signed or published by; None when the base vouches for it."""
    for what, patterns in (("signer", base.signers), ("publisher", base.publishers)):
        if patterns and not (package.publisher and _fits(package.publisher, patterns, package.manager)):
            return what, patterns
    return None


def _fits(text: str, patterns: tuple[str, ...], manager: str) -> bool:
    return any(names.name_matches(pattern, text, manager == "windows") for pattern in patterns)


def _approve_dependencies(packages: tuple[Package, ...], rulings: list[Ruling]) -> tuple[Ruling, ...]:
    unapproved = {row for row, ruling in enumerate(rulings) if ruling.verdict in ("unlisted", "out_of_scope")}
    # Without a line of Python for each of thousands of rows: few of them need something that is not approved.
    apart = map(unapproved.isdisjoint, map(attrgetter("needs"), packages))
    waiting = [row for row, is_apart in enumerate(apart) if not is_apart and _keeps_needs(rulings[row])]
    while waiting:
        row = waiting.pop()
        for needed in packages[row].needs:
            if needed in unapproved:
                unapproved.remove(needed)
                rulings[needed] = Ruling(verdict="dependency", match=rulings[needed].match, needed_by=row)
                waiting.append(needed)
    return tuple(rulings)


def _keeps_needs(ruling: Ruling) -> bool:
    # A product in a version that is not allowed stays until it is upgraded, and so does what it needs.
    return ruling.is_approved or ruling.verdict == "version"
