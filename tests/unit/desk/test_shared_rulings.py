# SPDX-License-Identifier: Apache-2.0
"""Looking packages up once for many computers never changes what is decided about them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from tests.golden.facts import facts_of
from tests.golden.workspace import make_workspace
from zhengban.desk import shared_rulings
from zhengban.desk.shared_rulings import SharedRulings
from zhengban.judge import judge
from zhengban.judge.approve import rule_packages
from zhengban.model.facts import Facts
from zhengban.policy.compile import CompiledPolicy
from zhengban.run.workspace import Workspace

POLICY = """\
software:
- {name: A, number: F-1, type: free, category: other, packages: [{manager: dpkg, name: a}], for: {computers: [PC-0001]}}
- {name: B, number: F-2, type: free, category: other, packages: [{manager: rpm, name: b, signer: Acme}]}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace", POLICY)


def compiled(workspace: Workspace, number: str) -> CompiledPolicy:
    return workspace.compiler.for_computer(workspace.register.computer_by_number[number])


def facts(**change: object) -> Facts:
    plain = {
        "packages": [{"name": "a"}, {"name": "b", "manager": "rpm", "publisher": "Acme"}],
        "managers": ["dpkg", "rpm"],
    }
    return msgspec.structs.replace(facts_of(plain), **change)


def test_equal_packages_share_one_answer(workspace: Workspace) -> None:
    shared = SharedRulings()
    one = facts()
    later = tuple(msgspec.structs.replace(item, installed_at="2026-11-01T00:00:00Z") for item in one.packages)
    first = shared.of(compiled(workspace, "PC-0001"), one)
    assert first == rule_packages(compiled(workspace, "PC-0001"), one)
    assert shared.of(compiled(workspace, "PC-0001"), facts(host="another", packages=later)) is first


def test_the_digest_alone_is_not_believed(workspace: Workspace) -> None:
    """The digest covers neither signers nor dependencies nor the operating system."""
    shared = SharedRulings()
    policy = compiled(workspace, "PC-0001")
    one = facts()
    shared.of(policy, one)
    unsigned = tuple(msgspec.structs.replace(item, publisher=None) for item in one.packages)
    for other in (facts(packages=unsigned), facts(platform=msgspec.structs.replace(one.platform, version="9"))):
        assert other.digest == one.digest
        assert shared.of(policy, other) == rule_packages(policy, other)
    assert shared.of(policy, facts(packages=unsigned)) != rule_packages(policy, one)


def test_scopes_are_not_shared(workspace: Workspace) -> None:
    shared = SharedRulings()
    verdicts = [shared.of(compiled(workspace, number), facts())[0].verdict for number in ("PC-0001", "PC-0002")]
    assert verdicts == ["product", "out_of_scope"]


def test_the_memory_is_bounded(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_rulings, "_REMEMBERED", 2)
    shared = SharedRulings()
    policy = compiled(workspace, "PC-0001")
    answers = [shared.of(policy, facts(digest=digest)) for digest in ("1", "2", "3")]
    assert shared.of(policy, facts(digest="3")) is answers[2]
    assert shared.of(policy, facts(digest="1")) is not answers[0]


def test_the_judgement_is_the_same(workspace: Workspace) -> None:
    computer = workspace.register.computer_by_number["PC-0001"]
    policy, day = compiled(workspace, "PC-0001"), dt.date(2026, 11, 23)
    rulings = SharedRulings().of(policy, facts())
    assert judge(policy, computer, facts(), today=day, rulings=rulings) == judge(policy, computer, facts(), today=day)
