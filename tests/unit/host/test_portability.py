# SPDX-License-Identifier: Apache-2.0
"""Host code runs where nothing of ours is installed, on Pythons back to 3.6."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PLUGINS = "plugins/module_utils/host"
# What is run under another Python, with the library that only that one has.
FOREIGN = {"dnf4_library.py": "dnf", "dnf5_library.py": "libdnf5", "dnf_program.py": ""}
# In the standard library, but newer than 3.6: only a run on an old host would tell.
TOO_NEW = {"dataclasses", "contextvars", "importlib.resources", "importlib.metadata", "zoneinfo", "graphlib", "tomllib"}


def sources(collection_root: Path) -> list[Path]:
    found = sorted((collection_root / PLUGINS).glob("*.py"))
    assert len(found) > 10
    return found


def test_the_syntax_is_that_of_python_3_6(collection_root: Path) -> None:
    for path in sources(collection_root):
        ast.parse(path.read_text(encoding="utf-8"), filename=str(path), feature_version=(3, 6))


@pytest.mark.parametrize("call", ["capture_output", "text", "removeprefix", "removesuffix"])
def test_no_name_of_a_newer_library_is_used(collection_root: Path, call: str) -> None:
    for path in sources(collection_root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.keyword) and node.arg == call), f"{path.name}: {call}="
            assert not (isinstance(node, ast.Attribute) and node.attr == call), f"{path.name}: .{call}"


def test_it_imports_the_standard_library_and_itself(collection_root: Path) -> None:
    for path in sources(collection_root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.level == 1, f"{path.name}: leaves its package"
                continue
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for name in names:
                top = name.split(".", maxsplit=1)[0]
                assert top in sys.stdlib_module_names or top == FOREIGN.get(path.name), f"{path.name}: {name}"
                assert name not in TOO_NEW | {"__future__"}, f"{path.name}: {name}"


@pytest.mark.parametrize("file", FOREIGN)
def test_a_program_for_another_python_stands_alone(collection_root: Path, file: str) -> None:
    """Its source is all that the other Python is given, and the library is asked for only there."""
    tree = ast.parse((collection_root / "plugins/module_utils/host" / file).read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    tops = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    assert FOREIGN[file] not in tops


def test_the_hook_stands_alone(collection_root: Path) -> None:
    """Its source is written into a file of its own on the host."""
    tree = ast.parse((collection_root / PLUGINS / "hook.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
