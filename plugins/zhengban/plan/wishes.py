# SPDX-License-Identifier: Apache-2.0
"""What the findings or a deployment ask to change on one computer, before its host has a say. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cached_property

import msgspec

from zhengban.host import protect
from zhengban.licence.choose import choose_number
from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment, Finding
from zhengban.model.plan import ActionKind, Refusal
from zhengban.model.policy import Product, Selector
from zhengban.model.record import UNLISTED, History
from zhengban.policy.compile import CompiledPolicy

REMOVABLE = ("forbidden", "out_of_scope", "retired", "unlisted", "version_not_allowed")


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """A unified deployment (统一部署): numbers to install, upgrade or remove, and the notice it rests on (I2)."""

    install: tuple[str, ...] = ()
    upgrade: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    notice: str = ""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One named change: ``row`` of what is installed (None for an install), ``versions`` the range for what comes."""

    kind: ActionKind
    package: str
    name: str
    row: int | None = None
    versions: str = ""
    number: str
    cause: str
    code: str
    because: str

    def refuse(self, reason: str) -> Refusal:
        return Refusal(package=self.package, code=self.code, reason=reason)


class Circumstances(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything a plan of one computer rests on, as values."""

    compiled: CompiledPolicy
    computer: str
    facts: Facts
    assessment: Assessment
    history: History
    today: dt.date

    @cached_property
    def protected(self) -> frozenset[str]:
        """``name:arch`` of what never leaves this computer, neither by name nor as a follower."""
        rows = msgspec.to_builtins(self.facts.packages)
        extra = list(self.compiled.policy.baseline.protect)
        return frozenset(protect.protected_refs(rows, self.facts.platform.kernel, extra))

    @property
    def is_platform_unknown(self) -> bool:
        """Whether the operating system is in no list: without a base its own packages look unlisted."""
        platform = f"platform:{self.facts.platform.id}:"
        return any(item.code == "unlisted" and item.package == platform for item in self.assessment.findings)

    def held_number(self, package: str, product: Product | None) -> str:
        """The book an installed package belongs to: the one that holds it, else its product's first, else UNLISTED."""
        on_record = self.history.holdings.get((self.computer, package))
        return on_record or (product.numbers[0] if product and product.numbers else UNLISTED)


def wishes_of_findings(where: Circumstances) -> tuple[tuple[Wish, ...], tuple[Refusal, ...]]:
    """What the findings ask for under the policy's ``actions``; findings that are only reported ask for nothing."""
    return _sort_out(where, (_wish_of(where, finding) for finding in where.assessment.findings))


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
    if wish.kind == "remove" and f"{package.name}:{package.arch}" in where.protected:
        return "it is protected: essential, part of the running system or of the way in, or named under `protect`"
    if package.held:
        return "it is held on the computer; release it with `apt-mark unhold`"
    return ""


def _wish_of(where: Circumstances, finding: Finding) -> Wish | Refusal | None:
    action = getattr(where.compiled.policy.baseline.actions, finding.code, "report")
    if action == "remove" and finding.code in REMOVABLE and not finding.package.startswith("platform:"):
        return _removal(where, finding)
    if action == "install" and finding.code == "missing_required":
        return _installation(where, finding)
    if action == "upgrade" and finding.code == "version_not_allowed" and not finding.package.startswith("platform:"):
        row = where.facts.rows_by_ref[finding.package]
        return _upgrade(where, row, cause="upgrade", code=finding.code, because=finding.message)
    return None


def _removal(where: Circumstances, finding: Finding) -> Wish | Refusal:
    if finding.code == "unlisted" and where.is_platform_unknown:
        reason = "the operating system is not in the software lists, so what belongs to it is unknown"
        return Refusal(package=finding.package, code=finding.code, reason=reason)
    first = where.history.first_seen.get((where.computer, finding.code, finding.package), where.today)
    due = first + dt.timedelta(days=where.compiled.policy.baseline.grace_days)
    if where.today < due:
        return Refusal(package=finding.package, code=finding.code, reason=f"in grace until {due}, first seen {first}")
    row = where.facts.rows_by_ref[finding.package]
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    # A look-alike with a wrong publisher is not the product, so it does not go into the product's book.
    product = found.rule.product if found and found.misfit in ("", "version") else None
    return _remove(where, row, product, cause="enforcement", code=finding.code, because=finding.message)


def _installation(where: Circumstances, finding: Finding) -> Wish | Refusal:
    product = where.compiled.policy.product_by_number[finding.number]
    return _install(where, product, cause="enforcement", code=finding.code, because=finding.message)


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


def _install(where: Circumstances, product: Product, *, cause: str, code: str, because: str) -> Wish | Refusal:
    selector = _installable(where, product)
    if isinstance(selector, Refusal):
        return msgspec.structs.replace(selector, code=code)
    package = f"{selector.manager}:{selector.name}:"
    # It may have left without a record: then its seat is still this computer's.
    held = where.history.holdings
    arches = (where.facts.platform.arch, "all")
    on_record = next(filter(None, (held.get((where.computer, f"{package}{arch}")) for arch in arches)), "")
    number = choose_number(
        where.compiled, product, on_record=on_record, seats_taken=where.history.seats_taken, today=where.today
    )
    if number is None:
        return Refusal(package=package, code=code, reason=f"no lot of {product.label} has a seat for this computer")
    return Wish(
        kind="install",
        package=package,
        name=selector.name,
        versions=selector.versions,
        number=number,
        cause=cause,
        code=code,
        because=because,
    )


def _installable(where: Circumstances, product: Product) -> Selector | Refusal:
    here = tuple(item for item in product.packages if item.manager in where.facts.managers)
    exact = next((item for item in here if not item.is_glob), None)
    if exact is not None:
        return exact
    wanted = (here or product.packages)[0]
    reason = (
        "the entry names it by a pattern; write an exact package name to install it"
        if here
        else f"the entry has no package for a manager of this computer ({', '.join(where.facts.managers)})"
    )
    return Refusal(package=f"{wanted.manager}:{wanted.name}:", code="", reason=reason)


def _upgrade(where: Circumstances, row: int, *, cause: str, code: str, because: str) -> Wish | None:
    package = where.facts.packages[row]
    found = where.compiled.match(package.manager, package.name, package.version, package.publisher)
    if found is None:
        return None
    return Wish(
        kind="upgrade",
        package=package.ref,
        name=package.name,
        row=row,
        versions=found.rule.selector.versions,
        number=where.held_number(package.ref, found.rule.product),
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
                yield _install(where, product, cause="deployment", code="deployment", because=because)
        elif number not in installed:
            yield Refusal(package="", code="deployment", reason=f"{number} {product.label} is not installed")
        else:
            yield _upgrade(where, installed[number], cause="deployment", code="deployment", because=because)
