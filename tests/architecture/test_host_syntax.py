# SPDX-License-Identifier: Apache-2.0
"""Host code compiles on every Python of managed hosts that this machine has. Source: DESIGN 1, STYLE 12."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

COLLECTION = Path(__file__).parents[2] / "collections" / "ansible_collections" / "zhengban" / "baseline" / "plugins"
FILES = sorted([*(COLLECTION / "module_utils" / "host").glob("*.py"), *(COLLECTION / "modules").glob("*.py")])
COMPILE = "import sys\nfor name in sys.argv[1:]:\n    compile(open(name, encoding='utf-8').read(), name, 'exec')\n"


def find_interpreters() -> dict[str, str]:
    """Version ("3.6") -> command, for every Python 3.6-3.14 that starts, version managers' included."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found: dict[str, str] = {}
    for version in (f"3.{minor}" for minor in range(6, 15)):
        managed = sorted(versions.glob(f"{version}.*/bin/python{version}"))
        for command in (shutil.which(f"python{version}"), *map(str, managed)):
            if command and subprocess.run([command, "-c", ""], capture_output=True).returncode == 0:
                found.setdefault(version, command)
    return found


INTERPRETERS = find_interpreters()


@pytest.mark.parametrize("version", sorted(INTERPRETERS, key=lambda version: int(version[2:])))
def test_host_code_compiles(version: str) -> None:
    assert FILES
    result = subprocess.run([INTERPRETERS[version], "-c", COMPILE, *map(str, FILES)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_host_code_has_python_36_grammar(path: Path) -> None:
    """The grammar, where no Python 3.6 is at hand: walrus, positional-only parameters and the like fail."""
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
