# SPDX-License-Identifier: Apache-2.0
"""Wishes for what comes: installs, upgrades into a range, and the steps of an upgrade plan. Source: DESIGN 5, 6, 7."""

from __future__ import annotations

import msgspec

from zhengban.model.facts import NEUTRAL_ARCH, Package
from zhengban.model.finding import Finding
from zhengban.model.plan import Refusal
from zhengban.model.policy import Product, Selector
from zhengban.policy.compile import Rollout
from zhengban.policy.rollout import ring_of

from .circumstances import Circumstances, Wish
from .means import means_of_arrival
from .rings import rings_of


def install_wish(where: Circumstances, product: Product, *, cause: str, code: str, because: str) -> Wish | Refusal:
    """A product that is not there should come, under a number that has a seat for this computer."""
    selector = _installable(where, product)
    if isinstance(selector, Refusal):
        return msgspec.structs.replace(selector, code=code)
    name = selector.installable_name
    package = f"{selector.manager}:{name}:"
    # It may have left without a record: then its seat is still this computer's.
    arches = (where.facts.native_arch(selector.manager), NEUTRAL_ARCH.get(selector.manager, ""))
    numbers = (where.history.number_of(where.computer, f"{package}{arch}") for arch in arches)
    on_record = next(filter(None, numbers), "")
    lots = where.lots_for(product, on_record=on_record)
    if product.type == "commercial" and not lots:
        return Refusal(package=package, code=code, reason=f"no lot of {product.label} has a seat for this computer")
    return Wish(
        kind="install",
        package=package,
        name=name,
        versions=selector.versions,
        number=lots[0] if lots else product.number,
        lots=lots,
        means=means_of_arrival(selector),
        cause=cause,
        code=code,
        because=because,
    )


def _installable(where: Circumstances, product: Product) -> Selector | Refusal:
    here = tuple(item for item in product.packages if item.manager in where.facts.managers)
    exact = next((item for item in here if item.installable_name), None)
    if exact is not None:
        return exact
    wanted = (here or product.packages)[0]
    reason = (
        "the entry names it by a pattern; write an exact package name to install it"
        if here
        else f"the entry has no package for a manager of this computer ({', '.join(where.facts.managers)})"
    )
    return Refusal(package=f"{wanted.manager}:{wanted.name}:", code="", reason=reason)


def upgrade_wish(where: Circumstances, row: int, *, cause: str, code: str, because: str) -> Wish | None:
    """An installed package should come into the range of the entry it fits."""
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    if found is None:
        return None
    product, selector = found.rule.product, found.rule.selector
    lots = where.lots_of_installed(package.ref, product)
    wish = Wish(
        kind="upgrade",
        package=package.ref,
        name=package.name,
        row=row,
        versions=selector.versions,
        number=lots[0] if lots else where.held_number(package.ref, product),
        lots=lots,
        cause=cause,
        code=code,
        because=because,
    )
    return _by_own_means(wish, package, selector)


def _by_own_means(wish: Wish, package: Package, selector: Selector) -> Wish:
    """The upgrade of a package through the installer its entry names, where it names one.

    Where a name holds the version (``WPS Office (11.1)``), another version is an entry of another name.
    """
    if selector.install is None:
        return wish
    name = selector.installable_name or package.name
    leaves = f"{package.name}:{package.arch}" if name != package.name else ""
    means = means_of_arrival(selector, replaces=leaves)
    return msgspec.structs.replace(wish, name=name, leaves=leaves, means=means)


def due_rollout(where: Circumstances, finding: Finding) -> Rollout | None:
    """The step of an upgrade plan that an ``upgrade_due`` is about; None for that of an operating system."""
    row = where.facts.rows_by_ref.get(finding.package)
    if row is None:
        return None
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    return next((item for item in where.compiled.rollouts if found and item.source is found.rule.product), None)


def due_upgrade_wish(where: Circumstances, finding: Finding) -> Wish | Refusal | None:
    """What an ``upgrade_due`` asks for.

    Free software keeps its package and number. Other software goes on to the target's package, which may have another
    name: then the old one leaves in the same transaction; and to a number of the target, so that the upgrade is one
    unit over two books (L4).
    """
    row = where.facts.rows_by_ref[finding.package]
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    rollout = due_rollout(where, finding)
    if found is None or rollout is None:
        return None
    if reason := _held_back(where, rollout):
        return Refusal(package=package.ref, code=finding.code, reason=reason)
    held = where.held_number(package.ref, rollout.source)
    wish = Wish(
        kind="upgrade",
        package=package.ref,
        name=package.name,
        row=row,
        number=held,
        cause="upgrade",
        code=finding.code,
        upgrade=rollout.upgrade.id,
        because=finding.message,
    )
    if rollout.upgrade.to_version:
        ranges = (found.rule.selector.versions, rollout.upgrade.to_version)
        wish = msgspec.structs.replace(wish, versions=", ".join(filter(None, ranges)))
        return _by_own_means(wish, package, found.rule.selector)
    return onward_wish(where, wish, rollout.target)


def _held_back(where: Circumstances, rollout: Rollout) -> str:
    """Why an upgrade waits here: a step before the one that reaches this computer has not gone well yet."""
    register = where.compiled.register
    place = ring_of(register.computer_by_number[where.computer], rollout.upgrade, register)
    if not place:
        return ""
    rings = rings_of(rollout.upgrade, (rollout.source, rollout.target), register, where.history)
    return next((ring.objection for ring in rings[:place] if ring.objection), "")


def onward_wish(where: Circumstances, wish: Wish, target: Product) -> Wish | Refusal:
    """The upgrade of an installed package (the ``row`` of ``wish``) goes on to another entry of the software lists."""
    assert wish.row is not None
    package = where.facts.packages[wish.row]
    same_manager = (item for item in target.packages if item.manager == package.manager and item.installable_name)
    selector = next(same_manager, None)
    if selector is None:
        return wish.refuse(f"{target.label} has no package of {package.manager} with an exact name to upgrade to")
    lots = where.lots_for(target, on_record=where.history.number_of(where.computer, package.ref))
    if target.type == "commercial" and not lots:
        return wish.refuse(f"no lot of {target.label} has a seat for this computer")
    number = lots[0] if lots else target.number
    name = selector.installable_name
    leaves = f"{package.name}:{package.arch}" if name != package.name else ""
    return msgspec.structs.replace(
        wish,
        name=name,
        versions=selector.versions,
        number=number,
        lots=lots,
        old_number=wish.number if wish.number != number else "",
        leaves=leaves,
        means=means_of_arrival(selector, replaces=leaves),
    )
