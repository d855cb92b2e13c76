# SPDX-License-Identifier: Apache-2.0
"""The digest of a policy as it applies to a computer: of all of it, and not made anew for every computer."""

from __future__ import annotations

import hashlib
import time

import msgspec
import rfc8785

from zhengban.model.policy import Baseline, Policy, Product, Scope, Selector
from zhengban.model.register import Computer, Organisation, Register
from zhengban.policy.compile import PolicyCompiler
from zhengban.policy.identity import PolicyIdentity


def product(at: int, scope: Scope) -> Product:
    selector = Selector(manager="dpkg", name=f"package-{at}")
    return Product(
        name=f"Software {at}", type="free", category="other", number=f"FREE-{at}", packages=(selector,), scope=scope
    )


def compiler(products: int, computers: int) -> PolicyCompiler:
    """A policy whose first product is for all of so many computers, each by its number."""
    numbers = tuple(f"PC-{at}" for at in range(computers))
    entries = (product(at, Scope(computers=numbers) if not at else Scope()) for at in range(products))
    policy = Policy(baseline=Baseline(name="office"), products=tuple(entries))
    own = tuple(Computer(number=number) for number in numbers)
    return PolicyCompiler(
        policy, Register(organisation=Organisation(name="某省某厅"), departments=(), people=(), computers=own)
    )


def test_it_is_the_sha256_of_the_canonical_form() -> None:
    policy = Policy(baseline=Baseline(name="office"), products=())
    digest = PolicyIdentity(policy).digest(in_scope=(), lots=("b", "a"), exceptions=(), upgrades=([2, "z"], [1, "a"]))
    assert digest == hashlib.sha256(canonical(policy, lots=["a", "b"], upgrades=[[1, "a"], [2, "z"]])).hexdigest()


def canonical(policy: Policy, **parts: object) -> bytes:
    baseline = msgspec.to_builtins(policy.baseline)
    for unrelated in ("mode", "modes", "guard", "outside"):
        del baseline[unrelated]
    empty: dict[str, object] = {
        "products": [],
        "in_scope": [],
        "lots": [],
        "bases": [],
        "exceptions": [],
        "upgrades": [],
    }
    return rfc8785.dumps({"baseline": baseline, **empty, **parts})


def test_computers_that_a_scope_names_cost_little_each() -> None:
    """All products were written out for each of them: a policy of 1,000 entries that names 1,000 computers took minutes
    to compare with another, or to arm.
    """

    def seconds(computers: int) -> float:
        compiling = compiler(300, computers)
        started = time.process_time()
        assert len({compiling.for_computer(computer).digest for computer in compiling.register.computers}) == 1
        return time.process_time() - started

    seconds(1)
    one = min(seconds(1) for _turn in range(3))
    assert seconds(32) < 16 * one
