# SPDX-License-Identifier: Apache-2.0
"""An order of a deployment or a request, made sound before any host is asked. Source: DOMAIN I1, I2."""

from __future__ import annotations

from collections import Counter

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Policy
from zhengban.plan.deployment import Deployment, is_package


def settle_order(policy: Policy, order: Deployment) -> Deployment:
    """The order with software numbers in place of the packages that are to come (``manager:name``).

    Raises:
        InputError: it is one that nobody can have meant, with everything that is wrong.
    """
    what = order.request or "deployment"
    problems: list[Problem] = []

    def numbers(ordered: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_number_of(policy, item, what, problems) if is_package(item) else item for item in ordered)

    order = msgspec.structs.replace(order, install=numbers(order.install), upgrade=numbers(order.upgrade))
    known = policy.product_by_number
    ordered = (*order.install, *order.upgrade, *order.remove)
    problems += [
        Problem(file=what, message=f"no software has the number {number!r}", hint=suggest(number, known))
        for number in (*ordered, *filter(None, (order.target,)))
        if number and number not in known and not is_package(number)
    ]
    problems += [
        Problem(file=what, message=f"{number} is ordered more than once", hint="install, upgrade or remove it")
        for number, times in sorted(Counter(ordered).items())
        if number and times > 1
    ]
    if not ordered:
        hint = "name software numbers, or packages as manager:name, to install, upgrade or remove"
        problems.append(Problem(file=what, message="nothing is ordered", hint=hint))
    if not order.request and not order.notice.strip():
        hint = "tell the departments concerned, and name the notice (-e zhengban_notice=2026-031)"
        problems.append(Problem(file=what, message="a unified deployment names its notice (I2)", hint=hint))
    if problems:
        raise InputError(problems)
    return order


def _number_of(policy: Policy, package: str, what: str, problems: list[Problem]) -> str:
    """The number of the one product a package is of; empty, and a problem, where there is no such."""
    manager, _colon, name = package.partition(":")
    found = [
        product
        for product in policy.products
        if product.numbers
        and product.state in ("allowed", "required")
        and any(item.manager == manager and name in (item.name, item.installable_name) for item in product.packages)
    ]
    if len(found) == 1:
        return found[0].numbers[0]
    if found:
        labels = ", ".join(f"{product.numbers[0]} {product.label}" for product in found)
        message, hint = f"{package!r} is a package of more than one product", f"name one by its number: {labels}"
    else:
        message = f"no allowed software has the package {package!r}"
        names = {f"{item.manager}:{item.name}" for product in policy.products for item in product.packages}
        hint = suggest(package, names)
    problems.append(Problem(file=what, message=message, hint=hint))
    return ""
