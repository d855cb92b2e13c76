# SPDX-License-Identifier: Apache-2.0
"""What holds for the findings of every policy and computer, not only for the golden cases. Source: DESIGN 4."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.facts import facts_of
from zhengban.judge import judge
from zhengban.model.policy import Product, Selector

from .strategies import COMPUTER, NAMES, compile_policy, packages, products


@settings(max_examples=60, deadline=None)
@given(products(), packages(), st.randoms(use_true_random=False))
def test_order_never_changes_findings(
    entries: tuple[Product, ...], installed: list[dict[str, Any]], random: Any
) -> None:
    shuffled_entries, shuffled_packages = list(entries), list(installed)
    random.shuffle(shuffled_entries)
    random.shuffle(shuffled_packages)
    before = compile_policy(entries)
    after = compile_policy(tuple(shuffled_entries))

    assert judge(before, COMPUTER, facts_of({"packages": installed})).findings == (
        judge(after, COMPUTER, facts_of({"packages": shuffled_packages})).findings
    )
    assert before.digest == after.digest


@settings(max_examples=60, deadline=None)
@given(products(), packages(), st.sampled_from(NAMES))
def test_allowing_more_never_creates_an_unlisted(
    entries: tuple[Product, ...], installed: list[dict[str, Any]], name: str
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
        assessment = judge(compile_policy(listed), COMPUTER, facts)
        return {finding.package for finding in assessment.findings if finding.code == "unlisted"}

    # Naming what a pattern forbids lifts the prohibition, never the other way round.
    assert unlisted(*entries, more) <= unlisted(*entries)
