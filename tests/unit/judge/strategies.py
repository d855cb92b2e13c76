# SPDX-License-Identifier: Apache-2.0
"""Policies and computers for property tests: few names, so that they meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.golden.facts import MACHINE_ID
from zhengban.model.facts import Identity
from zhengban.model.policy import Actions, Baseline, Lot, PlatformBase, Policy, Product, Selector
from zhengban.model.register import Computer, Organisation, Register
from zhengban.policy.compile import CompiledPolicy, PolicyCompiler

NAMES = ("a", "b", "c", "d", "e", "f", "ab", "ac")
PATTERNS = (*NAMES, "a*", "?", "*b")
RANGES = ("", ">=2", "<2", "2")
COMPUTER = Computer(number="PC-0001", identity=Identity(machine_id=MACHINE_ID + "1"))
REGISTER = Register(organisation=Organisation(name="测试厅"), departments=(), people=(), computers=(COMPUTER,))
EVERYTHING = Actions(
    unlisted="remove",
    out_of_scope="remove",
    retired="remove",
    forbidden="remove",
    version_not_allowed="upgrade",
    missing_required="install",
)

some_names = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)


@st.composite
def products(draw: st.DrawFn) -> tuple[Product, ...]:
    chosen = draw(st.lists(st.sampled_from(PATTERNS), max_size=6, unique=True))
    return tuple(
        Product(
            name=f"P{index}",
            version="1",
            type="commercial",
            category="other",
            lots=(Lot(number=f"COM-{index}"),),
            packages=(Selector(manager="dpkg", name=name, versions=draw(st.sampled_from(RANGES))),),
            state=draw(st.sampled_from(("required", "allowed", "allowed", "retired", "forbidden"))),
        )
        for index, name in enumerate(chosen)
    )


@st.composite
def packages(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    some = st.lists(st.sampled_from(names), max_size=2, unique=True)
    flag = st.booleans()
    return [
        {
            "name": name,
            "version": draw(st.sampled_from(("1", "2", "3"))),
            "manual": draw(flag),
            "held": draw(st.sampled_from((False, False, True))),
            "needs": draw(some),
            "needs_virtual": draw(some),
            "wants": draw(some),
        }
        for name in names
    ]


def compile_policy(entries: tuple[Product, ...]) -> CompiledPolicy:
    base = PlatformBase(number="FREE-1", manager="dpkg", names=frozenset({"f"}))
    debian = Product(
        name="Debian",
        type="free",
        category="os",
        number="FREE-1",
        packages=(Selector(manager="platform", name="debian"),),
    )
    baseline = Baseline(name="office", mode="enforce", grace_days=0, actions=EVERYTHING)
    policy = Policy(baseline=baseline, products=(debian, *entries), platforms=(base,))
    return PolicyCompiler(policy, REGISTER).for_computer(COMPUTER)
