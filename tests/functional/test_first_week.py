# SPDX-License-Identifier: Apache-2.0
"""The tutorial "The first week", carried out from its own text in an empty folder. Source: DESIGN 8."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "=== block"


class Step(NamedTuple):
    """A block of commands, and the lines that it shows, in order."""

    commands: str
    shown: tuple[str, ...]


def steps(text: str) -> list[Step]:
    found: list[Step] = []
    for kind, content in BLOCK.findall(text):
        if kind == "sh":
            found.append(Step(content, ()))
        elif kind == "text":
            assert found and not found[-1].shown, content
            found[-1] = found[-1]._replace(shown=tuple(content.splitlines()))
        else:
            # What needs real computers is shown and not run.
            assert kind == "console" and all(line.startswith("$ ansible-playbook ") for line in content.splitlines())
    return found


def run_shell(script: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What a script says that ends well."""
    run = subprocess.run(
        ["bash", "-u"],
        input=script,
        cwd=folder,
        env=dict(environment),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_both_languages_have_the_same_blocks(repo_root: Path) -> None:
    english, chinese = (
        BLOCK.findall((repo_root / "docs" / name).read_text(encoding="utf-8"))
        for name in ("first-week.md", "first-week.zh-CN.md")
    )
    assert english == chinese
    assert len(english) > 20


def test_the_first_week_is_as_it_says(repo_root: Path, tmp_path: Path) -> None:
    todo = steps((repo_root / "docs" / "first-week.md").read_text(encoding="utf-8"))
    # One shell for all, as a reader has; a command that finds something leaves with 1, one that fails with more.
    script = "\n".join(f"{step.commands}status=$?; [ $status -le 1 ] || exit $status\necho '{MARK}'" for step in todo)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ZHENGBAN")} | {
        "DOCS": str(repo_root / "docs" / "first-week"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "HOME": str(tmp_path),
    }
    outputs = run_shell(script, tmp_path, environment).split(f"{MARK}\n")
    assert len(outputs) == len(todo) + 1
    for step, output in zip(todo, outputs, strict=False):
        lines = iter(output.splitlines())
        for shown in step.shown:
            pattern = ".*".join(map(re.escape, shown.split("…")))
            assert any(re.fullmatch(pattern, line) for line in lines), (
                f"{shown!r} is not, or not in this order, in\n{output}"
            )
