# SPDX-License-Identifier: Apache-2.0
"""The judgement of one computer. Source: DESIGN 4, DOMAIN S1-S4, S6, N1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment, Finding, Install, Verdict
from zhengban.model.record import EMPTY_HISTORY, History
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

from .approve import APPROVED, Ruling, rule_packages
from .computer import judge_computer, unread_computer
from .excuse import excuse
from .guarded import judge_guard
from .licences import judge_licences
from .outside import judge_outside
from .package import judge_missing, judge_package
from .platform import judge_platform
from .private import judge_private
from .unconfirmed import judge_unconfirmed
from .upgrades import judge_upgrades


def judge(
    compiled: CompiledPolicy,
    computer: Computer,
    facts: Facts | None,
    *,
    history: History = EMPTY_HISTORY,
    today: dt.date,
    rulings: tuple[Ruling, ...] | None = None,
) -> Assessment:
    """Judge one computer.

    Args:
        compiled: the policy as it applies to this computer.
        computer: its row in the register.
        facts: what it says about itself; None when it could not be asked.
        history: what the books know, for changes nobody recorded and for licences.
        today: the day in the organisation's time zone, for exceptions, upgrades and people who left.
        rulings: what :func:`rule_packages` says about these very facts, where the caller knows it already.

    Returns:
        The verdict, findings and excused findings sorted by (package, version, code) and the products recognised. A
        computer that could not be read, or a manager on it that could not, is ``unread``, never compliant or excused.

    Raises:
        VersionError: a range of the policy that its manager's own rules cannot read.

    Source: DESIGN 4.
    """
    if facts is None:
        unread = unread_computer(computer)
        return Assessment(computer=computer.number, verdict="unread", findings=(unread,), installs=(), approved_rows=())
    if rulings is None:
        rulings = rule_packages(compiled, facts)
    recognised = _recognised(compiled, rulings)
    found = [
        *judge_computer(compiled, computer, facts, today=today),
        *judge_platform(compiled, computer, facts),
        *judge_outside(compiled, computer, facts),
        *judge_guard(compiled, computer, facts, history, today=today),
        *(
            judge_package(computer, facts.packages, row, ruling)
            for row, ruling in enumerate(rulings)
            if ruling.verdict not in APPROVED or ruling.is_foreign
        ),
        *judge_missing(compiled, computer, facts, rulings),
        *judge_upgrades(compiled, computer, facts, rulings, recognised, today=today),
        *judge_private(compiled, computer, facts, rulings, recognised, history),
        *judge_licences(compiled, computer, history, today=today),
        *judge_unconfirmed(compiled, computer, history, today=today),
    ]
    findings, excused = excuse(compiled, facts, found, today=today)
    return Assessment(
        computer=computer.number,
        verdict=_verdict(findings, excused),
        findings=tuple(sorted(findings, key=_order)),
        excused=tuple(sorted(excused, key=_order)),
        installs=tuple(_installs(compiled, facts, recognised)),
        approved_rows=tuple([row for row, ruling in enumerate(rulings) if ruling.verdict in APPROVED]),
    )


def _order(finding: Finding) -> tuple[str, str, str, str]:
    # The message last: two exceptions for one package may have ended.
    return (finding.package, finding.version, finding.code, finding.message)


def _verdict(findings: tuple[Finding, ...], excused: tuple[Finding, ...]) -> Verdict:
    if any(finding.code != "unread" for finding in findings):
        return "violating"
    if findings:
        return "unread"
    return "excused" if excused else "compliant"


def _recognised(compiled: CompiledPolicy, rulings: tuple[Ruling, ...]) -> dict[int, int]:
    """The row that gives a product's version, by the product's ``id()``: its first package that is there."""
    rows_of: dict[tuple[int, int], int] = {}
    for row, ruling in enumerate(rulings):
        if ruling.match is not None and ruling.match.misfit in ("", "version"):
            key = (id(ruling.match.rule.product), id(ruling.match.rule.selector))
            rows_of.setdefault(key, row)
    recognised: dict[int, int] = {}
    for product in compiled.policy.products:
        for selector in product.packages:
            row_found = rows_of.get((id(product), id(selector)))
            if row_found is not None:
                recognised.setdefault(id(product), row_found)
    return recognised


def _installs(compiled: CompiledPolicy, facts: Facts, recognised: Mapping[int, int]) -> Iterator[Install]:
    for product in compiled.policy.products:
        row = recognised.get(id(product))
        if row is not None:
            package = facts.packages[row]
            yield Install(
                row=row,
                package=package.ref,
                version=package.version,
                product=product.name,
                label=product.version,
                numbers=product.numbers,
            )
