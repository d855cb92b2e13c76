# SPDX-License-Identifier: Apache-2.0
"""Editing files people wrote: exactly the change asked for, and everything else stays as it was."""

from __future__ import annotations

import copy
import datetime as dt
import difflib
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zhengban.documents.edit import append_item, read_editable, set_value, set_values
from zhengban.documents.yamlline import inline, scalar
from zhengban.model.errors import InputError

KEYS = ("number", "names", "user", "oem", "处室", "yes", "a b")
TEXTS = st.sampled_from(["", "PC-0001", "张三", "no", "- a: b #c", "x, y]", "{", "2026-01-01", "'", "~", "a\nb"])
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)
DOCUMENTS = st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=4)


class Author:
    """Writes a value as a person might: mixed styles, comments, blank lines."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def document(self, value: dict[str, Any]) -> str:
        lines = ["# the first line", *self._block(value, 0), *self._around()]
        text = self._draw(st.sampled_from(["\n", "\r\n"])).join(lines)
        return self._draw(st.sampled_from(["", "\ufeff"])) + text + self._draw(st.sampled_from(["", "\n"]))

    def _block(self, value: Any, indent: int) -> list[str]:
        pad = " " * indent
        lines: list[str] = []
        if isinstance(value, dict):
            for key, item in value.items():
                lines += self._around()
                lines += self._entry(f"{pad}{scalar(key)}:", item, indent)
        else:
            for item in value:
                lines += self._around()
                if isinstance(item, dict) and item and self._draw(st.booleans()):
                    first, *rest = self._block(item, indent + 2)
                    if first.strip() and not first.lstrip().startswith("#"):
                        lines += [f"{pad}- {first.lstrip()}", *rest]
                        continue
                lines += self._entry(f"{pad}-", item, indent)
        return lines

    def _entry(self, lead: str, item: Any, indent: int) -> list[str]:
        tail = self._draw(st.sampled_from(["", "", "  # why"]))
        if isinstance(item, dict | list) and item and self._draw(st.booleans()):
            deeper = indent + self._draw(st.integers(1, 3))
            return [lead + tail, *self._block(item, deeper)]
        if item == "" and self._draw(st.booleans()):
            return [lead + tail]
        if item in ("PC-0001", "张三") and self._draw(st.booleans()):
            pad = " " * (indent + 1)
            return [f"{lead} {self._draw(st.sampled_from(['|-', '>-']))}", f"{pad}{item}", ""]
        if isinstance(item, list) and item and self._draw(st.booleans()):
            pad = " " * (indent + 2)
            end = self._draw(st.sampled_from(["", ","]))
            written = [f"{pad}{inline(one)}" for one in item]
            return [
                f"{lead} [{tail}",
                *[f"{one},{tail}" for one in written[:-1]],
                f"{written[-1]}{end}{tail}",
                f"{pad}]",
            ]
        return [f"{lead} {inline(item)}{tail}"]

    def _around(self) -> list[str]:
        return self._draw(st.sampled_from([[], [], [], [""], ["# 备注 - a: b"], ["", "# x"]]))


@st.composite
def written(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    value = draw(DOCUMENTS)
    return value, Author(draw).document(value)


@st.composite
def somewhere(draw: st.DrawFn, value: Any) -> tuple[str | int, ...]:
    """A path below the root: to what is there, or a key that is not."""
    path: list[str | int] = []
    while True:
        if isinstance(value, dict) and (not path or draw(st.booleans())):
            path.append(draw(st.sampled_from(KEYS)))
            if path[-1] not in value:
                return tuple(path)
        elif isinstance(value, list) and value and draw(st.booleans()):
            path.append(draw(st.integers(0, len(value) - 1)))
        else:
            return tuple(path)
        value = value[path[-1]]


def read(text: str) -> Any:
    # BaseLoader: every scalar is its text.
    return yaml.load(text.removeprefix("\ufeff"), Loader=yaml.BaseLoader)


def comment_lines(text: str) -> Counter[str]:
    return Counter(line.strip() for line in text.splitlines() if line.strip().startswith("#"))


def with_value(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    document = copy.deepcopy(document)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document


@given(st.data(), written(), VALUES)
def test_setting_a_value_changes_that_value_and_nothing_else(
    data: st.DataObject, document: tuple[dict[str, Any], str], value: Any
) -> None:
    plain, text = document
    assert read(text) == plain
    path = data.draw(somewhere(plain))
    try:
        edited = set_value(text, path, value)
    except InputError as err:
        # Only where what goes has comments of its own, and then it says so.
        assert "comment" in str(err), (text, path)
        return
    assert read(edited) == with_value(plain, path, value)
    assert not comment_lines(text) - comment_lines(edited)
    assert edited.startswith("\ufeff") == text.startswith("\ufeff")
    assert ("\r\n" in edited) == ("\r\n" in text) or "\n" not in text or "\n" not in edited


@given(st.data(), written())
def test_removing_a_value_removes_that_value_and_nothing_else(
    data: st.DataObject, document: tuple[dict[str, Any], str]
) -> None:
    plain, text = document
    path = data.draw(somewhere(plain))
    holder = plain
    for step in path[:-1]:
        holder = holder[step]
    is_there = path[-1] in holder if isinstance(holder, dict) else True
    try:
        edited = set_value(text, path, None)
    except InputError as err:
        assert "comment" in str(err), (text, path)
        return
    assert read(edited) == (with_value(plain, path, None) if is_there else plain)
    assert not comment_lines(text) - comment_lines(edited)


@given(written(), st.lists(VALUES, max_size=2), VALUES)
def test_appending_leaves_every_line_that_was_there(
    document: tuple[dict[str, Any], str], listed: list[Any], item: Any
) -> None:
    plain, text = document
    key = next((key for key in plain if isinstance(plain[key], list)), "another")
    edited = append_item(text, (key,), item)
    assert read(edited) == {**plain, key: [*plain.get(key, []), item]}
    gone = [line for line in difflib.ndiff(text.splitlines(), edited.splitlines()) if line.startswith("- ")]
    # At most one line is touched: that of a flow list, or the one that gets the comma.
    assert len(gone) <= 1
    twice = append_item(edited, (key,), item)
    assert read(twice)[key] == [*plain.get(key, []), item, item]


def test_several_values_at_once() -> None:
    edited = set_values(
        ROWS,
        [
            (("computers", 0, "user"), None),
            (("computers", 0, "status"), "spare"),
            (("computers", 1, "kind"), "laptop"),
            (("computers", 1, "user"), None),
        ],
    )
    assert difference(ROWS, edited) == (
        "-    user: E0001, oem: [OEM-0001]}\n+    oem: [OEM-0001], status: spare}\n"
        "-   kind: server   # in the cellar\n+   kind: laptop   # in the cellar"
    )


def difference(before: str, after: str) -> str:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return "\n".join(line for line in lines if line.startswith(("+", "-")))


ROWS = """\
computers:
# 一楼
- {number: PC-0001, kind: desktop,   # front desk
   user: E0001, oem: [OEM-0001]}

- number: PC-0002
  kind: server   # in the cellar
  # nobody sits there
"""


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param(
            ("computers", 0, "user"),
            "E0002",
            "-    user: E0001, oem: [OEM-0001]}\n+    user: E0002, oem: [OEM-0001]}",
            id="a value in a flow row of two lines",
        ),
        pytest.param(
            ("computers", 0, "user"),
            None,
            "-    user: E0001, oem: [OEM-0001]}\n+    oem: [OEM-0001]}",
            id="a key of a flow row",
        ),
        pytest.param(
            ("computers", 0, "oem"),
            ["OEM-0001", "OEM-0002"],
            "-    user: E0001, oem: [OEM-0001]}\n+    user: E0001, oem: [OEM-0001, OEM-0002]}",
            id="a list gets longer",
        ),
        pytest.param(
            ("computers", 0, "names", "ansible"),
            "pc-0001",
            "-    user: E0001, oem: [OEM-0001]}\n+    user: E0001, oem: [OEM-0001], names: {ansible: pc-0001}}",
            id="keys that are missing on the way",
        ),
        pytest.param(("computers", 1, "user"), "E0003", "+   user: E0003", id="a new key of a block row"),
        pytest.param(
            ("computers", 1, "identity"), {"machine_id": "0012"}, '+   identity: {machine_id: "0012"}', id="a mapping"
        ),
        pytest.param(("computers", 1, "user"), None, "", id="removing what is not there"),
        pytest.param(("computers", 0, "kind"), "desktop", "", id="what it is already"),
    ],
)
def test_a_row_keeps_its_own_style(path: tuple[str | int, ...], value: Any, expected: str) -> None:
    assert difference(ROWS, set_value(ROWS, path, value)) == expected


def test_items_are_laid_out_like_those_before_them() -> None:
    lots = "lots:\n- number: A\n  quantity: 1\n\n- number: B\n  quantity: 2\n# end\n"
    item = {"number": "C", "quantity": 3, "amount": Decimal("3480.00"), "until": dt.date(2027, 3, 10)}
    assert difference(lots, append_item(lots, ("lots",), item)) == (
        "+ \n+ - number: C\n+   quantity: 3\n+   amount: 3480.00\n+   until: 2027-03-10"
    )
    assert append_item("people: []  # none yet\n# - {id: E0001}\n", ("people",), {"id": "E0002"}) == (
        "people:  # none yet\n- {id: E0002}\n# - {id: E0001}\n"
    )
    assert append_item("people:\n", ("people",), {"id": "E0002"}) == "people:\n- {id: E0002}\n"
    assert append_item("a: [\n  b  # x\n]", ("a",), "c") == "a: [\n  b,  # x\n  c\n]"


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("a: [b\nc: d\n", ("a",), "x.yml:1:4: not valid YAML"),
        ("", ("a",), "x.yml: the file is empty"),
        ("a: {b: c}", ("a", 0), "x.yml:1:4: a[0]: there is no a[0]"),
        ("a: [b]", ("a", 1), "x.yml:1:4: a[1]: there is no a[1]"),
        ("a: b", ("a", "c"), "x.yml:1:4: a.c: there is no a.c"),
        ("a: &x {b: c}\nd: *x\n", ("a", "b"), "x.yml:1:11: a.b: cannot be changed without touching something else"),
        ("a: &x {b: c}\nd: *x\n", ("d", "b"), "x.yml:2:4: d.b: stands for what is written elsewhere"),
        ("a:\n  b: c\n  # why\n  d: e\n", ("a",), "x.yml:2:3: a: a comment stands inside of what would go"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_its_place(text: str, path: tuple[str | int, ...], said: str) -> None:
    with pytest.raises(InputError) as caught:
        set_value(text, path, "new", shown_as="x.yml")
    assert str(caught.value).startswith(said)


def test_a_list_is_needed_to_append_to() -> None:
    with pytest.raises(InputError, match=r"^x\.yml:1:4: a: is not a list"):
        append_item("a: b", ("a",), "c", shown_as="x.yml")


def test_a_file_is_read_with_its_mark_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "people.yml"
    path.write_bytes("\ufeffpeople:\r\n- {id: E0001, name: 张三}\r\n".encode())
    text = set_value(read_editable(path, shown_as="people.yml"), ("people", 0, "left_on"), dt.date(2026, 3, 1))
    assert text.encode() == "\ufeffpeople:\r\n- {id: E0001, name: 张三, left_on: 2026-03-01}\r\n".encode()
    path.write_bytes("people: 张".encode("gbk"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_editable(path, shown_as="people.yml")
