# SPDX-License-Identifier: Apache-2.0
"""Findings about the operating system, which is software too. Source: DESIGN 2, 4, DOMAIN S2, S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhengban.model.facts import Facts
from zhengban.model.finding import Finding
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy


def judge_platform(compiled: CompiledPolicy, computer: Computer, facts: Facts) -> Iterator[Finding]:
    """What is wrong about the operating system; being unlisted is one finding, whatever its packages are."""
    platform = facts.platform
    found = compiled.match("platform", platform.id, platform.version, None)
    package = f"platform:{platform.id}:"
    if found is None:
        yield Finding(
            code="unlisted",
            computer=computer.number,
            package=package,
            version=platform.version,
            clauses=("S2", "S3"),
            message=f"the operating system {platform.name or platform.id} is not in the software lists",
            remedy="list it with a platform package, or install an approved one",
        )
        return
    product = found.rule.product
    common: dict[str, Any] = {
        "computer": computer.number,
        "package": package,
        "version": platform.version,
        "place": product.place,
    }
    number = product.numbers[0] if product.numbers else ""
    if product.state in ("forbidden", "retired") and not found.misfit and found.rule.in_scope:
        yield Finding(
            code="forbidden" if product.state == "forbidden" else "retired",
            number=number,
            clauses=("S2", "S3"),
            message=f"the operating system {product.label} is {product.state}",
            remedy="install an approved operating system",
            **common,
        )
    elif found.misfit:
        yield Finding(
            code="version_not_allowed",
            number=number,
            clauses=("S2", "S3"),
            message=f"{product.label} is approved as {found.rule.selector.versions!r}, not in {platform.version!r}",
            remedy="upgrade the operating system, or extend the range",
            **common,
        )
    elif not found.rule.in_scope:
        yield Finding(
            code="out_of_scope",
            number=number,
            clauses=("S2", "S3"),
            message=f"{product.label} is not for this computer",
            remedy="install an approved operating system, or extend the scope",
            **common,
        )
