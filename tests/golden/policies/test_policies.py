# SPDX-License-Identifier: Apache-2.0
"""Whole workspaces, good and bad: the folders beside this file are the tests.

A case is laid over ``base/``; a file ``NAME.absent`` takes ``NAME`` away. ``negative/*/problems.txt`` holds every
problem, word for word, in order.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from zhengban.policy.load import read_policy
from zhengban.register.load import read_register

HERE = Path(__file__).parent


def _cases(kind: str) -> list[str]:
    return sorted(path.name for path in (HERE / kind).iterdir() if path.is_dir())


def _problems_of(case: Path, workspace: Path) -> list[str]:
    shutil.copytree(HERE / "base", workspace, dirs_exist_ok=True)
    shutil.copytree(case, workspace, dirs_exist_ok=True)
    for mark in list(workspace.rglob("*.absent")):
        mark.with_suffix("").unlink()
        mark.unlink()
    register, in_register = read_register(workspace)
    policy, in_policy = read_policy(workspace, register)
    assert (register is None) == bool(in_register)
    assert (policy is None) == bool(in_policy)
    return [str(problem) for problem in (*in_register, *in_policy)]


@pytest.mark.parametrize("name", _cases("positive"))
def test_good_workspace_loads(name: str, tmp_path: Path) -> None:
    assert _problems_of(HERE / "positive" / name, tmp_path) == []


@pytest.mark.parametrize("name", _cases("negative"))
def test_bad_workspace_reports_every_problem(name: str, tmp_path: Path) -> None:
    case = HERE / "negative" / name
    expected = (case / "problems.txt").read_text(encoding="utf-8").splitlines()
    assert _problems_of(case, tmp_path) == expected


def test_cases_are_found() -> None:
    # Parametrising over an empty folder would pass in silence.
    assert len(_cases("positive")) > 5
    assert len(_cases("negative")) > 20
