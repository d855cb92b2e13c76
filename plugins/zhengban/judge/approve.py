# SPDX-License-Identifier: Apache-2.0
"""Which installed packages the policy approves, and why the others are not. Source: DESIGN 2 (platforms), 4."""

from __future__ import annotations

from typing import Literal

import msgspec

from zhengban.host import match as names
from zhengban.model.facts import Facts, Package
from zhengban.policy.compile import CompiledPolicy, Match

Verdict = Literal["product", "base", "dependency", "forbidden", "retired", "out_of_scope", "version", "unlisted"]


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided about one row of the facts; ``needed_by`` is the row that approves a dependency."""

    verdict: Verdict
    match: Match | None = None
    needed_by: int | None = None

    @property
    def is_approved(self) -> bool:
        return self.verdict in ("product", "base", "dependency")


def rule_packages(compiled: CompiledPolicy, facts: Facts) -> tuple[Ruling, ...]:
    """Decide about every package.

    Args:
        compiled: the policy as it applies to this computer.
        facts: n packages; rows of managers that could not be read are simply not there.

    Returns:
        n rulings, one for each row, in the order of the rows.

    Approved are listed products, packages of the operating system's base, and what either of them needs, directly or
    through others. Only a dependency by real name approves: a virtual package approves nothing, its providers have to
    be listed. A prohibition, a retirement and a version outside the range stand even when something approved needs
    the package.
    """
    bases = compiled.bases_for(facts.platform)
    exact = {(base.manager, name) for base in bases for name in base.names}
    globs = tuple((base.manager, pattern) for base in bases for pattern in base.globs)
    memo: dict[tuple[str, str, str, str | None], Ruling] = {}
    rulings: list[Ruling] = []
    for package in facts.packages:
        key = (package.manager, package.name, package.version, package.publisher)
        ruling = memo.get(key)
        if ruling is None:
            in_base = (package.manager, package.name) in exact or any(
                manager == package.manager and names.name_matches(pattern, package.name) for manager, pattern in globs
            )
            ruling = memo[key] = _rule(compiled.match(*key), in_base=in_base)
        rulings.append(ruling)
    return _approve_dependencies(facts.packages, rulings)


def _rule(found: Match | None, *, in_base: bool) -> Ruling:
    if found is not None:
        product = found.rule.product
        if not found.misfit and product.state == "forbidden":
            return Ruling(verdict="forbidden", match=found)
        if not found.misfit and product.state == "retired" and found.rule.in_scope:
            return Ruling(verdict="retired", match=found)
        if found.misfit == "version" and found.rule.in_scope:
            return Ruling(verdict="version", match=found)
        if not found.misfit and found.rule.in_scope:
            return Ruling(verdict="product", match=found)
    if in_base:
        return Ruling(verdict="base", match=found)
    if found is not None and found.misfit in ("", "version"):
        return Ruling(verdict="out_of_scope", match=found)
    return Ruling(verdict="unlisted", match=found)


def _approve_dependencies(packages: tuple[Package, ...], rulings: list[Ruling]) -> tuple[Ruling, ...]:
    # A product in a version that is not allowed stays until it is upgraded, and so does what it needs.
    waiting = [row for row, ruling in enumerate(rulings) if ruling.is_approved or ruling.verdict == "version"]
    while waiting:
        row = waiting.pop()
        for needed in packages[row].needs:
            if rulings[needed].verdict in ("unlisted", "out_of_scope"):
                rulings[needed] = Ruling(verdict="dependency", match=rulings[needed].match, needed_by=row)
                waiting.append(needed)
    return tuple(rulings)
