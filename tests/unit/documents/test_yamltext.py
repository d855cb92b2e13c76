# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zhengban.documents import yamltext
from zhengban.documents.yamltext import MAX_PROBLEMS, Mapping, Node, Scalar, parse_yaml, read_text
from zhengban.model.errors import Problem

LOADERS = [loader for loader in (getattr(yaml, "CSafeLoader", None), yaml.SafeLoader) if loader]

BROKEN = {
    "a: b\n\tc: d\n": (2, 1),
    "甲:\n- 乙\n-\t丙: 1\n\t丁: 2\n": (3, 2),
    "名: '某\n": (1, 4),
    "软件: [甲, 乙\n": (1, 5),
    "软件: {甲: 乙\n": (1, 5),
    "甲: 乙: 丙\n": (1, 5),
    "a: @x\n": (1, 4),
    "a: *\n": (1, 4),
    "a: ]\n": (1, 4),
    "- a\nb: c\n": (2, 1),
    "a: \x07\n": (1, 4),
    "甲: 1\n乙: *x\n": (2, 4),
    "甲: &x [*x]\n": (1, 8),
    "a: 1\n---\nb: 2\n": (2, 1),
    "%YAML 9.1\n---\na: 1\n": (1, 1),
}


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader must say the same on a machine whose PyYAML was built without libyaml."""
    monkeypatch.setattr(yamltext, "_LOADER", request.param)


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("text", BROKEN)
def test_broken_text_is_one_problem_at_its_place(text: str) -> None:
    node, problems = parse_yaml(text, shown_as="f.yml")
    assert node is None
    assert [(problem.file, problem.line, problem.column) for problem in problems] == [("f.yml", *BROKEN[text])]
    assert problems[0].hint


def _plain(node: Node | None) -> Any:
    if node is None or isinstance(node, Scalar):
        return node and (node.text, node.plain)
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items.items()}
    return [_plain(item) for item in node.items]


@pytest.mark.usefixtures("loader")
def test_scalars_are_text_and_remember_their_quotes() -> None:
    text = "a: 2.10\nb: '2.10'\nc: no\nd:\ne: |\n  x\n  y\nf: [~, 22:30, <<]\n"
    node, problems = parse_yaml(text, shown_as="f.yml")
    assert not problems
    assert _plain(node) == {
        "a": ("2.10", True),
        "b": ("2.10", False),
        "c": ("no", True),
        "d": ("", True),
        "e": ("x\ny\n", False),
        "f": [("~", True), ("22:30", True), ("<<", True)],
    }


@pytest.mark.usefixtures("loader")
def test_places_count_characters_not_bytes() -> None:
    node, _ = parse_yaml("部门: {名称: 财务处, 曾用名: 计财处}\n", shown_as="f.yml")
    assert isinstance(node, Mapping)
    inner = node.items["部门"]
    assert isinstance(inner, Mapping)
    assert (inner.keys["曾用名"].line, inner.keys["曾用名"].column) == (1, 15)
    assert inner.items["曾用名"].column == 20


def test_a_repeated_key_keeps_the_first_value_and_names_both_lines() -> None:
    node, (problem,) = parse_yaml("a: 1\nb: 2\na: 3\n", shown_as="f.yml")
    assert _plain(node)["a"] == ("1", True)
    assert str(problem) == "f.yml:3:1: the key 'a' is written twice, first in line 1; keep one of them"


def test_several_soft_problems_are_all_reported() -> None:
    _, problems = parse_yaml("a: !!int 1\na: 2\n[k]: 3\n", shown_as="f.yml")
    assert [problem.line for problem in problems] == [1, 2, 3]


@pytest.mark.parametrize("line", ["a: 1\n", "- !!int 1\n", "[x]: 1\n"])
def test_problems_are_bounded(line: str) -> None:
    _, problems = parse_yaml(line * 2000, shown_as="f.yml")
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].message == "has more than 1000 problems; the rest is not listed"


def test_nodes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamltext, "MAX_NODES", 10)
    node, (problem,) = parse_yaml("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", shown_as="f.yml")
    assert node is None
    assert "more than 10 values" in problem.message


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ("{a: [", "]}")])
def test_unfolding_is_counted_through_aliases_of_aliases(start: str, end: str) -> None:
    lines = [f"l0: &l0 {start}x, x, x, x, x, x, x, x, x, x{end}"]
    lines += [f"l{n}: &l{n} {start}{', '.join([f'*l{n - 1}'] * 10)}{end}" for n in range(1, 9)]
    node, (problem,) = parse_yaml("\n".join(lines), shown_as="f.yml")
    assert node is None
    assert "aliases unfold" in problem.message


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000, "? " * 100_000])
def test_deep_nesting_ends_early(text: str) -> None:
    node, (problem,) = parse_yaml(text, shown_as="f.yml")
    assert node is None
    assert "deep" in problem.message


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.text(alphabet="ab:-[]{},'\"&*!|>%@#?~ \t\n\r\x85")
)
def test_any_text_is_a_node_or_a_problem(text: str) -> None:
    node, problems = parse_yaml(text, shown_as="f.yml")
    assert node is not None or problems
    assert all(problem.line >= 0 and problem.message for problem in problems)


@pytest.mark.parametrize(
    ("raw", "place", "message"),
    [
        ("名称: 中文办公\n".encode("gbk"), (1, 1), "not UTF-8; it looks like GBK"),
        ("a: 1\n".encode("utf-16"), (1, 1), "not UTF-8; it looks like UTF-16"),
        ("名: 1\n名: caf".encode() + b"\xe9 noir", (2, 7), "not UTF-8: byte 0xE9"),
    ],
)
def test_other_encodings_are_named(tmp_path: Path, raw: bytes, place: tuple[int, int], message: str) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes(raw)
    problem = read_text(path, shown_as="f.yml")
    assert isinstance(problem, Problem)
    assert ((problem.line, problem.column), problem.message) == (place, message)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_text(path, shown_as="f.yml") == "a: 1\n"


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    problem = read_text(tmp_path / "f.yml", shown_as="policies/f.yml")
    assert str(problem) == "policies/f.yml: cannot be read: No such file or directory"
