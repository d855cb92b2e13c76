# SPDX-License-Identifier: Apache-2.0
"""The releases of ansible-core the collection is for, each with a Python it runs on, in environments of their own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lab.workspace import REPOSITORY_ROOT

CORES = {"2.17": ("3.11", "3.12"), "2.21": ("3.12", "3.13")}
"""Release -> the Pythons of the controller, the best first; the release in .venv is beside these."""

CACHE = REPOSITORY_ROOT / ".cache"


def find_pythons() -> dict[str, Path]:
    """Every Python of this machine that really starts, by its version (3.6 …); a version manager's shims may not."""
    # Those of a version manager first: a distribution's own may lack ensurepip.
    folders = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin"), reverse=True)
    folders += [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    found: dict[str, Path] = {}
    for minor in range(6, 15):
        for folder in folders:
            program = folder / f"python3.{minor}"
            if "shims" not in folder.parts and program.is_file() and _starts(program):
                found.setdefault(f"3.{minor}", program)
    return found


def core_environment(core: str, pythons: dict[str, Path]) -> Path | None:
    """The folder of programs of one release, made when it is not there; None without a Python for it.

    What the tests need besides comes from the environment these tests run in, where the Python is the same.
    """
    version = next((version for version in CORES[core] if version in pythons), None)
    if version is None:
        return None
    lock = REPOSITORY_ROOT / "locks" / f"core-{core}.txt"
    folder = CACHE / "cores" / core
    stamp = folder / f"stamp-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not stamp.exists():
        subprocess.run([str(pythons[version]), "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(folder / "bin" / "pip"), "install", "-qq", "--require-hashes", "--no-deps", "-r", str(lock)]
        subprocess.run([*install, "--only-binary", ":all:"], check=True)
        if version == f"3.{sys.version_info.minor}":
            here = next(path for path in sys.path if path.endswith("site-packages"))
            site = next((folder / "lib").glob("python*/site-packages"))
            # Behind its own: the release's ansible is found first.
            (site / "behind.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
        stamp.touch()
    return folder / "bin"


def clean_environment(programs: Path, pythons: dict[str, Path]) -> dict[str, str]:
    """What ansible-test runs in: its caches below ours, real Pythons on the path, no shims, the user's pip settings."""
    home = CACHE / "galaxy-home"
    settings = Path.home() / ".config" / "pip"
    if settings.is_dir() and Path.home() != home:
        shutil.copytree(settings, home / ".config" / "pip", dirs_exist_ok=True)
    folders = dict.fromkeys([str(programs), *(str(path.parent) for path in pythons.values()), "/usr/bin", "/bin"])
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "ZHENGBAN_"))},
        "HOME": str(home),
        "PATH": os.pathsep.join(folders),
        "LC_ALL": "C.UTF-8",
    }


def _starts(program: Path) -> bool:
    return subprocess.run([str(program), "-c", ""], capture_output=True).returncode == 0
