# SPDX-License-Identifier: Apache-2.0
"""The rings of an upgrade: each step of its rollout begins only after the one before went well. Source: DESIGN 5."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from zhengban.host.version import VersionError, in_range, parse_range
from zhengban.model.policy import Product, Upgrade
from zhengban.model.record import History, Holding
from zhengban.model.register import Register
from zhengban.policy.rollout import ring_of


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an upgrade's rollout as the ledger knows it, by computer number, each sorted.

    ``members`` are the computers that have the software on record, and those that tried; ``upgraded`` those that are
    where the upgrade leads and not known to be unwell, ``failed`` those that tried and are not.
    """

    step: int
    begins: str
    failures: int
    members: tuple[str, ...]
    upgraded: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def objection(self) -> str:
        """Why the next step has to wait; empty when it may begin."""
        tried = len(self.upgraded) + len(self.failed)
        what = f"step {self.step} of the rollout (from {self.begins})"
        if len(self.failed) * 100 > self.failures * tried:
            return (
                f"{what} failed on {len(self.failed)} of {tried} computers, its limit is {self.failures} %: "
                f"{', '.join(self.failed)}"
            )
        if tried * 2 < len(self.members):
            return f"{what} comes first: {tried} of its {len(self.members)} computers have tried it"
        return ""


def rings_of(
    upgrade: Upgrade, sides: tuple[Product, Product], register: Register, history: History
) -> tuple[Ring, ...]:
    """Every step of an upgrade and how it went, in order; a computer is in the first step that reaches it.

    Thousands of computers wait for the same steps: what was found is kept as long as the history lives.

    Args:
        sides: the entries it leads from and to.
        register: its computers in use count.
    """
    place = tuple(map(id, (upgrade, register, *sides)))
    if place not in history.worked_out:
        # With the objects, so that no other can get their ids.
        history.worked_out[place] = (_find_rings(upgrade, sides, register, history), upgrade, register, sides)
    found: tuple[Ring, ...] = history.worked_out[place][0]
    return found


def _find_rings(
    upgrade: Upgrade, sides: tuple[Product, Product], register: Register, history: History
) -> tuple[Ring, ...]:
    source, target = sides
    holders = {computer for number in source.numbers for computer in history.holders.get(number, ())}
    tried = {computer for identity, computer in history.upgrade_tries if identity == upgrade.id}
    upgraded = {
        computer.number
        for computer in register.in_use
        if _is_upgraded(upgrade, target, history.held_on.get(computer.number, {}))
    }
    well = {number for number in upgraded if (upgrade.id, number) not in history.unwell}
    concerned = holders | tried | upgraded
    rings: list[list[str]] = [[] for _step in upgrade.rollout]
    for computer in register.in_use:
        if computer.number in concerned:
            place = ring_of(computer, upgrade, register)
            if place is not None:
                rings[place].append(computer.number)
    return tuple(
        Ring(
            step=place + 1,
            begins=step.start.isoformat(),
            failures=step.failures,
            members=tuple(sorted(members)),
            upgraded=tuple(sorted(well.intersection(members))),
            failed=tuple(sorted((tried | upgraded).difference(well).intersection(members))),
        )
        for place, (step, members) in enumerate(zip(upgrade.rollout, rings, strict=True))
    )


def _is_upgraded(upgrade: Upgrade, target: Product, held: Mapping[str, Holding]) -> bool:
    return any(
        holding.number in target.numbers
        and (not upgrade.to_version or _reaches(package.partition(":")[0], holding.version, upgrade.to_version))
        for package, holding in held.items()
        if holding.quantity
    )


def _reaches(manager: str, version: str, versions: str) -> bool:
    """Whether a version on record is in a range; of one that nobody can order it cannot be said."""
    try:
        return in_range(manager, version, parse_range(manager, versions))
    except VersionError:
        return False
