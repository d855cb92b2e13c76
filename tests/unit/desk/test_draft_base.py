# SPDX-License-Identifier: Apache-2.0
"""Base lists from facts: read back by the real loader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.golden.facts import facts_document
from tests.golden.workspace import make_workspace
from zhengban.desk.base import draft_base, write_base
from zhengban.desk.source import Source
from zhengban.documents.document import load_document
from zhengban.model.errors import InputError

LISTED = """
software:
- {name: WPS, number: FREE-0007, type: free, category: office, packages: [{manager: dpkg, name: "wps-*"}]}
- {name: Other, number: FREE-0008, type: free, category: other, packages: [{manager: rpm, name: bash}]}
"""


def store(folder: Path, *answers: Mapping[str, Any]) -> tuple[Source, ...]:
    sources = []
    for number, compact in enumerate(answers):
        path = folder / f"facts-{number}.json"
        path.write_text(json.dumps(facts_document(compact)), encoding="utf-8")
        sources.append(Source(name=f"PC-{number:04}", path=path))
    return tuple(sources)


def make(tmp_path: Path, *answers: Mapping[str, Any]) -> str:
    policy = make_workspace(tmp_path / "w", LISTED).policy
    return write_base(draft_base(policy, store(tmp_path, *answers)))


def names_in(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "base.yml"
    path.write_text(text, encoding="utf-8")
    document, problems = load_document(path, shown_as="base.yml", schema="base")
    assert problems == ()
    assert document is not None
    names: list[str] = document.plain["base"]["names"]
    return names


def test_each_name_has_its_evidence(tmp_path: Path) -> None:
    text = make(
        tmp_path,
        {"packages": [{"name": "bash", "version": "5.1"}, {"name": "tar"}, {"name": "wps-office"}]},
        {"packages": [{"name": "bash", "version": "5.2"}, {"name": "bash", "version": "5.2", "arch": "i386"}]},
        {"packages": [{"name": "bash", "version": "5.2"}]},
    )
    assert names_in(text, tmp_path) == ["bash", "tar"]
    lines = text.splitlines()
    assert "  - bash  # 3/3: 5.2 (2), 5.1 (1)" in lines
    assert "  - tar  # 1/3: 1.0" in lines
    assert "  platform: debian-12" in lines
    # What a product names is not the operating system's; a product of another manager is another package.
    assert "#   wps-office: WPS, policies/software.yml:3" in lines
    assert "PC-0000, PC-0001, PC-0002" in lines[0]


def test_many_versions_and_many_computers_are_summed_up(tmp_path: Path) -> None:
    text = make(tmp_path, *({"packages": [{"name": "bash", "version": f"5.{number}"}]} for number in range(7)))
    assert "  - bash  # 7/7: 5.0 (1), 5.1 (1), 5.2 (1), … 4 more" in text.splitlines()
    assert "PC-0004, … 2 more)" in text.splitlines()[0]


def test_names_that_no_list_can_hold_are_shown_apart(tmp_path: Path) -> None:
    text = make(tmp_path, {"packages": [{"name": name, "version": "1\n- x"} for name in ("no", "0ad", "*", "a\n- b")]})
    assert names_in(text, tmp_path) == ["0ad", "no"]
    assert text.splitlines()[-2:] == ["#   *", "#   a\\n- b"]


def test_rpm_names_come_from_an_rpm_computer(tmp_path: Path) -> None:
    packages = [
        {"name": "glibc", "manager": "rpm"},
        {"name": "bash", "manager": "rpm"},
        {"name": "x", "manager": "snap"},
    ]
    answer = {"packages": packages, "managers": ["rpm", "snap"], "platform": {"id": "kylin", "version": "V10"}}
    text = make(tmp_path, answer)
    assert names_in(text, tmp_path) == ["glibc"]
    assert "  platform: kylin-V10" in text.splitlines()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([], "--from: names no computer"),
        (
            [{"packages": []}, {"packages": [], "platform": {"version": "13"}}],
            "PC-0001: is debian-13 with dpkg, PC-0000 is debian-12 with dpkg; make one base list for each platform",
        ),
        ([{"unread": {"dpkg": "a broken line"}, "managers": []}], "PC-0000: dpkg was not read: a broken line"),
        ([{"managers": ["dpkg", "rpm"]}], "PC-0000: has dpkg and rpm package database"),
        ([{"managers": ["snap"]}], "PC-0000: has no package database"),
        ([{"platform": {"id": "", "version": ""}}], "PC-0000: does not say which operating system it is: ''"),
        ([{"platform": {"id": "a\nb"}}], r"PC-0000: does not say which operating system it is: 'a\nb-12'"),
        ([{"packages": [{"name": "wps-x"}]}], "PC-0000: no dpkg package is left: the software lists name them all"),
    ],
)
def test_computers_that_give_no_list(tmp_path: Path, answers: list[Mapping[str, Any]], said: str) -> None:
    with pytest.raises(InputError) as caught:
        make(tmp_path, *answers)
    assert said in str(caught.value)
