# SPDX-License-Identifier: Apache-2.0
"""Nothing else compares an action plugin's argument spec, or a role's, with its documentation and its defaults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.functional.collection import load_plugin_util

SPECS = load_plugin_util("spec")
ACTIONS = {name.lower(): spec for name, spec in vars(SPECS).items() if isinstance(spec, dict) and name.isupper()}
del ACTIONS["workspace"]
COLLECTION = Path(__file__).parents[3] / "collections" / "ansible_collections" / "zhengban" / "baseline"
ROLES = sorted(path.name for path in (COLLECTION / "roles").iterdir())
KINDS = {"str": str, "path": str, "bool": bool, "int": int, "list": list, "dict": dict}


@pytest.fixture(scope="module")
def documented(repo_root: Path) -> dict[str, Any]:
    """What ansible-doc says about every module of the collection."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(repo_root / "collections")}
    command = [
        str(Path(sys.executable).with_name("ansible-doc")),
        "--json",
        "-t",
        "module",
        *(f"zhengban.baseline.{name}" for name in ACTIONS),
    ]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_every_action_has_a_spec(collection_root: Path) -> None:
    assert set(ACTIONS) == {path.stem for path in (collection_root / "plugins" / "action").glob("*.py")}


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_spec_and_documentation_agree(documented: dict[str, Any], name: str) -> None:
    assert said(documented[f"zhengban.baseline.{name}"]["doc"]["options"]) == ACTIONS[name]


def said(options: dict[str, Any]) -> dict[str, Any]:
    """What a page says about options, as a spec has it."""
    found: dict[str, Any] = {}
    for option, text in options.items():
        keys = ("type", "choices", "elements", "default", "required")
        found[option] = {key: text[key] for key in keys if text.get(key) is not None}
        if "suboptions" in text:
            found[option]["options"] = said(text["suboptions"])
    return found


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_examples_and_returns_are_there(documented: dict[str, Any], name: str) -> None:
    page = documented[f"zhengban.baseline.{name}"]
    assert f"zhengban.baseline.{name}" in page["examples"]
    assert page["return"]


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_an_action_checks_what_its_page_promises(documented: dict[str, Any], name: str) -> None:
    """The spec it names is its own, and whether it may run in check mode or with ``async`` is what the page says."""
    body = (COLLECTION / "plugins" / "action" / f"{name}.py").read_text(encoding="utf-8")
    assert f"argument_spec={name.upper()})" in body
    support = {
        key: value["support"] for key, value in documented[f"zhengban.baseline.{name}"]["doc"]["attributes"].items()
    }
    for attribute, variable in (("check_mode", "_supports_check_mode"), ("async", "_supports_async")):
        assert f"{variable} = {support.get(attribute, 'none') != 'none'}" in body


def test_the_group_of_all_actions_that_have_a_workspace() -> None:
    """So that ``module_defaults`` sets it for all of them, and the page of each says so."""
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    having = [name for name, spec in ACTIONS.items() if "workspace" in spec]
    assert sorted(runtime["action_groups"]["workspace"]) == sorted(having)


@pytest.mark.parametrize("role", ROLES)
def test_spec_and_defaults_of_a_role_agree(role: str) -> None:
    """Every option has its default in both places, or is required and has none; no default is undocumented."""
    folder = COLLECTION / "roles" / role
    options = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = options["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((folder / "defaults" / "main.yml").read_text(encoding="utf-8"))
    required = {name for name, option in options.items() if option.get("required")}
    assert {name: option["default"] for name, option in options.items() if name not in required} == defaults
    assert not any("default" in options[name] for name in required)
    for name, option in options.items():
        assert name.startswith(f"{role}_")
        assert option["description"]
        if name not in required:
            assert type(option["default"]) is KINDS[option["type"]], name
            given = option["default"] if option["type"] == "list" else [option["default"]]
            assert all(value in option.get("choices", given) for value in given)


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_of_a_role_names_its_options(role: str) -> None:
    folder = COLLECTION / "roles" / role
    options = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    rows = [line for line in (folder / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(options["argument_specs"]["main"]["options"])


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_the_readme_names_every_action(name: str) -> None:
    assert f"| `{name}` |" in (COLLECTION / "README.md").read_text(encoding="utf-8")
