# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from zhengban.documents.coerce import to_plain
from zhengban.documents.yamltext import parse_yaml


def _read(text: str, schema: dict[str, Any]) -> Any:
    node, problems = parse_yaml(text, shown_as="f.yml")
    assert node is not None
    assert not problems
    return to_plain(node, schema)


@pytest.mark.parametrize(
    ("written", "types", "expected"),
    [
        ("2.10", "string", "2.10"),
        ("12", "string", "12"),
        ("12", "integer", 12),
        ("-3", "integer", -3),
        ("'12'", "integer", "12"),
        ("012", "integer", "012"),
        ("1_000", "integer", "1_000"),
        ("0x10", "integer", "0x10"),
        ("9" * 5000, "integer", "9" * 5000),
        ("12", ["string", "integer"], 12),
        ("20%", ["string", "integer"], "20%"),
        ("128000.10", "number", Decimal("128000.10")),
        ("128000", "number", Decimal(128000)),
        ("1e3", "number", "1e3"),
        (".5", "number", ".5"),
        (".nan", "number", ".nan"),
        ("true", "boolean", True),
        ("false", "boolean", False),
        ("no", "boolean", "no"),
        ("2026-01-05", "string", "2026-01-05"),
    ],
)
def test_the_schema_decides_the_type(written: str, types: str | list[str], expected: object) -> None:
    value = _read(written, {"type": types})
    assert (type(value), value) == (type(expected), expected)


def test_unknown_keys_are_kept_for_the_validator() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    assert _read("{a: 1, b: {c: [2]}}", schema) == {"a": 1, "b": {"c": ["2"]}}


def test_other_properties_follow_their_schema() -> None:
    assert _read("{a: 1}", {"type": "object", "additionalProperties": {"type": "integer"}}) == {"a": 1}


def test_ansible_values_are_yaml_1_1() -> None:
    text = "{a: 22, b: '22', c: yes, d: 0x16, e: 010, f: ~, g: [2026-01-05, 2026-13-05], h: 22:30, i: 1.5, j: ok}"
    assert _read(text, {"type": "object", "x-yaml": "ansible"}) == {
        "a": 22,
        "b": "22",
        "c": True,
        "d": 22,
        "e": 8,
        "f": None,
        "g": [dt.date(2026, 1, 5), "2026-13-05"],
        "h": 1350,
        "i": 1.5,
        "j": "ok",
    }
