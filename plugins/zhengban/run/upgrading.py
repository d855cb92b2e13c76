# SPDX-License-Identifier: Apache-2.0
"""How decided upgrades go, ring by ring, and what health checks found. Source: DESIGN 5, DOMAIN I4."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from zhengban.ledger.upgrades import HEALTH
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Upgrade
from zhengban.plan.rings import Ring, rings_of
from zhengban.policy.rollout import sides_of

from .author import operator
from .people import require_person
from .workspace import Workspace


class UpgradeState(msgspec.Struct, frozen=True, kw_only=True):
    """A decided upgrade with its rings; ``held`` says why the ring after the last that began waits, empty when none
    does.
    """

    upgrade: Upgrade
    rings: tuple[Ring, ...]
    held: str = ""


def upgrade_states(workspace: Workspace, *, now: dt.datetime) -> tuple[UpgradeState, ...]:
    """Every upgrade of the policy, in its order."""
    history, register = workspace.history(now), workspace.register
    states = []
    for upgrade in workspace.policy.upgrades:
        sides = sides_of(upgrade, workspace.policy.products)
        assert sides is not None, "the policy was loaded"
        rings = rings_of(upgrade, sides, register, history)
        states.append(
            UpgradeState(
                upgrade=upgrade, rings=rings, held=next((ring.objection for ring in rings[:-1] if ring.objection), "")
            )
        )
    return tuple(states)


def note_health(
    workspace: Workspace,
    computer: str,
    upgrades: Iterable[str],
    *,
    healthy: bool,
    reason: str,
    run: str,
    now: dt.datetime,
    check: bool = False,
    by: str = "",
) -> tuple[str, ...]:
    """Note how a computer is after upgrades that were tried there.

    Args:
        upgrades: their ids; what was not tried on the computer is left out.
        reason: what is wrong, or why it is well after all; needed when it is not.
        run: the run the check belongs to, empty for what a person says.
        by: the person who says so, by the id in ``people.yml``; empty for a check.

    Returns:
        The ids it was noted for (in a check: would be): those where it is news.

    Raises:
        InputError: no reason is given for an unwell computer, or nobody has the id.
    """
    if not healthy and not reason.strip():
        raise InputError([Problem(file="reason", message="is empty", hint="say what is wrong with the computer")])
    if by:
        require_person(workspace.register, by, option="--by", today=workspace.register.organisation.today(now))
    history = workspace.history(now)
    said = None if healthy else reason.strip()
    news = tuple(
        sorted(
            upgrade
            for upgrade in upgrades
            if (upgrade, computer) in history.upgrade_tries and history.unwell.get((upgrade, computer)) != said
        )
    )
    data = {"healthy": healthy, "reason": reason.strip(), "account": operator(), **({"by": by} if by else {})}
    if news and not check:
        events = [(HEALTH, run, computer, {"upgrade": upgrade, **data}) for upgrade in news]
        workspace.ledger.append_events(events, at=now)
    return news
