# SPDX-License-Identifier: Apache-2.0
"""A judgement and a plan as the lines every front end prints."""

from __future__ import annotations

import msgspec

from zhengban.model.finding import Assessment, Finding
from zhengban.model.plan import Refusal
from zhengban.model.policy import Place
from zhengban.plan.describe import describe_assessment, describe_plan

from .armoury import make_compiler, make_plan


def test_plan() -> None:
    plan = msgspec.structs.replace(
        make_plan(make_compiler(), "PC-1", removes=1, installs="COM-0001"),
        hash="0123456789abcdef",
        refusals=(
            Refusal(package="", code="", reason="the register says this computer is spare"),
            Refusal(package="dpkg:tar:amd64", code="unlisted", reason="it is protected"),
        ),
    )
    upgrade = msgspec.structs.replace(plan.actions[1], kind="upgrade", old="10")
    plan = msgspec.structs.replace(plan, actions=(*plan.actions, upgrade))

    assert list(describe_plan(plan)) == [
        "PC-1 plan 0123456789ab (enforce): 3 actions",
        "  - game0:amd64 1 [UNLISTED] nobody listed it",
        "  + wps:amd64 11 [COM-0001] it is required",
        "  ^ wps:amd64 10 -> 11 [COM-0001] it is required",
        "  ! PC-1 (computer) stays as it is: the register says this computer is spare",
        "  ! dpkg:tar:amd64 (unlisted) stays as it is: it is protected",
    ]


def test_empty_plan() -> None:
    assert list(describe_plan(make_plan(make_compiler(), "PC-1"))) == ["PC-1 plan: no changes"]


def test_assessment() -> None:
    findings = (
        Finding(code="not_adopted", computer="PC-1", clauses=("L5",), message="no identity"),
        Finding(
            code="forbidden",
            computer="PC-1",
            package="dpkg:xunlei:amd64",
            version="1.0",
            clauses=("S1", "S3"),
            place=Place(file="policies/forbidden.yml", line=4),
            message="迅雷 is forbidden",
        ),
    )
    assessment = Assessment(computer="PC-1", verdict="violating", findings=findings, installs=(), approved_rows=())

    assert list(describe_assessment(assessment)) == [
        "PC-1 is violating: 2 findings",
        "  not_adopted: no identity (L5)",
        "  forbidden dpkg:xunlei:amd64 1.0: 迅雷 is forbidden (S1; S3; policies/forbidden.yml:4)",
    ]


def test_upgrade_into_another_book_and_package() -> None:
    plan = make_plan(make_compiler(), "PC-1", installs="COM-0002")
    upgrade = msgspec.structs.replace(plan.actions[0], kind="upgrade", old="10", old_number="COM-0001")
    replacing = msgspec.structs.replace(upgrade, old_package="dpkg:wps-2019:amd64")
    plan = msgspec.structs.replace(plan, actions=(upgrade, replacing))

    assert list(describe_plan(plan))[1:] == [
        "  ^ wps:amd64 10 -> 11 [COM-0001 -> COM-0002] it is required",
        "  ^ wps-2019:amd64 10 -> wps:amd64 11 [COM-0001 -> COM-0002] it is required",
    ]


def test_excused_findings_are_shown_apart() -> None:
    excused = Finding(
        code="unlisted",
        computer="PC-1",
        package="dpkg:wireshark:amd64",
        version="4.0",
        clauses=("S3",),
        message="not listed; excused until 2026-12-31 (policies/exceptions.yml:2)",
    )
    assessment = Assessment(
        computer="PC-1", verdict="excused", findings=(), excused=(excused,), installs=(), approved_rows=()
    )

    assert list(describe_assessment(assessment)) == [
        "PC-1 is excused: 0 findings, 1 excused",
        "  excused: unlisted dpkg:wireshark:amd64 4.0: not listed; excused until 2026-12-31 "
        "(policies/exceptions.yml:2) (S3)",
    ]
