# SPDX-License-Identifier: Apache-2.0
"""The program put on a host is whole: it has every module that its modules import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from zhengban.host import guard_install
from zhengban.host.guard_hooks import APT_TEXT, DPKG_TEXT, HOOK, hook_script


def test_every_module_comes_with_what_it_imports() -> None:
    sources = dict(guard_install._sources())
    for path, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level:
                needed = [node.module] if node.module else [alias.name for alias in node.names]
                for name in needed:
                    assert f"host/{name}.py" in sources, f"{path} imports {name}"


def test_the_program_starts_from_its_own_files_alone(tmp_path: Path) -> None:
    for path, text in guard_install._sources():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "guard.py"), "--help"], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, "open" in done.stdout, done.stderr) == (0, True, "")


def test_the_hook_is_what_a_plain_shell_reads(tmp_path: Path) -> None:
    script = tmp_path / "guard"
    script.write_text(hook_script("/usr/lib/zhengban/code-0/guard.py"), encoding="utf-8")
    for shell in ("dash", "bash"):
        done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
    assert "@" not in script.read_text(encoding="utf-8").replace('"$@"', "")
    # One word, or apt would take the rest of it for an option's name.
    assert f"DPkg::Tools::Options::{HOOK}::Version" in APT_TEXT
    assert f"exec {HOOK} dpkg;;" in DPKG_TEXT
