# SPDX-License-Identifier: Apache-2.0
"""The same decisions in Rego, evaluated by regorus: ``policy.rego``, and the policy as the data it looks things up in.

regorus is used through its interpreter: its virtual machine stops after 25,000 instructions, which Python cannot raise
and 2,000 packages exceed. Version ranges are compared as semantic versions, so the fleet lists no others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import regorus

from zhengban.host.version import parse_range
from zhengban.model.policy import Policy, Product, Selector
from zhengban.model.register import Register

RULES = Path(__file__).with_name("policy.rego")
RANKS = {"forbidden": 0, "retired": 1}
LAST_CHARACTER = "\U0010ffff"

FindingKey = tuple[str, str, str, str]
"""(code, package, version, number)."""


class Peer:
    """A regorus engine that has read rules and policy; computers follow one by one."""

    def __init__(self, policy: Policy, register: Register) -> None:
        self._engine = regorus.Engine()
        self._engine.add_policy(RULES.name, RULES.read_text(encoding="utf-8"))
        self._engine.add_data(_data(policy, register))

    def judge(self, document: bytes) -> str:
        """Judge one facts document; returns the findings as the JSON that regorus writes."""
        self._engine.set_input_json(document.decode())
        found: str = self._engine.eval_rule_as_json("data.zhengban.findings")
        return found


def read_findings(text: str) -> set[FindingKey]:
    """What :meth:`Peer.judge` returned, as values to compare."""
    return {(code, package, version, number) for code, package, version, number in json.loads(text)}


def _data(policy: Policy, register: Register) -> dict[str, Any]:
    products: dict[str, Any] = {}
    exact: dict[str, Any] = {}
    globs: dict[str, Any] = {}
    platforms: dict[str, str] = {}
    # The order of the keys decides between equals, as the judge's does.
    for at, product in enumerate(sorted(policy.products, key=lambda product: (product.type, product.name))):
        key = f"{at:05}"
        products[key] = _product(product)
        for selector in product.packages:
            if selector.manager == "platform":
                platforms |= dict.fromkeys(product.numbers, selector.name)
            elif selector.is_glob:
                globs.setdefault(selector.manager, []).append(_selector(selector, key))
            else:
                exact.setdefault(selector.manager, {}).setdefault(selector.name, []).append(_selector(selector, key))
    base: dict[str, Any] = {}
    for listed in policy.platforms:
        base.setdefault(platforms[listed.number], {})[listed.manager] = {
            "names": dict.fromkeys(sorted(listed.names), True),
            "heads": [pattern.removesuffix("*") for pattern in listed.globs],
        }
    return {"products": products, "exact": exact, "globs": globs, "base": base, "register": _register(register)}


def _product(product: Product) -> dict[str, Any]:
    first = product.packages[0]
    return {
        "departments": product.scope.departments,
        "kinds": product.scope.kinds,
        "computers": product.scope.computers,
        "state": product.state,
        "rank": RANKS.get(product.state, 2),
        "number": product.numbers[0],
        "shown": f"{first.manager}:{first.name}:",
    }


def _selector(selector: Selector, product: str) -> dict[str, Any]:
    head = selector.name.partition("*")[0].partition("?")[0]
    bounds = parse_range(selector.manager, selector.versions)
    return {
        "product": product,
        "name": selector.name,
        "bounds": bounds,
        "head": head,
        # Comparing texts is cheaper in regorus than startswith().
        "end": head + LAST_CHARACTER,
    }


def _register(register: Register) -> dict[str, Any]:
    rows = {}
    for computer in register.computers:
        department = register.department_of(computer)
        rows[computer.number] = {
            "department": department.id if department else "",
            "kind": computer.kind,
            "machine_id": computer.identity.machine_id,
        }
    return rows
