# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from zhengban.documents.schemas import SCHEMAS, accepts_text, read_schema, validator_for

CHINESE = re.compile("[\u4e00-\u9fff]")


def _subschemas(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for key, value in schema.get("properties", {}).items():
        yield from _subschemas(value, f"{path}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _subschemas(schema[key], f"{path}.{key}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_2020_12_and_whole(name: str) -> None:
    schema = read_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$ref" not in json.dumps(schema)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_is_described_in_both_languages(name: str) -> None:
    for path, schema in _subschemas(read_schema(name)):
        for key, value in schema.get("properties", {}).items():
            if path == "" and key == name:
                continue  # the one key of the document: the document itself is described
            where = f"{path}.{key}"
            assert re.search("[A-Za-z]", value["title"]), where
            assert CHINESE.search(value["title"]), where
            assert value["description"].strip(), where


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_object_takes_unknown_keys(name: str) -> None:
    for path, schema in _subschemas(read_schema(name)):
        if "properties" in schema:
            assert schema["additionalProperties"] is False, path


@pytest.mark.parametrize("name", SCHEMAS)
def test_patterns_are_anchored_and_explained(name: str) -> None:
    for path, schema in _subschemas(read_schema(name)):
        if "pattern" in schema:
            assert schema["pattern"].startswith("^"), path
            assert schema["pattern"].endswith("$"), path
            assert schema["x-expects"], path


@given(st.text(max_size=210) | st.sampled_from(["server", "dpkg", "report", "PC-0001", "a b", "bash", "4", "20%"]))
def test_the_quick_answer_is_the_validators(text: str) -> None:
    for name in SCHEMAS:
        for path, schema in _subschemas(read_schema(name)):
            if accepts_text(schema, text):
                assert validator_for(name).evolve(schema=schema).is_valid(text), path


def test_a_pattern_does_not_let_a_trailing_line_feed_pass() -> None:
    document = {"base": {"platform": "debian-12", "names": ["bash\n"]}}
    (error,) = validator_for("base").iter_errors(document)
    assert list(error.absolute_path) == ["base", "names", 0]
