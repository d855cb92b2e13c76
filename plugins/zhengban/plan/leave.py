# SPDX-License-Identifier: Apache-2.0
"""What may leave together: dependants that stay hold a package back, followers go with it. Source: DESIGN 5."""

from __future__ import annotations

from collections.abc import Iterable, Set

from zhengban.model.facts import Package


def dependants(packages: tuple[Package, ...]) -> dict[int, tuple[int, ...]]:
    """For each needed row the ascending rows whose Depends or Pre-Depends it satisfies by its real name."""
    found: dict[int, list[int]] = {}
    for row, package in enumerate(packages):
        for needed in package.needs:
            found.setdefault(needed, []).append(row)
    return {needed: tuple(rows) for needed, rows in found.items()}


def held_back(packages: tuple[Package, ...], leaving: Iterable[int]) -> tuple[frozenset[int], dict[int, int]]:
    """Split what should leave into what can and what something that stays still needs.

    Returns:
        The rows that can leave, and for each that cannot the lowest row that stays and needs it. Holding one back can
        hold back what it needs in turn, so this goes on until nothing changes.
    """
    going = set(leaving)
    needed_by = dependants(packages) if going else {}
    blocked: dict[int, int] = {}
    while True:
        stays = {
            row: keeper
            for row in going
            for keeper in (next((other for other in needed_by.get(row, ()) if other not in going), None),)
            if keeper is not None
        }
        if not stays:
            return frozenset(going), blocked
        blocked.update(stays)
        going.difference_update(stays)


def followers(packages: tuple[Package, ...], leaving: Set[int], candidates: Iterable[int]) -> tuple[int, ...]:
    """The candidates that only what leaves needs.

    Args:
        packages: all rows of the facts.
        leaving: rows that leave.
        candidates: unapproved, automatically installed rows that may go along.

    Returns:
        Ascending rows. Need is Depends, Pre-Depends (real or virtual) and Recommends. Packages that need each other go
        together, so this starts from all candidates the leaving ones lead to and drops those somebody else needs.
    """
    allowed = set(candidates) - set(leaving)
    reached: set[int] = set()
    waiting = list(leaving)
    while waiting:
        package = packages[waiting.pop()]
        for needed in (*package.needs, *package.needs_virtual, *package.wants):
            if needed in allowed and needed not in reached:
                reached.add(needed)
                waiting.append(needed)
    users: dict[int, set[int]] = {row: set() for row in reached}
    for row, package in enumerate(packages):
        for needed in (*package.needs, *package.needs_virtual, *package.wants):
            if needed in users and needed != row:
                users[needed].add(row)
    while True:
        kept = {row for row in reached if not users[row] <= (leaving | reached)}
        if not kept:
            return tuple(sorted(reached))
        reached -= kept


def leads_to(packages: tuple[Package, ...], start: int, targets: Set[int]) -> bool:
    """Whether a row needs one of the targets, directly or through others, real, virtual or recommended."""
    seen = {start}
    waiting = [start]
    while waiting:
        package = packages[waiting.pop()]
        for needed in (*package.needs, *package.needs_virtual, *package.wants):
            if needed in targets:
                return True
            if needed not in seen:
                seen.add(needed)
                waiting.append(needed)
    return False
