# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from zhengban.model.policy import Baseline, ModeRule, Policy, Scope
from zhengban.model.register import Computer, Department, Organisation, Person, Register
from zhengban.model.settings import Mode
from zhengban.policy.scope import in_scope, mode_for

DESK = Computer(number="PC-0001", kind="desktop", user="E0001")
SHARED = Computer(number="SRV-0001", kind="server")
REGISTER = Register(
    organisation=Organisation(name="某局"),
    departments=(Department(id="D01", name="办公室"), Department(id="D02", name="财务处")),
    people=(Person(id="E0001", name="张三", department="D02"),),
    computers=(DESK, SHARED),
)


@pytest.mark.parametrize(
    ("scope", "computer", "expected"),
    [
        (Scope(), DESK, True),
        (Scope(), SHARED, True),
        (Scope(departments=("D02",)), DESK, True),
        (Scope(departments=("D01",)), DESK, False),
        (Scope(departments=("D01", "D02")), SHARED, False),
        (Scope(kinds=("server",)), SHARED, True),
        (Scope(kinds=("server",)), DESK, False),
        (Scope(computers=("PC-0001",)), DESK, True),
        (Scope(computers=("PC-0002",)), DESK, False),
        (Scope(departments=("D02",), kinds=("desktop",), computers=("PC-0001",)), DESK, True),
        (Scope(departments=("D02",), kinds=("laptop",)), DESK, False),
        (Scope(departments=("D01",), computers=("PC-0001",)), DESK, False),
    ],
)
def test_every_part_of_a_scope_must_hold(scope: Scope, computer: Computer, expected: bool) -> None:
    assert in_scope(scope, computer, REGISTER) is expected


def _policy(default: Mode, *rules: tuple[Scope, Mode]) -> Policy:
    modes = tuple(ModeRule(scope=scope, mode=mode) for scope, mode in rules)
    return Policy(baseline=Baseline(name="small", mode=default, modes=modes), products=())


COMPUTER = Scope(computers=("PC-0001",))
DEPARTMENT = Scope(departments=("D02",))
KIND = Scope(kinds=("desktop",))
BOTH = Scope(departments=("D02",), kinds=("desktop",))
ELSEWHERE = Scope(departments=("D01",))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (_policy("audit"), "audit"),
        (_policy("enforce"), "enforce"),
        (_policy("enforce", (ELSEWHERE, "audit")), "enforce"),
        (_policy("audit", (KIND, "enforce")), "enforce"),
        (_policy("audit", (KIND, "enforce"), (DEPARTMENT, "audit")), "audit"),
        (_policy("audit", (DEPARTMENT, "enforce"), (KIND, "audit")), "enforce"),
        (_policy("audit", (COMPUTER, "enforce"), (DEPARTMENT, "audit"), (KIND, "audit")), "enforce"),
        (_policy("audit", (BOTH, "enforce"), (DEPARTMENT, "audit")), "enforce"),
        (_policy("audit", (COMPUTER, "enforce"), (BOTH, "audit")), "enforce"),
        (_policy("enforce", (DEPARTMENT, "enforce"), (DEPARTMENT, "audit")), "audit"),
        (_policy("enforce", (DEPARTMENT, "audit"), (DEPARTMENT, "enforce")), "audit"),
        (_policy("audit", (DEPARTMENT, "enforce"), (DEPARTMENT, "enforce")), "enforce"),
    ],
)
def test_the_most_specific_rule_wins_and_a_tie_is_audit(policy: Policy, expected: Mode) -> None:
    assert mode_for(policy, DESK, REGISTER) == expected
