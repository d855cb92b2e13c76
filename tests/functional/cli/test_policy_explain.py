# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy explain``: why a package is, or is not, as decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.golden.facts import facts_of
from zhengban.model.facts import Facts
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
Store = Callable[..., Facts]
ID = {"machine_id": "0123456789abcdef0123456789abcdef"}


@pytest.fixture
def store(root: Path) -> Store:
    """Store facts written as golden cases write them."""

    def write(number: str, *packages: Mapping[str, Any], **more: Any) -> Facts:
        facts = facts_of({"packages": packages, "identity": ID, **more})
        keep_facts(Workspace(root), number, facts)
        return facts

    return write


@pytest.fixture
def explain(invoke: Invoke) -> Callable[..., dict[str, Any]]:
    def explain_one(number: str, package: str, *, code: int) -> dict[str, Any]:
        result = invoke("policy", "explain", number, package, "--format", "json")
        assert (result.exit_code, result.stderr) == (code, "")
        (found,) = json.loads(result.stdout)
        return dict(found)

    return explain_one


Explain = Callable[..., dict[str, Any]]


def test_listed(store: Store, explain: Explain) -> None:
    store("PC-0001", {"name": "sogoupinyin", "version": "4.2"})
    found = explain("PC-0001", "sogoupinyin", code=0)
    assert (found["package"], found["version"], found["standing"]) == ("dpkg:sogoupinyin:amd64", "4.2", "product")
    assert found["approved"] is True
    assert found["decided_by"] == {
        "label": "搜狗输入法",
        "numbers": ["FREE-0003"],
        "state": "allowed",
        "selector": "dpkg sogoupinyin",
        "scope": "kinds desktop, laptop",
        "in_scope": True,
        "place": {"file": "policies/free.yml", "line": 26},
    }
    assert (found["finding"], found["compliant_by"], found["planned"]) == (None, [], "")


def test_the_chain_that_approves_a_dependency(store: Store, explain: Explain, invoke: Invoke) -> None:
    store(
        "PC-0001",
        {"name": "sogoupinyin", "needs": ["libqt"]},
        {"name": "libqt", "needs": ["libxcb"]},
        {"name": "libxcb"},
    )
    found = explain("PC-0001", "dpkg:libxcb", code=0)
    assert found["standing"] == "dependency"
    assert [(link["package"], link["standing"]) for link in found["chain"]] == [
        ("dpkg:sogoupinyin:amd64", "product"),
        ("dpkg:libqt:amd64", "dependency"),
        ("dpkg:libxcb:amd64", "dependency"),
    ]
    assert found["chain"][0]["entry"]["place"] == {"file": "policies/free.yml", "line": 26}
    assert [link["entry"] for link in found["chain"][1:]] == [None, None]
    text = invoke("policy", "explain", "PC-0001", "libxcb").stdout
    assert "chain      dpkg:sogoupinyin:amd64 -> dpkg:libqt:amd64 -> dpkg:libxcb:amd64" in text
    assert "dpkg:sogoupinyin:amd64 is 搜狗输入法 (policies/free.yml:26)" in text


def test_base_package(store: Store, explain: Explain) -> None:
    store("PC-0001", {"name": "bash"})
    found = explain("PC-0001", "bash", code=0)
    assert (found["standing"], found["decided_by"]) == ("base", None)
    assert found["base"] == {"number": "FREE-0001", "place": {"file": "policies/platforms.yml", "line": 3}}


def test_version_outside_the_range(store: Store, explain: Explain) -> None:
    store("PC-0001", {"name": "wps-office", "version": "11.1.0.9000"})
    found = explain("PC-0001", "wps-office", code=1)
    assert found["standing"] == "version"
    assert found["decided_by"]["numbers"] == ["COM-0001", "COM-0002"]
    assert found["finding"]["code"] == "version_not_allowed"
    assert any("policies/commercial.yml:3" in way for way in found["compliant_by"])
    assert [miss["why"] for miss in found["near_misses"]] == []


def test_out_of_scope_says_for_whom(store: Store, explain: Explain, invoke: Invoke) -> None:
    store("PC-0001", {"name": "finance-suite"})
    found = explain("PC-0001", "finance-suite", code=1)
    assert (found["standing"], found["decided_by"]["in_scope"]) == ("out_of_scope", False)
    text = invoke("policy", "explain", "PC-0001", "finance-suite").stdout
    assert "for        departments 财务处, so not for this computer" in text


def test_near_misses_of_an_unlisted_package(root: Path, store: Store, explain: Explain) -> None:
    more = root / "policies" / "more.yml"
    more.write_text(
        "software:\n"
        "- {name: A, number: F-1, type: free, category: other, packages: [{manager: rpm, name: tool, signer: Acme*}]}\n"
        "- {name: B, number: F-2, type: free, category: other, packages: [{manager: dpkg, name: toolbox}]}\n"
        "- {name: C, type: free, category: other, state: forbidden,\n"
        "   packages: [{manager: dpkg, name: t*, versions: <1}]}\n",
        encoding="utf-8",
    )
    store("PC-0001", {"name": "toolbax", "version": "2"}, {"name": "tool", "manager": "rpm", "publisher": "Evil"})
    found = explain("PC-0001", "toolbax", code=1)
    assert [(miss["entry"]["label"], miss["why"]) for miss in found["near_misses"]] == [
        ("B", "its name is 'toolbox', not 'toolbax'"),
        ("C", "the version '2' is not in '<1'"),
    ]
    found = explain("PC-0001", "rpm:tool", code=1)
    assert (found["standing"], found["decided_by"]) == ("unlisted", None)
    assert [(miss["entry"]["label"], miss["why"]) for miss in found["near_misses"]] == [
        ("A", "the signer is 'Evil', not 'Acme*'")
    ]
    assert found["compliant_by"][0] == "remove it"


def test_what_would_be_done_and_when(
    store: Store, explain: Explain, enforce: None, adopt: Callable[[str], None]
) -> None:
    adopt("SRV-0001")
    store("SRV-0001", {"name": "xunlei-thunder", "needs": ["libxunlei"]}, {"name": "libxunlei"})
    found = explain("SRV-0001", "xunlei-thunder", code=1)
    assert (found["mode"], found["action"], found["first_seen"]) == ("enforce", "remove", found["due"])
    assert found["planned"] == f"remove from {found['due']}, not simulated yet"
    assert found["finding"]["clauses"] == ["S1", "S3"]
    found = explain("SRV-0001", "libxunlei", code=1)
    assert found["needed_by"] == ["dpkg:xunlei-thunder:amd64"]
    assert found["planned"].startswith("remove from ")


def test_an_audited_computer_has_no_plan_to_carry_out(store: Store, explain: Explain, enforce: None) -> None:
    store("SRV-0001", {"name": "xunlei-thunder"})
    found = explain("SRV-0001", "xunlei-thunder", code=1)
    assert (found["mode"], found["planned"]) == ("audit", "remove, if it were enforced, not simulated yet")


def test_what_keeps_it_is_said(store: Store, explain: Explain, enforce: None, adopt: Callable[[str], None]) -> None:
    adopt("SRV-0001")
    store("SRV-0001", {"name": "xunlei-thunder", "held": True})
    assert explain("SRV-0001", "xunlei-thunder", code=1)["planned"].startswith("stays as it is: it is held")


def test_an_exception_is_shown(root: Path, store: Store, explain: Explain, invoke: Invoke) -> None:
    (root / "policies" / "exceptions.yml").write_text(
        "exceptions:\n"
        "- {package: {manager: dpkg, name: wireshark}, computers: [PC-0001], until: 2999-12-31, reason: 网络排障,\n"
        "   approved_by: E0002, request: REQ-2026-1}\n",
        encoding="utf-8",
    )
    store("PC-0001", {"name": "wireshark"})
    found = explain("PC-0001", "wireshark", code=0)
    assert (found["finding"], found["excused"]["code"]) == (None, "unlisted")
    assert found["exception"]["place"] == {"file": "policies/exceptions.yml", "line": 2}
    text = invoke("policy", "explain", "PC-0001", "wireshark").stdout
    assert "exception  dpkg wireshark until 2999-12-31 (policies/exceptions.yml:2): 网络排障" in text
    assert "approved by E0002, REQ-2026-1" in text


def test_required_and_missing(store: Store, explain: Explain) -> None:
    store("PC-0001", {"name": "bash"})
    for asked in ("kav-endpoint", "COM-0003", "dpkg:kav-endpoint:amd64"):
        found = explain("PC-0001", asked, code=1)
        assert (found["standing"], found["finding"]["code"]) == ("not_installed", "missing_required")
        assert found["decided_by"]["state"] == "required"
        assert found["due"] is None


def test_not_installed_and_nothing_wrong(store: Store, explain: Explain) -> None:
    store("PC-0001", {"name": "bash"})
    found = explain("PC-0001", "sogoupinyin", code=0)
    assert (found["standing"], found["finding"], found["package"]) == ("not_installed", None, "dpkg:sogoupinyin:")


def test_the_operating_system(store: Store, explain: Explain) -> None:
    store("PC-0001", {"name": "bash"})
    found = explain("PC-0001", "platform:debian", code=0)
    assert (found["standing"], found["approved"], found["decided_by"]["label"]) == ("platform", True, "Debian")
    store("PC-0001", {"name": "bash"}, platform={"id": "deepin", "version": "23"})
    found = explain("PC-0001", "deepin", code=1)
    assert (found["approved"], found["decided_by"], found["finding"]["code"]) == (False, None, "unlisted")


def test_a_name_may_mean_several_packages(store: Store, invoke: Invoke) -> None:
    store("PC-0001", {"name": "libc6"}, {"name": "libc6", "arch": "i386"})
    result = invoke("policy", "explain", "PC-0001", "libc6", "--format", "json")
    assert [found["package"] for found in json.loads(result.stdout)] == ["dpkg:libc6:amd64", "dpkg:libc6:i386"]
    (found,) = json.loads(invoke("policy", "explain", "PC-0001", "dpkg:libc6:i386", "--format", "json").stdout)
    assert found["package"] == "dpkg:libc6:i386"


def test_windows_names_compare_without_case(store: Store, explain: Explain) -> None:
    package = {"name": "WPS Office (x64)", "manager": "windows", "version": "11.2", "publisher": "Kingsoft Corp."}
    store("PC-0001", package, managers=["windows"])
    assert explain("PC-0001", "windows:wps office (X64)", code=0)["standing"] == "product"


def test_unknown_package_gets_a_suggestion(store: Store, invoke: Invoke) -> None:
    store("PC-0001", {"name": "bash"})
    result = invoke("policy", "explain", "PC-0001", "sogupinyin")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "PC-0001 has no package 'sogupinyin'" in result.stderr
    assert "did you mean 'sogoupinyin'?" in result.stderr
    assert "rpm package" in invoke("policy", "explain", "PC-0001", "rpm:bash").stderr


@pytest.mark.parametrize("package", ["", ":", "::", "dpkg:", "*", "a\x1b[31m", "\udcff", "x" * 10_000])
def test_senseless_package(store: Store, invoke: Invoke, package: str) -> None:
    store("PC-0001", {"name": "bash"})
    result = invoke("policy", "explain", "PC-0001", package)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "\x1b" not in result.stderr


def test_computer_without_facts_and_unknown_computer(invoke: Invoke) -> None:
    result = invoke("policy", "explain", "PC-0001", "bash")
    assert result.exit_code == 2
    assert result.stderr.startswith("facts/PC-0001.json: PC-0001 has no stored facts; collect them")
    result = invoke("policy", "explain", "PC-001", "bash")
    assert result.exit_code == 2
    assert "did you mean 'PC-0001'?" in result.stderr
