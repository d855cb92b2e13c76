# SPDX-License-Identifier: Apache-2.0
"""A simulation's steps as actions, each with its reason and the book it is recorded in. Source: DESIGN 5, 6."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from zhengban.model.plan import Action, Simulation, Step
from zhengban.model.policy import PackageManager
from zhengban.model.record import UNLISTED

from .circumstances import Circumstances, Wish
from .leave import leads_to

# What leaves comes first in every list people read: it is what they look for.
ORDER = {"remove": 0, "upgrade": 1, "install": 2}


def actions_of(
    where: Circumstances, wishes: tuple[Wish, ...], following: tuple[int, ...], simulation: Simulation
) -> tuple[Action, ...]:
    """Every step of one manager's unobjectionable simulation as an action, in the order of its steps."""
    removals = {wish.leaving: wish for wish in wishes if wish.leaving}
    arrivals = {wish.name: wish for wish in wishes if wish.comes}
    # One package may be there for several architectures.
    arrivals |= {wish.package.partition(":")[2]: wish for wish in wishes if wish.is_in_place}
    followers = {f"{where.facts.packages[row].name}:{where.facts.packages[row].arch}": row for row in following}
    manager = simulation.request.manager
    actions = []
    for step in simulation.steps:
        ref = f"{step.name}:{step.arch}"
        if step.kind == "remove":
            wish = removals.get(ref)
            if wish is None:
                actions.append(_follower(where, manager, step, wishes, followers[ref]))
            elif not wish.leaves:
                actions.append(_named(manager, step, wish))
        else:
            wish = arrivals.get(ref) or arrivals.get(step.name)
            if wish is None:
                actions.append(_dependency(where, step, tuple(arrivals.values()), simulation))
            else:
                named = _named(manager, step, wish)
                actions.append(_replacing(where, named, wish) if wish.leaves else named)
    return tuple(actions)


def sort_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions of all managers in the one order of a plan: (kind, manager, name, arch)."""
    return tuple(sorted(actions, key=lambda action: (ORDER[action.kind], action.manager, action.name, action.arch)))


def _named(manager: PackageManager, step: Step, wish: Wish) -> Action:
    return Action(
        kind=step.kind,
        manager=manager,
        name=step.name,
        arch=step.arch,
        old=step.old,
        new=step.new,
        number=wish.number,
        old_number=wish.old_number,
        lots=wish.lots,
        quantity=1,
        cause=wish.cause,
        code=wish.code,
        upgrade=wish.upgrade,
        because=wish.because,
    )


def _replacing(where: Circumstances, action: Action, wish: Wish) -> Action:
    """The old package leaves and the new one comes: two steps of one transaction, one upgrade (L4)."""
    assert wish.row is not None
    old = where.facts.packages[wish.row]
    return msgspec.structs.replace(action, kind="upgrade", old=old.version, old_package=old.ref)


def _follower(where: Circumstances, manager: PackageManager, step: Step, wishes: tuple[Wish, ...], row: int) -> Action:
    came_for = tuple(
        wish
        for wish in wishes
        if wish.leaving and wish.row is not None and leads_to(where.facts.packages, wish.row, {row})
    )
    numbers = sorted(number for wish in came_for for number in (wish.old_number or wish.number,) if number != UNLISTED)
    return Action(
        kind="remove",
        manager=manager,
        name=step.name,
        arch=step.arch,
        old=step.old,
        role="follower",
        number=numbers[0] if numbers else UNLISTED,
        quantity=0,
        cause=came_for[0].cause,
        code=came_for[0].code,
        because=f"only {', '.join(wish.leaving.rpartition(':')[0] for wish in came_for)} needed it",
    )


def _dependency(where: Circumstances, step: Step, arrivals: tuple[Wish, ...], simulation: Simulation) -> Action:
    manager = simulation.request.manager
    found = where.compiled.match(manager, step.name, step.new, None)
    product = found.rule.product if found and not found.misfit else None
    # Something else may have decided to bring it (a virtual package): then it came for all of them.
    came_for = tuple(wish for wish in arrivals if _brings(simulation, wish.name, step.name)) or arrivals
    first = min(came_for, key=lambda wish: wish.number)
    package = f"{manager}:{step.name}:{step.arch}"
    on_record = where.history.number_of(where.computer, package)
    lots: tuple[str, ...] = ()
    if product and step.old and not where.is_relabelled(package, product):
        lots = where.lots_of_installed(package, product)
    elif product:
        lots = where.lots_for(product, on_record=on_record)
    return Action(
        kind=step.kind,
        manager=manager,
        name=step.name,
        arch=step.arch,
        old=step.old,
        new=step.new,
        role="dependency",
        number=lots[0] if lots else on_record or (product.number if product and product.number else first.number),
        # Into another version label is into another book (L4).
        old_number=on_record if step.old and lots and lots[0] != on_record else "",
        lots=lots,
        quantity=1 if product and product.numbers else 0,
        cause=first.cause,
        code=first.code,
        because=f"comes with {', '.join(sorted(wish.name for wish in came_for))}",
    )


def _brings(simulation: Simulation, name: str, wanted: str) -> bool:
    seen = {name}
    waiting = list(seen)
    while waiting:
        current = waiting.pop()
        for package, needed in simulation.brings:
            if package == current and needed not in seen:
                seen.add(needed)
                waiting.append(needed)
    return wanted in seen
