# SPDX-License-Identifier: Apache-2.0
"""Which entry of the policy an install on record belongs to. Source: DESIGN 4, 6."""

from __future__ import annotations

from zhengban.host import match
from zhengban.model.policy import Product, Selector
from zhengban.model.record import Holding

from .compile import CompiledPolicy


def product_on_record(compiled: CompiledPolicy, package: str, holding: Holding) -> tuple[Product | None, bool]:
    """The product of an install on record, and whether its recorded version decided.

    A lot may carry other version labels than its own, so its number alone does not say which one is installed.
    """
    manager, name = manager_and_name(package)
    found = compiled.match(manager, name, holding.version, None)
    if found is None or not found.misfit:
        product = found.rule.product if found is not None else None
    else:
        # The books do not say who signed or published it.
        fitting = (rule for rule in compiled.rules if _fits(rule.selector, manager, name, holding.version))
        product = next((rule.product for rule in fitting), None)
    if product is not None:
        return product, True
    return compiled.policy.product_by_number.get(holding.number), False


def manager_and_name(package: str) -> tuple[str, str]:
    """The first two parts of ``manager:name:arch``."""
    manager, _colon, rest = package.partition(":")
    return manager, rest.rpartition(":")[0]


def _fits(selector: Selector, manager: str, name: str, version: str) -> bool:
    return (
        selector.manager == manager
        and match.name_matches(selector.name, name, manager == "windows")
        and not match.misfit(manager, selector.versions, "", "", version, None)
    )
