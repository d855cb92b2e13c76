# SPDX-License-Identifier: Apache-2.0
"""Tests of the Ansible collection through Ansible's own commands, without hosts."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

PLUGIN_UTILS = (
    Path(__file__).parents[3]
    / "collections"
    / "ansible_collections"
    / "zhengban"
    / "baseline"
    / "plugins"
    / "plugin_utils"
)


def load_plugin_util(name: str) -> ModuleType:
    """Import one file of ``plugin_utils`` that needs nothing of Ansible."""
    spec = importlib.util.spec_from_file_location(f"plugin_utils_{name}", PLUGIN_UTILS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
