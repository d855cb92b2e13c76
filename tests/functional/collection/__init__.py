# SPDX-License-Identifier: Apache-2.0
"""Tests of the Ansible collection through Ansible's own commands, without hosts."""

from __future__ import annotations

import importlib
import sys
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
    """Import one file of ``plugin_utils`` anew; of Ansible's collections it needs nothing but the files beside it."""
    package = ModuleType("plugin_utils")
    package.__path__ = [str(PLUGIN_UTILS)]
    sys.modules["plugin_utils"] = package
    sys.modules.pop(f"plugin_utils.{name}", None)
    return importlib.import_module(f"plugin_utils.{name}")
