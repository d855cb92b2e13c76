# SPDX-License-Identifier: Apache-2.0
"""Findings about packages: those that are there and those that are not. Source: DESIGN 4, DOMAIN S1-S3, S6, N1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhengban.model.facts import Facts, Package
from zhengban.model.finding import Finding
from zhengban.model.policy import NOWHERE, Place
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

from .approve import Ruling, unmet_condition


def judge_package(computer: Computer, packages: tuple[Package, ...], row: int, ruling: Ruling) -> Finding:
    """Why one package is not as decided."""
    package = packages[row]
    found = ruling.match
    product = found.rule.product if found else None
    common: dict[str, Any] = {
        "computer": computer.number,
        "package": package.ref,
        "version": package.version,
        "place": _place(ruling),
        "number": product.numbers[0] if product and product.numbers else "",
    }
    if ruling.is_foreign:
        origins, decided_by = _expected_origins(ruling)
        return Finding(
            code="origin_mismatch",
            clauses=("S1", "S3"),
            message=f"{decided_by} should come from {' or '.join(map(repr, origins))}, not from {package.origin!r}",
            remedy="find out where it comes from; install it from there, or extend origins",
            **common,
        )
    if ruling.verdict == "forbidden":
        assert product is not None
        return Finding(
            code="forbidden",
            clauses=("S1", "S3"),
            message=f"{product.label} is forbidden",
            remedy="remove it",
            **common,
        )
    if ruling.verdict == "retired":
        assert product is not None
        return Finding(
            code="retired",
            clauses=("S3", "C6"),
            message=f"{product.label} is retired",
            remedy="remove it or move to its successor",
            **common,
        )
    if ruling.verdict == "version":
        assert found is not None and product is not None
        return Finding(
            code="version_not_allowed",
            clauses=("S3", "N1"),
            message=f"{product.label} is approved as {found.rule.selector.versions!r}, not in {package.version!r}",
            remedy="upgrade it into the approved range",
            **common,
        )
    if ruling.verdict == "out_of_scope":
        assert product is not None
        return Finding(
            code="out_of_scope",
            clauses=("S1", "S3"),
            message=f"{product.label} is not approved for this computer",
            remedy="remove it, or extend the entry's scope",
            **common,
        )
    message = "neither listed, nor part of the operating system, nor needed by approved software"
    if found is not None and product is not None:
        condition = found.rule.selector.publisher or found.rule.selector.signer
        message = f"looks like {product.label} but its {found.misfit} is {package.publisher!r}, not {condition!r}"
    elif ruling.base is not None and (unmet := unmet_condition(ruling.base, package)):
        what, patterns = unmet
        expected = " or ".join(map(repr, patterns))
        message = f"has a name of the operating system's base but its {what} is {package.publisher!r}, not {expected}"
    return Finding(code="unlisted", clauses=("S1", "S3"), message=message, remedy="remove it, or list it", **common)


def _place(ruling: Ruling) -> Place:
    if ruling.verdict == "base" and ruling.base is not None:
        return ruling.base.place
    return ruling.match.rule.product.place if ruling.match else ruling.base.place if ruling.base else NOWHERE


def _expected_origins(ruling: Ruling) -> tuple[tuple[str, ...], str]:
    """The origins that would do, and what asks for them."""
    if ruling.verdict == "base" and ruling.base is not None:
        return ruling.base.origins, "a package of the operating system's base"
    assert ruling.match is not None
    return ruling.match.rule.selector.origins, ruling.match.rule.product.label


def judge_missing(
    compiled: CompiledPolicy, computer: Computer, facts: Facts, rulings: tuple[Ruling, ...]
) -> Iterator[Finding]:
    """Required software that is not there; where a manager could not be read it may be there."""
    # A look-alike with a wrong publisher is not the product.
    present = {
        id(ruling.match.rule.product)
        for ruling in rulings
        if ruling.match is not None and ruling.match.misfit in ("", "version")
    }
    unread = {manager for manager, state in facts.managers.items() if not state.read}
    for product in compiled.required:
        if id(product) in present or any(selector.manager == "platform" for selector in product.packages):
            continue
        managers = [selector.manager for selector in product.packages]
        if unread.intersection(managers):
            continue
        wanted = next((item for item in product.packages if item.manager in facts.managers), product.packages[0])
        yield Finding(
            code="missing_required",
            computer=computer.number,
            package=f"{wanted.manager}:{wanted.name}:",
            number=product.numbers[0],
            clauses=("S2", "S6") if product.category in ("os", "office", "antivirus") else ("S6",),
            place=product.place,
            message=f"{product.label} is required and not installed",
            remedy="install it",
        )
