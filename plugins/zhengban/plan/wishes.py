# SPDX-License-Identifier: Apache-2.0
"""What the findings or a deployment ask to change on one computer, before its host has a say. Source: DESIGN 5."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from zhengban.model.cause import URGENT
from zhengban.model.finding import Finding
from zhengban.model.plan import Refusal, split_package
from zhengban.model.policy import PACKAGE_MANAGERS, Product
from zhengban.model.waiver import UrgentRemoval
from zhengban.policy.on_record import product_on_record

from .arrivals import due_rollout, due_upgrade_wish, install_wish, upgrade_wish
from .circumstances import REMOVABLE, Circumstances, Wish

RELEASED_BY = {
    "dpkg": "; release it with `apt-mark unhold`",
    "rpm": "; release it with `dnf versionlock delete`",
    "snap": "; release it with `snap refresh --unhold`",
    "flatpak": "; release it with `flatpak mask --remove`",
}

# What a due upgrade settles, so nothing else is planned for it on the same package.
SETTLED_BY_UPGRADE = ("retired", "version_not_allowed")


def wishes_of_findings(
    where: Circumstances, only: Collection[str] = ()
) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    """What the findings ask for under the policy's ``actions``; findings that are only reported ask for nothing.

    ``only``: the codes of the findings that are asked; empty, all are.
    """
    findings = tuple(finding for finding in where.assessment.findings if not only or finding.code in only)
    due: tuple[Finding, ...] = ()
    if where.compiled.policy.baseline.actions.upgrade_due == "upgrade":
        due = tuple(finding for finding in findings if finding.code == "upgrade_due")
    upgrading = {finding.package for finding in due}
    # What an upgrade brings need not be installed besides.
    coming = {number for finding in due if (way := due_rollout(where, finding)) for number in way.target.numbers}
    return sort_out(
        where,
        (
            _wish_of(where, finding)
            for finding in findings
            if not (finding.code in SETTLED_BY_UPGRADE and finding.package in upgrading)
            and not (finding.code == "missing_required" and finding.number in coming)
        ),
    )


def sort_out(
    where: Circumstances, asked: Iterable[Wish | Refusal | None]
) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    """The wishes nothing speaks against, one for each package that comes; and why the others are refused."""
    wishes: list[Wish] = []
    refusals: list[Refusal] = []
    for item in asked:
        if isinstance(item, Refusal):
            refusals.append(item)
        elif isinstance(item, Wish):
            reason = _objection(where, item)
            if reason:
                refusals.append(item.refuse(reason))
            elif item not in wishes:
                wishes.append(item)
    kept, doubled = _one_for_each_arrival(wishes)
    return kept, (*refusals, *doubled)


def _one_for_each_arrival(wishes: list[Wish]) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    """Without a second wish for a package that comes: it comes in one version, into one book.

    What is installed under the name goes first, then what another package becomes, then what is new.
    """
    first: dict[tuple[str, str], Wish] = {}
    refusals = []
    for wish in sorted(wishes, key=lambda wish: (wish.kind != "upgrade", wish.leaves, wish.package, wish.number)):
        other = first.setdefault((wish.manager, wish.name), wish) if wish.comes else wish
        # Architectures of one package are packages of their own.
        if other is not wish and not (other.is_in_place and wish.is_in_place and other.package != wish.package):
            reason = f"{wish.name} is to come under {other.number} already ({other.because}): a package comes only once"
            refusals.append(wish.refuse(reason))
            wishes = [item for item in wishes if item is not wish]
    return tuple(wishes), tuple(refusals)


def _objection(where: Circumstances, wish: Wish) -> str:
    if wish.manager not in PACKAGE_MANAGERS:
        return f"changes through {wish.manager} are not carried out"
    if wish.row is None:
        return ""
    package = where.facts.packages[wish.row]
    if wish.leaving and package.ref in where.protected:
        return "it is protected: essential, part of the running system or of the way in, or named under `protect`"
    if package.held:
        return f"it is held on the computer{RELEASED_BY.get(package.manager, '')}"
    return ""


def _wish_of(where: Circumstances, finding: Finding) -> Wish | Refusal | None:
    action = getattr(where.compiled.policy.baseline.actions, finding.code, "report")
    is_platform = finding.package.startswith("platform:")
    if (urgent := where.urgent_for(finding)) and not is_platform:
        return _urgent_removal(where, finding, urgent)
    if action == "remove" and finding.code in REMOVABLE and not is_platform:
        return _removal(where, finding)
    if finding.code == "origin_mismatch":
        return _removal_by_origin(where, finding)
    if action == "install" and finding.code == "missing_required":
        return _installation(where, finding)
    if action == "restore" and finding.code == "private_removal":
        return _restoration(where, finding)
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
    if finding.code == "unlisted" and package.is_part:
        reason = f"it is a {package.priority}: it leaves with what it is part of, or when an entry forbids it by name"
        return Refusal(package=finding.package, code=finding.code, reason=reason)
    product = product_of(where, row)
    return removal_wish(where, row, product, cause="enforcement", code=finding.code, because=finding.message)


def _urgent_removal(where: Circumstances, finding: Finding, urgent: UrgentRemoval) -> Wish:
    """Whoever decided it named the package: neither grace nor the finding's action has a say."""
    row = where.facts.rows_by_ref[finding.package]
    because = f"urgent removal {urgent.id}: {urgent.reason}; {finding.message}"
    product = product_of(where, row)
    return removal_wish(where, row, product, cause=f"{URGENT}{urgent.id}", code="urgent", because=because)


def product_of(where: Circumstances, row: int) -> Product | None:
    """The product in whose book an installed package belongs; None for what is not listed."""
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    # A look-alike with a wrong publisher is not the product, so it does not go into the product's book.
    return found.rule.product if found and found.misfit in ("", "version") else None


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


def _restoration(where: Circumstances, finding: Finding) -> Wish | Refusal | None:
    """What left without a record should come back, preferably under the number that has it on record."""
    holding = where.history.held_on[where.computer][finding.package]
    product, _is_known = product_on_record(where.compiled, finding.package, holding)
    if product is None:
        reason = f"no software has the number {finding.number!r}, so what to install is unknown"
        return Refusal(package=finding.package, code=finding.code, reason=reason)
    if product in where.compiled.required and where.compiled.policy.baseline.actions.missing_required == "install":
        return None
    if reason := why_unavailable(where, product):
        return Refusal(package=finding.package, code=finding.code, reason=reason)
    # Of several packages of the product the one that left.
    name, _arch = split_package(finding.package)
    packages = tuple(sorted(product.packages, key=lambda selector: selector.name != name))
    product = msgspec.structs.replace(product, packages=packages)
    wish = install_wish(where, product, cause="enforcement", code=finding.code, because=finding.message)
    if isinstance(wish, Wish) and finding.number in wish.lots:
        lots = tuple(sorted(wish.lots, key=lambda lot: lot != finding.number))
        return msgspec.structs.replace(wish, number=finding.number, lots=lots)
    return wish


def why_unavailable(where: Circumstances, product: Product) -> str:
    """Why software may not be installed on this computer, whoever asks for it; empty when it may."""
    if product.state not in ("allowed", "required"):
        return f"{product.label} is {product.state}"
    if not any(rule.in_scope for rule in where.compiled.rules if rule.product is product):
        return f"{product.label} is not for this computer"
    return ""


def removal_wish(
    where: Circumstances, row: int, product: Product | None, *, cause: str, code: str, because: str
) -> Wish:
    """An installed package should leave, out of the book of its product."""
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
