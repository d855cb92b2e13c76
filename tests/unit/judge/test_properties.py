# SPDX-License-Identifier: Apache-2.0
"""What holds for the findings of every policy and computer, not only for the golden cases. Source: DESIGN 4."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.facts import facts_of
from zhengban.judge import judge
from zhengban.model.policy import ExceptionRule, Product, Selector, Upgrade

from .strategies import COMPUTER, NAMES, TODAY, compile_policy, exceptions, packages, products, upgrades


@settings(max_examples=80, deadline=None)
@given(products(), exceptions(), upgrades(), packages(), st.randoms(use_true_random=False))
def test_order_never_changes_findings(
    entries: tuple[Product, ...],
    excepted: tuple[ExceptionRule, ...],
    upgraded: tuple[tuple[Product, ...], tuple[Upgrade, ...]],
    installed: list[dict[str, Any]],
    random: Any,
) -> None:
    def shuffled(items: Any) -> Any:
        return random.sample(items, len(items))

    listed = (*entries, *upgraded[0])
    before = compile_policy(listed, excepted, upgraded[1])
    after = compile_policy(tuple(shuffled(listed)), tuple(shuffled(excepted)), tuple(shuffled(upgraded[1])))

    one = judge(before, COMPUTER, facts_of({"packages": installed}), today=TODAY)
    other = judge(after, COMPUTER, facts_of({"packages": shuffled(installed)}), today=TODAY)
    assert (one.verdict, one.findings, one.excused) == (other.verdict, other.findings, other.excused)
    assert before.digest == after.digest


@settings(max_examples=80, deadline=None)
@given(products(), exceptions(), upgrades(), packages(), st.sampled_from(NAMES))
def test_allowing_more_never_creates_an_unlisted(
    entries: tuple[Product, ...],
    excepted: tuple[ExceptionRule, ...],
    upgraded: tuple[tuple[Product, ...], tuple[Upgrade, ...]],
    installed: list[dict[str, Any]],
    name: str,
) -> None:
    more = Product(
        name="More",
        type="free",
        category="other",
        number="FREE-9",
        packages=(Selector(manager="dpkg", name=name),),
    )
    facts = facts_of({"packages": installed})

    def unlisted(*listed: Product) -> set[str]:
        compiled = compile_policy(listed, excepted, upgraded[1])
        assessment = judge(compiled, COMPUTER, facts, today=TODAY)
        return {finding.package for finding in assessment.findings if finding.code == "unlisted"}

    # Naming what a pattern forbids lifts the prohibition, never the other way round.
    assert unlisted(*entries, *upgraded[0], more) <= unlisted(*entries, *upgraded[0])


@settings(max_examples=80, deadline=None)
@given(products(), exceptions(), packages())
def test_exceptions_only_move_findings_apart(
    entries: tuple[Product, ...], excepted: tuple[ExceptionRule, ...], installed: list[dict[str, Any]]
) -> None:
    facts = facts_of({"packages": installed})
    without = judge(compile_policy(entries), COMPUTER, facts, today=TODAY)
    within = judge(compile_policy(entries, excepted), COMPUTER, facts, today=TODAY)

    standing = [finding for finding in within.findings if finding.code != "exception_expired"]
    found = sorted((finding.package, finding.version, finding.code) for finding in (*standing, *within.excused))
    assert found == sorted((finding.package, finding.version, finding.code) for finding in without.findings)
    assert within.approved_rows == without.approved_rows
    # The day after the last one ends, nothing is excused any more.
    later = max((rule.until for rule in excepted), default=TODAY) + dt.timedelta(days=1)
    assert judge(compile_policy(entries, excepted), COMPUTER, facts, today=later).excused == ()
