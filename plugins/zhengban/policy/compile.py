# SPDX-License-Identifier: Apache-2.0
"""The policy as it applies to one computer: what the judge looks packages up in.

Computers of one department and kind that no scope names share one compiled policy, so a fleet compiles a handful.
Source: DESIGN 4, 5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec

from zhengban.host import match
from zhengban.model.facts import PlatformFacts
from zhengban.model.policy import EVERYONE, ExceptionRule, Policy, Product, RolloutStep, Scope, Selector, Upgrade
from zhengban.model.register import Computer, Register
from zhengban.model.settings import Mode

from .identity import PolicyIdentity, title_of
from .names import Named, NameIndex, PolicyNames
from .rollout import first_day, sides_of
from .scope import in_scope, mode_for


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One selector of one product, and whether the product is for this computer."""

    product: Product
    selector: Selector
    in_scope: bool


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The rule that decides about a package, and in what the package differs from it.

    ``misfit`` is version, publisher, signer or empty, as ``zhengban.host.match.misfit`` says.
    """

    rule: Rule
    misfit: str


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """An upgrade between two entries, with the steps of its rollout that may reach the computer."""

    upgrade: Upgrade
    source: Product
    target: Product
    steps: tuple[RolloutStep, ...]

    def first_day(self, computer: str) -> dt.date | None:
        """The first day it is due on a computer; None for never."""
        return first_day(computer, self.upgrade, self.steps)

    def identity(self) -> list[Any]:
        """What of it can change a judgement or a plan; the scopes of the steps left here hold."""
        steps = ([step.percent, step.start.isoformat()] for step in self.steps)
        return [self.upgrade.id, self.upgrade.request, [step.failures for step in self.upgrade.rollout], *steps]


class CompiledPolicy:
    """One policy for one group of computers that it treats alike.

    ``names`` and ``identity`` are the policy's own, made once.
    """

    def __init__(
        self, policy: Policy, computer: Computer, register: Register, names: PolicyNames, identity: PolicyIdentity
    ) -> None:
        self.policy = policy
        self.register = register
        self.mode: Mode = mode_for(policy, computer, register)
        self.rules: tuple[Rule, ...] = tuple(
            Rule(product=product, selector=selector, in_scope=inside)
            for product in policy.products
            for inside in (in_scope(product.scope, computer, register),)
            for selector in product.packages
        )
        self.lot_numbers: frozenset[str] = frozenset(
            lot.number
            for product in policy.products
            for lot in product.lots
            if lot.disposed is None and in_scope(lot.scope, computer, register)
        )
        self.required: tuple[Product, ...] = tuple(
            product
            for product in policy.products
            if product.state == "required" and in_scope(product.scope, computer, register)
        )
        self.exceptions: tuple[ExceptionRule, ...] = tuple(
            rule for rule in policy.exceptions if in_scope(rule.scope, computer, register)
        )
        self.rollouts: tuple[Rollout, ...] = tuple(_rollouts(policy, computer, register))
        self._names = names
        self._identity = identity

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of everything here that can change a judgement or a plan."""
        return self._identity.digest(
            in_scope=[rule.product for rule in self.rules if rule.in_scope],
            lots=self.lot_numbers,
            exceptions=self.exceptions,
            upgrades=(item.identity() for item in self.rollouts),
        )

    def match(self, manager: str, name: str, version: str, publisher: str | None) -> Match | None:
        """The rule that decides about a package, or None when nothing in the lists is about it; see :meth:`choose`."""
        return self.choose(self._names.on_system(())[manager, name], manager, version, publisher)

    def choose(self, named: Named, manager: str, version: str, publisher: str | None) -> Match | None:
        """The rule that decides about a package with a name that ``named`` is about, or None.

        An exact name beats a glob even when its version or publisher does not fit. A prohibition or retirement that
        does not fit, and a prohibition for other computers, is about something else and does not count. Where several
        rules are left (globs that meet half-way, a version between two ranges) the strictest decides, never file order.
        """
        found = self._best(named.exact, manager, version, publisher)
        return found if found is not None else self._best(named.loose, manager, version, publisher)

    def names_on(self, platform: PlatformFacts) -> NameIndex:
        """What is written about package names, with the base lists of the operating system a computer runs.

        They say what belongs to it, also where the system itself is not approved: that is one finding, not hundreds.
        """
        found = self.match("platform", platform.id, platform.version, None)
        return self._names.on_system(found.rule.product.numbers if found is not None else ())

    def _best(self, places: tuple[int, ...], manager: str, version: str, publisher: str | None) -> Match | None:
        found: list[Match] = []
        for place in places:
            rule = self.rules[place]
            selector, state = rule.selector, rule.product.state
            misfit = match.misfit(manager, selector.versions, selector.publisher, selector.signer, version, publisher)
            if state not in ("forbidden", "retired") if misfit else rule.in_scope or state != "forbidden":
                found.append(Match(rule=rule, misfit=misfit))
        return min(found, key=_strictness, default=None)


class PolicyCompiler:
    """Compiles one policy for every computer of one register, once for each group it treats alike."""

    def __init__(self, policy: Policy, register: Register) -> None:
        self.policy = policy
        self.register = register
        self._named = frozenset(number for scope in _scopes(policy) for number in scope.computers)
        self._names = PolicyNames(policy)
        self._identity = PolicyIdentity(policy)
        self._compiled: dict[tuple[str, str, str], CompiledPolicy] = {}

    def for_computer(self, computer: Computer) -> CompiledPolicy:
        department = self.register.department_of(computer)
        named = computer.number if computer.number in self._named else ""
        key = (department.id if department else "", computer.kind, named)
        if key not in self._compiled:
            self._compiled[key] = CompiledPolicy(self.policy, computer, self.register, self._names, self._identity)
        return self._compiled[key]


def _scopes(policy: Policy) -> Iterator[Scope]:
    for rule in policy.baseline.modes:
        yield rule.scope
    for product in policy.products:
        yield product.scope
        for lot in product.lots:
            yield lot.scope
    for exception in policy.exceptions:
        yield exception.scope
    for upgrade in policy.upgrades:
        for step in upgrade.rollout:
            yield step.scope or EVERYONE


def _rollouts(policy: Policy, computer: Computer, register: Register) -> Iterator[Rollout]:
    """The upgrades that may reach a computer: one whose target is not for it never does."""
    for upgrade in policy.upgrades:
        sides = sides_of(upgrade, policy.products)
        steps = tuple(
            step for step in upgrade.rollout if step.scope is None or in_scope(step.scope, computer, register)
        )
        if sides is not None and steps and in_scope(sides[1].scope, computer, register):
            yield Rollout(upgrade=upgrade, source=sides[0], target=sides[1], steps=steps)


def _strictness(found: Match) -> tuple[bool, int, tuple[str, str, str]]:
    product = found.rule.product
    # What is decided for others comes last, also where it is strict: it is not about this computer.
    state = {"forbidden": 0, "retired": 1}.get(product.state, 2) if found.rule.in_scope else 3
    return (found.misfit != "", state, title_of(product))
