# SPDX-License-Identifier: Apache-2.0
"""The published schemas as an editor uses them: a YAML 1.2 reader, a plain validator, titles in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from zhengban.desk.schema import FILES, is_ours, list_kinds, schema_for_editors
from zhengban.documents.schemas import SCHEMAS
from zhengban.model.errors import InputError

ROOT = Path(__file__).parents[3]
CHINESE = re.compile("[\u4e00-\u9fff]")
LATIN = re.compile("[A-Za-z]")


class EditorLoader(yaml.SafeLoader):
    """Reads scalars as YAML 1.2 says, which is what yaml-language-server does."""


# No times and days, no sexagesimal and octal numbers, no yes and no. Source: YAML 1.2.2, 10.3.2.
EditorLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("tag:yaml.org,2002:null", "(?:null|Null|NULL|~|)", ["n", "N", "~", ""]),
    ("tag:yaml.org,2002:bool", "(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("tag:yaml.org,2002:int", "[-+]?[0-9]+", list("-+0123456789")),
    ("tag:yaml.org,2002:float", "[-+]?(?:\\.[0-9]+|[0-9]+\\.[0-9]*)(?:[eE][-+]?[0-9]+)?", list("-+0123456789.")),
):
    EditorLoader.add_implicit_resolver(tag, re.compile(f"{pattern}\\Z"), first)
EditorLoader.add_constructor("tag:yaml.org,2002:int", lambda _loader, node: int(node.value))


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property anywhere in a schema, whatever keyword it stands below."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from properties(item, f"{path}[{index}]")
    elif isinstance(schema, dict):
        for name, child in schema.get("properties", {}).items():
            yield f"{path}.{name}", child
            yield from properties(child, f"{path}.{name}")
        for keyword, child in schema.items():
            if keyword not in ("properties", "enum", "required", "type"):
                yield from properties(child, f"{path}/{keyword}")


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_every_property_is_explained_in_both_languages(kind: str) -> None:
    found = list(properties(schema_for_editors(kind)))
    assert len(found) > 1
    for path, schema in found:
        text = f"{schema.get('title', '')} {schema.get('description', '')}"
        assert LATIN.search(text), path
        assert CHINESE.search(text), path


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_a_published_schema_is_2020_12_and_stands_alone(kind: str) -> None:
    schema = schema_for_editors(kind)
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    assert "$ref" not in text
    # What only our messages use is not published.
    assert '"x-' not in text
    assert is_ours(text.encode())


def test_every_kind_says_which_files_it_is_for() -> None:
    kinds = list_kinds()
    assert [each.kind for each in kinds] == sorted(SCHEMAS)
    assert set(SCHEMAS) <= FILES.keys()
    for each in kinds:
        assert each.files.endswith((".yml", ".json"))
        assert CHINESE.search(each.title)


def example_files() -> list[tuple[str, Path]]:
    """Every policy and register file of the example, with its kind by the table that is published."""
    files = []
    for kind, pattern in FILES.items():
        where = pattern.replace("policies/", "policies/example/").replace("inventories/", "inventories/example/")
        files += [(kind, path) for path in sorted(ROOT.glob(where))]
    named = {path for kind, path in files if kind != "software"}
    return [(kind, path) for kind, path in files if kind != "software" or path not in named]


@pytest.mark.parametrize(("kind", "path"), example_files(), ids=lambda value: getattr(value, "name", value))
def test_an_editor_finds_nothing_wrong_with_the_example(kind: str, path: Path) -> None:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=EditorLoader)
    errors = [f"{error.json_path}: {error.message}" for error in validator(kind).iter_errors(document)]
    assert errors == []


def test_the_example_covers_software_and_register() -> None:
    kinds = {kind for kind, _path in example_files()}
    assert {"base", "baseline", "computers", "departments", "organisation", "people", "platforms", "software"} <= kinds


def test_an_editor_takes_what_the_loader_takes() -> None:
    text = "software: [{name: 2019, version: 2.10, type: oem, category: os, number: 7, vendor: , reason: true}]"
    assert list(validator("software").iter_errors(yaml.load(text, Loader=EditorLoader))) == []
    people = "people: [{id: E0001, name: 张三, department: D01, phone: 08710000000, pledge: 2026-01-05}]"
    assert list(validator("people").iter_errors(yaml.load(people, Loader=EditorLoader))) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("software", "software: [{name: A, type: free, category: oter}]"),
        ("software", "software: [{nmae: A, name: A, type: free, category: other}]"),
        ("software", "software: [{name: [A], type: free, category: other}]"),
        ("software", "software: [{name: , type: free, category: other}]"),
        ("baseline", "baseline: {name: office, grace_days: soon}"),
        ("computers", "computers: [{number: PC-1, kind: desktop, vars: {ansible_host: 10}}]"),
        ("people", "people: [{id: E1, name: A, department: D1, pledge: 5. Januar}]"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(kind: str, text: str) -> None:
    assert list(validator(kind).iter_errors(yaml.load(text, Loader=EditorLoader)))


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"there is no schema 'sofware'; did you mean 'software'\?"):
        schema_for_editors("sofware")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"$id": "https://example.org/x"}', b'{"$id": 3}'])
def test_a_foreign_file_is_not_ours(content: bytes) -> None:
    assert not is_ours(content)


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema_for_editors(kind))
