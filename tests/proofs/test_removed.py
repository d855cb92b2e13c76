# SPDX-License-Identifier: Apache-2.0
"""A rule that nobody would miss is not tested: each is taken out of a copy of the program, and its test has to fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_dependencies import CORE, HOST, ROOT

from .removals import REMOVALS, Removal

DOMAIN = [*(f"N{number}" for number in range(1, 9)), *(f"L{number}" for number in range(1, 8))]
DOMAIN += [f"I{number}" for number in range(1, 5)]


def run_tests(removal: Removal, tree: Path) -> subprocess.CompletedProcess[str]:
    """The tests of a rule against a program whose package is below ``tree``."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-o",
        "cache_dir=.cache/pytest-removed",
        "-k",
        f"_{removal.rule.lower()}",
    ]
    # A program without a rule is not the one whose coverage is measured.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [*command, "--ignore", str(Path(__file__)), str(ROOT / removal.where)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(tree), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_rule_can_be_removed() -> None:
    assert sorted({removal.rule for removal in REMOVALS}) == sorted(DOMAIN)


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: f"{removal.rule}-{REMOVALS.index(removal)}")
def test_without_the_rule_its_test_fails(removal: Removal, tmp_path: Path) -> None:
    copy = shutil.copytree(CORE, tmp_path / "zhengban", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(HOST, copy / "host", ignore=shutil.ignore_patterns("__pycache__"))
    source = (copy / removal.file).read_text(encoding="utf-8")
    assert source.count(removal.old) == 1, f"{removal.file}: {removal.old!r} is no longer one place"
    (copy / removal.file).write_text(source.replace(removal.old, removal.new), encoding="utf-8")

    done = run_tests(removal, tmp_path)

    # 1 is "some tests failed"; a broken program or no test at all would be another code.
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"FAILED \S+::\S*_{removal.rule.lower()}", done.stdout), done.stdout
