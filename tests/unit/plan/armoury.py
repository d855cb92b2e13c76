# SPDX-License-Identifier: Apache-2.0
"""A register, a policy and plans as values, for what is decided about whole runs."""

from __future__ import annotations

import datetime as dt

from zhengban.model.cause import URGENT
from zhengban.model.facts import Identity
from zhengban.model.plan import Action, Plan
from zhengban.model.policy import Baseline, Lot, Policy, Product, Selector
from zhengban.model.record import UNLISTED
from zhengban.model.register import Computer, Organisation, Register
from zhengban.model.settings import Limits, Mode
from zhengban.plan import Offer
from zhengban.plan.hash import with_hash
from zhengban.policy.compile import PolicyCompiler

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)


def make_compiler(
    *,
    in_use: int = 8,
    spare: int = 0,
    mode: Mode = "enforce",
    seats: int | None = None,
    more_lots: tuple[Lot, ...] = (),
    **limits: int | str,
) -> PolicyCompiler:
    """Computers PC-1 … in use, then spare ones; one commercial product, its lot COM-0001 of ``seats`` and others."""
    computers = tuple(
        Computer(
            number=f"PC-{index}",
            identity=Identity(machine_id=f"{index:032x}"),
            status="in_use" if index <= in_use else "spare",
        )
        for index in range(1, in_use + spare + 1)
    )
    product = Product(
        name="WPS",
        version="2019",
        type="commercial",
        category="office",
        lots=(Lot(number="COM-0001", quantity=seats), *more_lots),
        packages=(Selector(manager="dpkg", name="wps"),),
    )
    baseline = Baseline(name="office", mode=mode, limits=Limits(**limits))  # type: ignore[arg-type]
    register = Register(organisation=Organisation(name="测试厅"), departments=(), people=(), computers=computers)
    return PolicyCompiler(Policy(baseline=baseline, products=(product,)), register)


def make_plan(
    compiler: PolicyCompiler,
    number: str,
    *,
    removes: int = 0,
    follows: int = 0,
    installs: str | tuple[str, ...] = (),
    mode: Mode = "enforce",
    as_of: dt.date = TODAY,
    code: str = "unlisted",
    notice: str = "",
    urgent: str = "",
) -> Plan:
    """A hashed plan that removes so many packages by name and as followers, and installs under a number, or the first
    of several lots; removals belong to an ``urgent`` removal where one is named.
    """
    cause = f"{URGENT}{urgent}" if urgent else "enforcement"
    actions = [_removal(f"game{index}", code=code, cause=cause) for index in range(removes)]
    actions += [_removal(f"lib{index}", code=code, cause=cause, role="follower") for index in range(follows)]
    lots = (installs,) if isinstance(installs, str) else installs
    if lots:
        actions.append(
            Action(
                kind="install",
                manager="dpkg",
                name="wps",
                arch="amd64",
                new="11",
                number=lots[0],
                lots=lots,
                quantity=1,
                cause="enforcement",
                code="missing_required",
                because="it is required",
            )
        )
    computer = compiler.register.computer_by_number[number]
    plan = Plan(
        computer=number,
        mode=mode,
        as_of=as_of,
        facts_digest="f" * 64,
        policy_digest=compiler.for_computer(computer).digest,
        actions=tuple(actions),
        notice=notice,
    )
    return with_hash(plan, computer)


def offer(plan: Plan | None, host: str = "") -> Offer:
    """What a host named after its computer brings."""
    return Offer(host=host or (plan.computer.lower() if plan else "away"), plan=plan)


def _removal(name: str, *, code: str, cause: str, role: str = "named") -> Action:
    return Action(
        kind="remove",
        manager="dpkg",
        name=name,
        arch="amd64",
        old="1",
        role=role,  # type: ignore[arg-type]
        number=UNLISTED,
        quantity=1,
        cause=cause,
        code=code,
        because="nobody listed it",
    )
