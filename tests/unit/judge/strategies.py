# SPDX-License-Identifier: Apache-2.0
"""Policies and computers for property tests: few names, so that they meet."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from tests.golden.facts import MACHINE_ID
from zhengban.model.facts import Identity
from zhengban.model.policy import (
    Baseline,
    ExceptionRule,
    Lot,
    PlatformBase,
    Policy,
    Product,
    RolloutStep,
    Scope,
    Selector,
    Upgrade,
)
from zhengban.model.register import Computer, Organisation, Register
from zhengban.model.settings import Actions
from zhengban.policy.compile import CompiledPolicy, PolicyCompiler

NAMES = ("a", "b", "c", "d", "e", "f", "ab", "ac")
PATTERNS = (*NAMES, "a*", "?", "*b")
RANGES = ("", ">=2", "<2", "2")
TODAY = dt.date(2026, 11, 23)
COMPUTER = Computer(number="PC-0001", identity=Identity(machine_id=MACHINE_ID + "1"))
REGISTER = Register(organisation=Organisation(name="测试厅"), departments=(), people=(), computers=(COMPUTER,))
EVERYTHING = Actions(
    unlisted="remove",
    out_of_scope="remove",
    retired="remove",
    forbidden="remove",
    version_not_allowed="upgrade",
    missing_required="install",
    upgrade_due="upgrade",
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


days = st.sampled_from((TODAY - dt.timedelta(days=1), TODAY, TODAY + dt.timedelta(days=1)))
somewhere = st.sampled_from((Scope(), Scope(computers=("PC-0001",)), Scope(computers=("PC-0002",))))


@st.composite
def exceptions(draw: st.DrawFn) -> tuple[ExceptionRule, ...]:
    """Exceptions by name, pattern and number, of which some have ended and some are for others."""
    targets = draw(st.lists(st.sampled_from((*PATTERNS, "COM-0", "COM-1", "COM-2")), max_size=4))
    return tuple(
        ExceptionRule(
            **({"number": target} if target.startswith("COM-") else {"manager": "dpkg", "name": target}),
            versions="" if target.startswith("COM-") else draw(st.sampled_from(RANGES)),
            scope=draw(somewhere),
            until=draw(days),
            reason="test",
            approved_by="E0001",
        )
        for target in targets
    )


@st.composite
def upgrades(draw: st.DrawFn) -> tuple[tuple[Product, ...], tuple[Upgrade, ...]]:
    """Versions 2 of some of the products, as the same package or as one of another name, and the upgrades to them."""
    chosen = draw(st.lists(st.sampled_from(range(4)), max_size=3, unique=True))
    targets = tuple(
        Product(
            name=f"P{index}",
            version="2",
            type="commercial",
            category="other",
            lots=(Lot(number=f"NEW-{index}"),),
            packages=(Selector(manager="dpkg", name=draw(st.sampled_from((f"n{index}", "a", "b"))), versions=">=3"),),
        )
        for index in chosen
    )
    return targets, tuple(
        Upgrade(
            software=target.name,
            source="1",
            target="2",
            rollout=(RolloutStep(scope=draw(somewhere), start=draw(days)), RolloutStep(percent=50, start=draw(days))),
        )
        for target in targets
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


def compile_policy(
    entries: tuple[Product, ...],
    excepted: tuple[ExceptionRule, ...] = (),
    upgraded: tuple[Upgrade, ...] = (),
) -> CompiledPolicy:
    base = PlatformBase(number="FREE-1", manager="dpkg", names=frozenset({"f"}))
    debian = Product(
        name="Debian",
        type="free",
        category="os",
        number="FREE-1",
        packages=(Selector(manager="platform", name="debian"),),
    )
    baseline = Baseline(name="office", mode="enforce", grace_days=0, actions=EVERYTHING)
    policy = Policy(
        baseline=baseline,
        products=(debian, *entries),
        platforms=(base,),
        exceptions=excepted,
        upgrades=upgraded,
    )
    return PolicyCompiler(policy, REGISTER).for_computer(COMPUTER)
