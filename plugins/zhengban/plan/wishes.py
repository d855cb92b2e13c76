# SPDX-License-Identifier: Apache-2.0
"""What the findings or a deployment ask to change on one computer, before its host has a say. Source: DESIGN 5."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from zhengban.model.finding import Finding
from zhengban.model.plan import Refusal
from zhengban.model.policy import Product

from .arrivals import due_upgrade_wish, install_wish, upgrade_wish
from .circumstances import REMOVABLE, Circumstances, Wish

# What a due upgrade settles, so nothing else is planned for it on the same package.
SETTLED_BY_UPGRADE = ("retired", "version_not_allowed")


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """A unified deployment (统一部署): numbers to install, upgrade or remove, and the notice it rests on (I2)."""

    install: tuple[str, ...] = ()
    upgrade: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    notice: str = ""


def wishes_of_findings(where: Circumstances) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    """What the findings ask for under the policy's ``actions``; findings that are only reported ask for nothing."""
    findings = where.assessment.findings
    upgrading: set[str] = set()
    if where.compiled.policy.baseline.actions.upgrade_due == "upgrade":
        upgrading = {finding.package for finding in findings if finding.code == "upgrade_due"}
    return _sort_out(
        where,
        (
            _wish_of(where, finding)
            for finding in findings
            if finding.code not in SETTLED_BY_UPGRADE or finding.package not in upgrading
        ),
    )


def wishes_of_deployment(where: Circumstances, order: Deployment) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    """What a unified deployment asks for; numbers that do not exist or are not for this computer are refused."""
    return _sort_out(where, _deployment(where, order))


def _sort_out(
    where: Circumstances, asked: Iterator[Wish | Refusal | None]
) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    wishes: list[Wish] = []
    refusals: list[Refusal] = []
    for item in asked:
        if isinstance(item, Refusal):
            refusals.append(item)
        elif isinstance(item, Wish):
            reason = _objection(where, item)
            if reason:
                refusals.append(item.refuse(reason))
            else:
                wishes.append(item)
    return tuple(wishes), tuple(refusals)


def _objection(where: Circumstances, wish: Wish) -> str:
    manager = wish.package.split(":", 1)[0]
    if manager != "dpkg":
        return f"changes through {manager} are not carried out"
    if wish.row is None:
        return ""
    package = where.facts.packages[wish.row]
    if wish.leaving and f"{package.name}:{package.arch}" in where.protected:
        return "it is protected: essential, part of the running system or of the way in, or named under `protect`"
    if package.held:
        return "it is held on the computer; release it with `apt-mark unhold`"
    return ""


def _wish_of(where: Circumstances, finding: Finding) -> Wish | Refusal | None:
    action = getattr(where.compiled.policy.baseline.actions, finding.code, "report")
    is_platform = finding.package.startswith("platform:")
    if action == "remove" and finding.code in REMOVABLE and not is_platform:
        return _removal(where, finding)
    if finding.code == "origin_mismatch":
        return _removal_by_origin(where, finding)
    if action == "install" and finding.code == "missing_required":
        return _installation(where, finding)
    if action == "upgrade" and finding.code == "upgrade_due" and not is_platform:
        return due_upgrade_wish(where, finding)
    if action == "upgrade" and finding.code == "version_not_allowed" and not is_platform:
        row = where.facts.rows_by_ref[finding.package]
        return upgrade_wish(where, row, cause="upgrade", code=finding.code, because=finding.message)
    return None


def _removal(where: Circumstances, finding: Finding) -> Wish | Refusal:
    if finding.code == "unlisted" and not where.is_platform_approved:
        reason = "the operating system is not an approved one, so what belongs to it is unknown"
        return Refusal(package=finding.package, code=finding.code, reason=reason)
    due = where.due_day(finding)
    if where.today < due:
        reason = f"in grace until {due}, first seen {where.first_seen(finding)}"
        return Refusal(package=finding.package, code=finding.code, reason=reason)
    row = where.facts.rows_by_ref[finding.package]
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    # A look-alike with a wrong publisher is not the product, so it does not go into the product's book.
    product = found.rule.product if found and found.misfit in ("", "version") else None
    return _remove(where, row, product, cause="enforcement", code=finding.code, because=finding.message)


def _removal_by_origin(where: Circumstances, finding: Finding) -> Wish | Refusal | None:
    """Origin is a hint: by itself it arms a removal only where the entry says so (DESIGN 3)."""
    package = where.facts.packages[where.facts.rows_by_ref[finding.package]]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    if found is None or found.rule.selector.on_mismatch != "remove" or not found.rule.in_scope:
        return None
    return _removal(where, finding)


def _installation(where: Circumstances, finding: Finding) -> Wish | Refusal:
    product = where.compiled.policy.product_by_number[finding.number]
    return install_wish(where, product, cause="enforcement", code=finding.code, because=finding.message)


def _remove(where: Circumstances, row: int, product: Product | None, *, cause: str, code: str, because: str) -> Wish:
    package = where.facts.packages[row]
    return Wish(
        kind="remove",
        package=package.ref,
        name=f"{package.name}:{package.arch}",
        row=row,
        number=where.held_number(package.ref, product),
        cause=cause,
        code=code,
        because=because,
    )


def _deployment(where: Circumstances, order: Deployment) -> Iterator[Wish | Refusal | None]:
    because = f"unified deployment, notice {order.notice}" if order.notice else "unified deployment"
    installed = {number: install.row for install in where.assessment.installs for number in install.numbers}
    for number, kind in sorted(
        [(number, "install") for number in order.install]
        + [(number, "upgrade") for number in order.upgrade]
        + [(number, "remove") for number in order.remove]
    ):
        product = where.compiled.policy.product_by_number.get(number)
        if product is None:
            yield Refusal(package="", code="deployment", reason=f"no software has the number {number!r}")
        elif kind == "remove":
            if number in installed:
                yield _remove(where, installed[number], product, cause="deployment", code="deployment", because=because)
        elif product.state not in ("allowed", "required"):
            yield Refusal(package="", code="deployment", reason=f"{number} {product.label} is {product.state}")
        elif not any(rule.in_scope for rule in where.compiled.rules if rule.product is product):
            yield Refusal(package="", code="deployment", reason=f"{number} {product.label} is not for this computer")
        elif kind == "install":
            if number not in installed:
                yield install_wish(where, product, cause="deployment", code="deployment", because=because)
        elif number not in installed:
            yield Refusal(package="", code="deployment", reason=f"{number} {product.label} is not installed")
        else:
            yield upgrade_wish(where, installed[number], cause="deployment", code="deployment", because=because)
