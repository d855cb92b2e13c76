# SPDX-License-Identifier: Apache-2.0
"""The policy as it applies to one computer: what the judge looks packages up in.

Computers of one department and kind that no scope names share one compiled policy, so a fleet compiles a handful.
Source: DESIGN 4, 5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import rfc8785

from zhengban.host import match
from zhengban.model.facts import PlatformFacts
from zhengban.model.policy import Mode, PlatformBase, Policy, Product, Scope, Selector
from zhengban.model.register import Computer, Register

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


class CompiledPolicy:
    """One policy for one group of computers that it treats alike.

    ``digest`` is the SHA-256 of the RFC 8785 form of everything here that can change a judgement or a plan; file
    positions are not part of it.
    """

    def __init__(self, policy: Policy, computer: Computer, register: Register) -> None:
        self.policy = policy
        self.mode: Mode = mode_for(policy, computer, register)
        self.rules: tuple[Rule, ...] = tuple(
            Rule(product=product, selector=selector, in_scope=inside)
            for product in policy.products
            for inside in (in_scope(product.scope, computer, register),)
            for selector in product.packages
        )
        self.lot_numbers: frozenset[str] = frozenset(
            lot.number for product in policy.products for lot in product.lots if in_scope(lot.scope, computer, register)
        )
        self.required: tuple[Product, ...] = tuple(
            product
            for product in policy.products
            if product.state == "required" and in_scope(product.scope, computer, register)
        )
        self._exact: dict[tuple[str, str], tuple[Rule, ...]] = {}
        self._globs: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            selector = rule.selector
            if selector.is_glob:
                self._globs[selector.manager] = (*self._globs.get(selector.manager, ()), rule)
            else:
                key = _exact_key(selector.manager, selector.name)
                self._exact[key] = (*self._exact.get(key, ()), rule)
        self._matches: dict[tuple[str, str, str, str | None], Match | None] = {}
        self.digest = hashlib.sha256(rfc8785.dumps(self._identity())).hexdigest()

    def match(self, manager: str, name: str, version: str, publisher: str | None) -> Match | None:
        """The rule that decides about a package, or None when nothing in the lists is about it.

        An exact name beats a glob even when its version or publisher does not fit. A prohibition or retirement that
        does not fit, and a prohibition for other computers, is about something else and does not count. Where several
        rules are left (globs that meet half-way, a version between two ranges) the strictest decides, never file order.
        """
        key = (manager, name, version, publisher)
        try:
            return self._matches[key]
        except KeyError:
            found = self._matches[key] = self._find(manager, name, version, publisher)
            return found

    def bases_for(self, platform: PlatformFacts) -> tuple[PlatformBase, ...]:
        """The base lists of the operating system a computer runs.

        They say what belongs to it, also where the system itself is not approved: that is one finding, not hundreds.
        """
        found = self.match("platform", platform.id, platform.version, None)
        if found is None:
            return ()
        numbers = found.rule.product.numbers
        return tuple(base for base in self.policy.platforms if base.number in numbers)

    def _find(self, manager: str, name: str, version: str, publisher: str | None) -> Match | None:
        exact = self._best(self._exact.get(_exact_key(manager, name), ()), manager, version, publisher)
        if exact is not None:
            return exact
        named = tuple(
            rule
            for rule in self._globs.get(manager, ())
            if match.name_matches(rule.selector.name, name, manager == "windows")
        )
        return self._best(named, manager, version, publisher)

    @staticmethod
    def _best(rules: tuple[Rule, ...], manager: str, version: str, publisher: str | None) -> Match | None:
        found: list[Match] = []
        for rule in rules:
            selector, state = rule.selector, rule.product.state
            misfit = match.misfit(manager, selector.versions, selector.publisher, selector.signer, version, publisher)
            if state not in ("forbidden", "retired") if misfit else rule.in_scope or state != "forbidden":
                found.append(Match(rule=rule, misfit=misfit))
        return min(found, key=_strictness, default=None)

    def _identity(self) -> dict[str, Any]:
        # Sorted, so that the order of the files does not show; a product's packages keep theirs: the first one counts.
        baseline = msgspec.to_builtins(self.policy.baseline)
        for unrelated in ("mode", "modes", "guard"):
            del baseline[unrelated]
        return {
            "baseline": baseline,
            "products": sorted((_without_place(product) for product in self.policy.products), key=rfc8785.dumps),
            "in_scope": sorted({_title(rule.product) for rule in self.rules if rule.in_scope}),
            "lots": sorted(self.lot_numbers),
            "bases": sorted(
                [base.number, base.manager, sorted(base.names), sorted(base.globs)] for base in self.policy.platforms
            ),
        }


class PolicyCompiler:
    """Compiles one policy for every computer of one register, once for each group it treats alike."""

    def __init__(self, policy: Policy, register: Register) -> None:
        self.policy = policy
        self.register = register
        self._named = frozenset(number for scope in _scopes(policy) for number in scope.computers)
        self._compiled: dict[tuple[str, str, str], CompiledPolicy] = {}

    def for_computer(self, computer: Computer) -> CompiledPolicy:
        department = self.register.department_of(computer)
        named = computer.number if computer.number in self._named else ""
        key = (department.id if department else "", computer.kind, named)
        if key not in self._compiled:
            self._compiled[key] = CompiledPolicy(self.policy, computer, self.register)
        return self._compiled[key]


def _scopes(policy: Policy) -> Iterator[Scope]:
    for rule in policy.baseline.modes:
        yield rule.scope
    for product in policy.products:
        yield product.scope
        for lot in product.lots:
            yield lot.scope


def _exact_key(manager: str, name: str) -> tuple[str, str]:
    """Where an exact name is looked up; Windows names compare without case, as ``match.name_matches`` does."""
    return (manager, name.lower() if manager == "windows" else name)


def _strictness(found: Match) -> tuple[bool, int, bool, tuple[str, str, str]]:
    product = found.rule.product
    state = {"forbidden": 0, "retired": 1}.get(product.state, 2)
    return (found.misfit != "", state, not found.rule.in_scope, _title(product))


def _title(product: Product) -> tuple[str, str, str]:
    return (product.type, product.name, product.version)


def _without_place(product: Product) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(product)
    del plain["place"]
    for lot in plain["lots"]:
        del lot["serials"]
    return plain
