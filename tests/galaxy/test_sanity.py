# SPDX-License-Identifier: Apache-2.0
"""What Galaxy's reviewers run: ``ansible-test`` sanity and units, without containers; ``make sanity`` runs it.

On the release in .venv and on the newest; the first run makes environments, which takes minutes. On ansible-core 2.17,
whose ansible-test is no longer what Galaxy asks for, the collection's own tests run instead. There is no ignore file:
what host code may do and modules may not is allowed beside the reason, in the file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .cores import CACHE, clean_environment, core_environment, find_pythons

PYTHONS = find_pythons()


def programs_of(core: str) -> Path:
    folder = Path(sys.executable).parent if core == "installed" else core_environment(core, PYTHONS)
    if folder is None:
        pytest.skip(f"no Python here for ansible-core {core}")
    return folder


def ansible_test(core: str, collection_root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ansible-test in the collection, as it lies in the repository."""
    programs = programs_of(core)
    environment = clean_environment(programs, PYTHONS)
    (source,) = programs.parent.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py")
    cache = Path(environment["HOME"]) / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"pip='([0-9.]+)'", source.read_text(encoding="utf-8"))):
        shutil.copy(Path(__file__).with_name("get_pip.py"), cache / f"get_pip_{version.replace('.', '_')}.py")
    return subprocess.run(
        [str(programs / "ansible-test"), *arguments, "--color", "no", "--truncate", "0"],
        cwd=collection_root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("core", ["installed", "2.21"])
def test_sanity(core: str, collection_root: Path) -> None:
    result = ansible_test(core, collection_root, "sanity", "--local")
    assert result.returncode == 0, result.stdout
    # What it leaves out by itself would be no pass.
    assert "validate-modules" in result.stdout


@pytest.mark.parametrize("core", ["installed", "2.21"])
def test_units(core: str, collection_root: Path) -> None:
    result = ansible_test(core, collection_root, "units", "--venv", "--python", "default")
    assert result.returncode == 0, result.stdout
    assert re.search(r"\b[1-9][0-9]* passed", result.stdout), result.stdout


def test_the_oldest_release(repo_root: Path, collection_root: Path) -> None:
    """The tests of the collection without hosts, on ansible-core 2.17."""
    programs = programs_of("2.17")
    result = subprocess.run(
        [
            str(programs / "python"),
            "-m",
            "pytest",
            "-q",
            "-o",
            f"cache_dir={CACHE}/pytest-2.17",
            "tests/functional/collection",
        ],
        cwd=repo_root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert result.returncode == 0, result.stdout
