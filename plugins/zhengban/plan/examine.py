# SPDX-License-Identifier: Apache-2.0
"""Whether what the package manager would do is what the policy wants, line by line. Source: DESIGN 5."""

from __future__ import annotations

import msgspec

from zhengban.model.plan import Refusal, Simulation, Step

from .circumstances import Circumstances, Wish
from .leave import leads_to


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """Wishes a simulation speaks against, and followers that have to stay; empty when all is well."""

    refusals: tuple[Refusal, ...] = ()
    staying: frozenset[int] = frozenset()


def examine(
    where: Circumstances, wishes: tuple[Wish, ...], following: tuple[int, ...], simulation: Simulation
) -> Objection:
    """Object to everything in a simulation that the wishes do not account for.

    The package manager's error, a version it does not offer, a package it would remove that is not meant to leave,
    and one it would bring that the policy does not allow: each refuses the wishes it comes from, or all that could be
    its cause.
    """
    if simulation.error:
        return _refuse(_suspects(wishes), f"the package manager refuses: {simulation.error}")
    packages = where.facts.packages
    going = {f"{packages[row].name}:{packages[row].arch}": row for row in following}
    if simulation.unavailable:
        reasons = {item.name: item.reason for item in simulation.unavailable}
        missing = tuple(wish.refuse(reasons[wish.name]) for wish in wishes if wish.name in reasons)
        staying = frozenset(row for ref, row in going.items() if ref in reasons)
        if not missing and not staying:
            return _refuse(_suspects(wishes), f"the host misses what was not asked for: {', '.join(sorted(reasons))}")
        return Objection(refusals=missing, staying=staying)
    planned = going.keys() | {wish.leaving for wish in wishes if wish.leaving}
    removed = {f"{step.name}:{step.arch}" for step in simulation.steps if step.kind == "remove"}
    for step in simulation.steps:
        if step.kind == "remove" and f"{step.name}:{step.arch}" not in planned:
            return _collateral(where, simulation.request.manager, wishes, step)
        if step.kind != "remove":
            if not _arrivals(wishes):
                return _refuse(wishes, f"{step.name} {step.new} would come in its place, and nobody asked for that")
            reason = _unwelcome(where, simulation.request.manager, step)
            if reason:
                return _refuse(_arrivals(wishes), reason)
    coming = {
        name for step in simulation.steps if step.kind != "remove" for name in (step.name, f"{step.name}:{step.arch}")
    }
    silent = tuple(
        wish
        for wish in wishes
        if (wish.leaving and wish.leaving not in removed) or (wish.comes and wish.name not in coming)
    )
    return Objection(
        refusals=_refuse(silent, "the package manager would not do it").refusals,
        staying=frozenset(row for ref, row in going.items() if ref not in removed),
    )


def _refuse(wishes: tuple[Wish, ...], reason: str) -> Objection:
    return Objection(refusals=tuple(wish.refuse(reason) for wish in wishes))


def _arrivals(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    return tuple(wish for wish in wishes if wish.comes)


def _suspects(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """What comes is dropped before what leaves: a missing version must not keep forbidden software on a computer."""
    return _arrivals(wishes) or wishes


def _collateral(where: Circumstances, manager: str, wishes: tuple[Wish, ...], step: Step) -> Objection:
    reason = f"{step.name} {step.old} would be removed with it, and that stays"
    row = where.facts.rows_by_ref.get(f"{manager}:{step.name}:{step.arch}")
    if row is not None:
        causes = tuple(
            wish
            for wish in wishes
            if wish.leaving and wish.row is not None and leads_to(where.facts.packages, row, {wish.row})
        )
        if causes:
            return _refuse(causes, reason)
    return _refuse(_suspects(wishes), reason)


def _unwelcome(where: Circumstances, manager: str, step: Step) -> str:
    """Why a package that would come may not; what approved software needs may, unless a rule speaks about it."""
    found = where.compiled.match(manager, step.name, step.new, None)
    if found is None or found.misfit in ("publisher", "signer"):
        return ""
    product = found.rule.product
    if not found.misfit and product.state in ("allowed", "required"):
        package = f"{manager}:{step.name}:{step.arch}"
        if product.type != "commercial" or (step.old and not where.is_relabelled(package, product)):
            return ""
        if where.lots_for(product, on_record=where.history.number_of(where.computer, package)):
            return ""
        return f"{step.name} {step.new} would come, and no lot of {product.label} has a seat for this computer"
    if found.misfit == "version":
        allowed = found.rule.selector.versions
        return f"{step.name} {step.new} would come, and {product.label} is approved as {allowed!r}"
    return f"{step.name} {step.new} would come, and {product.label} is {product.state}"
