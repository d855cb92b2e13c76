# SPDX-License-Identifier: Apache-2.0
"""Drafts of the lists: read back by the real loader, judged by the real judge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.golden.case import TODAY
from tests.golden.facts import facts_document
from tests.golden.workspace import make_workspace
from zhengban.desk.draft import DraftPolicy, draft_policy
from zhengban.desk.draft_text import write_draft
from zhengban.desk.source import Source
from zhengban.judge import judge
from zhengban.model.errors import FactsError
from zhengban.run.workspace import Workspace

COMPUTER = "PC-0001"


def store(folder: Path, *answers: Mapping[str, Any]) -> tuple[Source, ...]:
    """Facts documents in files, as a collection keeps them."""
    sources = []
    for number, compact in enumerate(answers):
        path = folder / f"facts-{number}.json"
        path.write_text(json.dumps(facts_document(compact)), encoding="utf-8")
        sources.append(Source(name=f"PC-{number:04}", path=path))
    return tuple(sources)


def package(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "manual": True, **rest}


def draft(workspace: Workspace, sources: tuple[Source, ...]) -> tuple[DraftPolicy, str]:
    drafted = draft_policy(workspace.policy, sources)
    return drafted, write_draft(drafted, workspace.policy, workspace.ledger.books())


def with_draft(workspace: Workspace, text: str) -> Workspace:
    """The same workspace with the draft among its files, loaded again."""
    (workspace.root / "policies" / "draft.yml").write_text(text, encoding="utf-8")
    again = Workspace(workspace.root)
    assert again.policy.products
    return again


def entries(text: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = yaml.safe_load(text)["software"]
    return listed


def unlisted(workspace: Workspace, source: Source) -> list[str]:
    computer = workspace.register.computer_by_number[COMPUTER]
    found = judge(workspace.compiler.for_computer(computer), computer, source.read(), today=TODAY)
    return [finding.package for finding in found.findings if finding.code == "unlisted"]


def test_an_entry_for_each_package_installed_by_name(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w")
    sources = store(
        tmp_path,
        {"packages": [package("tar"), package("vim", needs=["libv"], version="9.0"), {"name": "libv"}]},
        {"packages": [package("vim", version="9.1"), package("curl")]},
        {"packages": [package("vim", version="9.1")]},
    )
    drafted, text = draft(workspace, sources)
    # The commonest first; tar is in the base, libv comes with vim. FREE-0001 is the office's Debian.
    assert [(entry["name"], entry["number"]) for entry in entries(text)] == [
        ("vim", "FREE-0002"),
        ("curl", "FREE-0003"),
    ]
    assert {entry["category"] for entry in entries(text)} == {"other"}
    assert "# 3/3 台, dpkg: 9.1 (2), 9.0 (1)\n- name: vim\n" in text
    assert "# 1/3 台, dpkg: 1.0\n- name: curl\n" in text
    assert (drafted.computers, drafted.without_base, drafted.left) == (3, 0, ())
    again = with_draft(workspace, text)
    assert all(unlisted(again, source) == [] for source in sources)


def test_what_is_recommended_is_listed_apart_with_who_wants_it(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w")
    packages = [
        package("steam", wants=["icons"]),
        {"name": "icons", "needs": ["theme"]},
        {"name": "theme"},
        # Two that need each other, and nothing else needs.
        {"name": "ring-a", "needs": ["ring-b"]},
        {"name": "ring-b", "needs": ["ring-a"]},
    ]
    sources = store(tmp_path, {"packages": packages})
    drafted, text = draft(workspace, sources)
    assert [entry.name for entry in drafted.chosen] == ["steam"]
    assert [entry.name for entry in drafted.left] == ["icons", "ring-a"]
    assert "# recommended by 推荐它的软件包: steam\n- name: icons\n" in text
    assert unlisted(with_draft(workspace, text), sources[0]) == []


def test_what_the_lists_name_is_not_repeated(tmp_path: Path) -> None:
    listed = """
software:
- {name: WPS, number: FREE-0007, type: free, category: office, packages: [{manager: dpkg, name: "wps-*"}]}
- {name: Bad, type: free, category: other, packages: [{manager: dpkg, name: bad}], state: forbidden}
- {name: vim, number: VIM-1, type: free, category: other, packages: [{manager: rpm, name: vim}]}
"""
    workspace = make_workspace(tmp_path / "w", listed)
    books = workspace.root / "ledger" / "books"
    books.mkdir(parents=True)
    (books / "FREE-0011.yml").write_text('number: "FREE-0011"\nrecords:\n', encoding="utf-8")
    names = ("wps-office", "bad", "vim", "emacs")
    _drafted, text = draft(workspace, store(tmp_path, {"packages": [package(name) for name in names]}))
    # One name is one number (N7), so the second vim is told apart; a number with a book is never used again.
    assert [(entry["name"], entry["number"]) for entry in entries(text)] == [
        ("emacs", "FREE-0012"),
        ("vim (2)", "FREE-0013"),
    ]
    with_draft(workspace, text)


def test_one_name_of_several_managers_is_one_entry(tmp_path: Path) -> None:
    packages = [
        package("firefox"),
        package("firefox", manager="snap"),
        package("Foo Bar", manager="windows", publisher="Foo, Inc. #1"),
        package("FOO bar", manager="windows", publisher="Foo, Inc. #1", version="2"),
    ]
    workspace = make_workspace(tmp_path / "w")
    sources = store(tmp_path, {"packages": packages, "managers": ["dpkg", "snap", "windows"]})
    _drafted, text = draft(workspace, sources)
    named = {entry["name"]: entry["packages"] for entry in entries(text)}
    assert named == {
        "firefox": [{"manager": "dpkg", "name": "firefox"}, {"manager": "snap", "name": "firefox"}],
        # Windows names compare without case; two lines of them would be an error.
        "FOO bar": [{"manager": "windows", "name": "FOO bar", "publisher": "Foo, Inc. #1"}],
    }
    assert unlisted(with_draft(workspace, text), sources[0]) == []


def test_an_operating_system_no_list_names(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w")
    kylin = {"platform": {"id": "kylin", "version": "V10", "name": "Kylin V10"}, "packages": []}
    sp1 = {"platform": {"id": "kylin", "version": "V10, SP1"}, "packages": [package("tar")]}
    sources = store(tmp_path, kylin, kylin, sp1)
    drafted, text = draft(workspace, sources)
    assert drafted.without_base == 3
    assert "Computers whose operating system has no base list: 3" in text
    system, tar = entries(text)
    # A version with a comma would be a range of two bounds, so it is left open.
    assert system["packages"] == [
        {"manager": "platform", "name": "kylin", "versions": "=V10"},
        {"manager": "platform", "name": "kylin"},
    ]
    assert (system["category"], tar["name"]) == ("os", "tar")
    again = with_draft(workspace, text)
    assert all(unlisted(again, source) == [] for source in sources)


def test_hostile_names_stay_data(tmp_path: Path) -> None:
    hostile = [
        "*",
        "li?",
        "a\nb",
        "no",
        "- x",
        "a: b",
        "x]}, {manager: dpkg, name: *",
        "\u2028",
        " lead",
        "y" * 201,
        "0",
    ]
    packages = [package(name, version=f"1\n- injected: {name}") for name in hostile]
    workspace = make_workspace(tmp_path / "w")
    sources = store(tmp_path, {"packages": [*packages, package("z", manager="pip")]})
    drafted, text = draft(workspace, sources)
    assert {entry["name"] for entry in entries(text)} == {"no", "- x", "a: b", "0"}
    # A star in a name would approve everything.
    assert set(drafted.unusable) == {*hostile, "z"} - {"no", "- x", "a: b", "0"}
    assert "#   a\\nb\n" in text
    again = with_draft(workspace, text)
    assert len(again.policy.products) == 5


def test_nothing_to_list_is_an_empty_list(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "w")
    _drafted, text = draft(workspace, store(tmp_path, {"packages": [package("tar")]}))
    assert entries(text) == []
    with_draft(workspace, text)


def test_a_file_that_is_no_facts_document(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(FactsError, match=r"x: not a zhengban\.facts/1 document"):
        draft_policy(make_workspace(tmp_path / "w").policy, [Source(name="x", path=path)])


@st.composite
def fleets(pick: st.DrawFn) -> list[dict[str, Any]]:
    names = pick(st.lists(st.sampled_from(["tar", "a", "b", "c", "d", "e", "no"]), unique=True))
    some = st.lists(st.sampled_from(names), unique=True, max_size=2) if names else st.just([])
    return [
        {
            "packages": [
                {"name": name, "manual": pick(st.booleans()), "needs": pick(some), "wants": pick(some)}
                for name in pick(st.permutations(names))
            ]
        }
        for _computer in range(pick(st.integers(1, 3)))
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleets())
def test_with_the_draft_nothing_is_unlisted(
    tmp_path_factory: pytest.TempPathFactory, fleet: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("draft")
    workspace = make_workspace(folder / "w")
    sources = store(folder, *fleet)
    _drafted, text = draft(workspace, sources)
    again = with_draft(workspace, text)
    assert [unlisted(again, source) for source in sources] == [[] for _source in sources]
    # The order in which computers are read never shows.
    assert draft(workspace, tuple(reversed(sources)))[1] == text
