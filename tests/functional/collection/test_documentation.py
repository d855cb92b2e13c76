# SPDX-License-Identifier: Apache-2.0
"""Nothing else compares an action plugin's argument spec with its documentation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.functional.collection import load_plugin_util

SPECS = load_plugin_util("spec")
ACTIONS = {name.lower(): getattr(SPECS, name) for name in vars(SPECS) if name.isupper() and name != "WORKSPACE"}


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
