# SPDX-License-Identifier: Apache-2.0
"""Upgrades that are due on one computer. Source: DESIGN 2 (``upgrades.yml``), 4, DOMAIN I4."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from zhengban.host.version import VersionError, in_range, parse_range
from zhengban.model.facts import Facts
from zhengban.model.finding import Finding
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy, Rollout

from .approve import Ruling


def judge_upgrades(
    compiled: CompiledPolicy,
    computer: Computer,
    facts: Facts,
    rulings: tuple[Ruling, ...],
    recognised: Mapping[int, int],
    *,
    today: dt.date,
) -> Iterator[Finding]:
    """Find what has to be upgraded by today.

    Args:
        rulings: one for each row of the facts.
        recognised: the row that gives a product's version, by the product's ``id()``.

    Software that is forbidden, not for this computer or of another origin than it may be is not upgraded.
    """
    for rollout in compiled.rollouts:
        begins = rollout.first_day(computer.number)
        if begins is None or begins > today:
            continue
        row = recognised.get(id(rollout.source))
        if row is not None and _is_due(rollout, rulings[row], facts.packages[row].manager, facts.packages[row].version):
            package = facts.packages[row]
            yield _finding(rollout, computer, package.ref, package.version, begins)
        elif row is None and _is_platform_due(compiled, rollout, facts):
            package_ref = f"platform:{facts.platform.id}:"
            yield _finding(rollout, computer, package_ref, facts.platform.version, begins)


def _is_due(rollout: Rollout, ruling: Ruling, manager: str, version: str) -> bool:
    if not rollout.upgrade.to_version:
        return ruling.verdict in ("product", "retired")
    return ruling.verdict in ("product", "retired", "version") and _is_below(manager, version, rollout)


def _is_platform_due(compiled: CompiledPolicy, rollout: Rollout, facts: Facts) -> bool:
    platform = facts.platform
    found = compiled.match("platform", platform.id, platform.version, None)
    if found is None or found.rule.product is not rollout.source or not found.rule.in_scope:
        return False
    if rollout.upgrade.to_version:
        return _is_below("platform", platform.version, rollout)
    return not found.misfit


def _is_below(manager: str, version: str, rollout: Rollout) -> bool:
    """Whether a version lies below the range; of one that nobody can order it cannot be said."""
    try:
        return any(
            in_range(manager, version, (("<=" if operator == ">" else "<", bound),))
            for operator, bound in parse_range(manager, rollout.upgrade.to_version)
            if operator in (">=", ">", "=")
        )
    except VersionError:
        return False


def _finding(rollout: Rollout, computer: Computer, package: str, version: str, begins: dt.date) -> Finding:
    upgrade, source = rollout.upgrade, rollout.source
    wanted = rollout.target.label if upgrade.target else f"version {upgrade.to_version}"
    request = f", request {upgrade.request}" if upgrade.request else ""
    return Finding(
        code="upgrade_due",
        computer=computer.number,
        package=package,
        version=version,
        number=source.numbers[0] if source.numbers else "",
        clauses=("I4",),
        place=upgrade.place,
        message=f"{source.label} is to be upgraded to {wanted} since {begins}{request}",
        remedy=f"upgrade it to {wanted}",
    )
