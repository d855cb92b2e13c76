# SPDX-License-Identifier: Apache-2.0
"""A benchmark against a peer that decides something else would say nothing: on a small fleet both decide the same."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from zhengban.judge import judge
from zhengban.model.facts import read_facts
from zhengban.policy.compile import PolicyCompiler

from .fleet import Fleet
from .peer import Peer, read_findings


def test_the_judge_and_the_rules_in_rego_decide_the_same() -> None:
    fleet = Fleet(computers=400, packages=200)
    compiler = PolicyCompiler(fleet.policy, fleet.register)
    peer = Peer(fleet.policy, fleet.register)
    codes: Counter[str] = Counter()
    for computer, document in fleet.documents():
        facts = read_facts(document, source=computer.number)
        assert len(facts.packages) == 200
        assessment = judge(compiler.for_computer(computer), computer, facts, today=dt.date(2026, 11, 23))
        found = {(item.code, item.package, item.version, item.number) for item in assessment.findings}
        assert found == read_findings(peer.judge(document)), computer.number
        codes.update(item.code for item in assessment.findings)
    assert codes.keys() == {
        "forbidden",
        "identity_mismatch",
        "missing_required",
        "out_of_scope",
        "retired",
        "unlisted",
        "version_not_allowed",
    }, codes
