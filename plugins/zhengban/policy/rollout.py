# SPDX-License-Identifier: Apache-2.0
"""When an upgrade reaches a computer, and between which entries. Source: DESIGN 2 (``upgrades.yml``), DOMAIN I4."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

from zhengban.model.policy import Product, RolloutStep, Upgrade
from zhengban.model.register import Computer, Register

from .scope import in_scope


def sides_of(upgrade: Upgrade, products: Iterable[Product]) -> tuple[Product, Product] | None:
    """The entries an upgrade leads from and to, twice the same one for free software; None when one does not exist."""
    if upgrade.to_version:
        found = next((item for item in products if item.type == "free" and item.name == upgrade.software), None)
        return (found, found) if found else None
    labels = {item.version: item for item in products if item.type != "free" and item.name == upgrade.software}
    if upgrade.source not in labels or upgrade.target not in labels:
        return None
    return labels[upgrade.source], labels[upgrade.target]


def share_of(computer: str, upgrade: Upgrade) -> int:
    """Where a computer stands in an upgrade's percentages: 0 to 99, always the same, by no order of computers.

    ``percent: 10`` reaches the computers below 10, so a later, larger share keeps those it had.
    """
    digest = hashlib.sha256(f"{computer}\n{upgrade.id}".encode()).digest()
    return int.from_bytes(digest, "big") % 100


def first_day(computer: str, upgrade: Upgrade, steps: Iterable[RolloutStep]) -> dt.date | None:
    """The first day an upgrade is due on a computer; None for never.

    Args:
        computer: its number.
        steps: those of the upgrade's rollout whose scope, if they have one, holds for the computer.
    """
    share = share_of(computer, upgrade)
    return min((step.start for step in steps if step.percent is None or share < step.percent), default=None)


def ring_of(computer: Computer, upgrade: Upgrade, register: Register) -> int | None:
    """The place, from 0, of the first step of an upgrade that reaches a computer; None when none does."""
    share = share_of(computer.number, upgrade)
    return next(
        (
            place
            for place, step in enumerate(upgrade.rollout)
            if (step.percent is None or share < step.percent)
            and (step.scope is None or in_scope(step.scope, computer, register))
        ),
        None,
    )
