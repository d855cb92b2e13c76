# SPDX-License-Identifier: Apache-2.0
"""What people install: the collection's archive and the wheel, whole, and the demo run from nothing but them.

``make artefact`` runs it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.lab.ansible import ansible_environment_in

from .cores import CACHE

PROGRAMS = Path(sys.executable).parent
GENERATED = {"MANIFEST.json", "FILES.json"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, collection_root: Path, repo_root: Path) -> Path:
    """A folder with the archive of the collection and the wheel."""
    folder = tmp_path_factory.mktemp("built")
    run(folder, PROGRAMS / "ansible-galaxy", "collection", "build", collection_root, "--output-path", folder)
    options = ("-qq", "--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(folder, PROGRAMS / "pip", "wheel", *options, repo_root)
    return folder


@pytest.fixture(scope="module")
def collections(built: Path) -> Path:
    """An empty place for collections, with only the archive installed."""
    target = built / "collections"
    (archive,) = built.glob("zhengban-baseline-*.tar.gz")
    install = ("collection", "install", "--offline", "-p", target, archive)
    run(built, PROGRAMS / "ansible-galaxy", *install, collections=target)
    return target


def tracked(folder: Path) -> set[str]:
    """The files of a folder that are kept in git, or would be, by their path inside it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in listed if (folder / name).is_file()}


def test_the_archive_has_every_file(built: Path, collection_root: Path) -> None:
    (archive,) = built.glob("zhengban-baseline-*.tar.gz")
    with tarfile.open(archive) as tar:
        packed = {member.name for member in tar.getmembers() if member.isfile()}
    assert packed - GENERATED == tracked(collection_root) - {"galaxy.yml"}


def test_the_wheel_has_every_file(built: Path, repo_root: Path, collection_root: Path) -> None:
    (wheel,) = built.glob("zhengban-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    host = "plugins/module_utils/host"
    wanted = {f"zhengban/{name}" for name in tracked(repo_root / "plugins" / "zhengban")}
    wanted |= {f"saltext/zhengban/{name}" for name in tracked(repo_root / "plugins" / "saltext" / "zhengban")}
    wanted |= {f"zhengban/host/{name}" for name in tracked(collection_root / host)}
    assert packed == wanted


def test_what_the_collection_says_about_itself(repo_root: Path, collection_root: Path) -> None:
    """The same version everywhere, and every file that meta names is there."""
    galaxy = yaml.safe_load((collection_root / "galaxy.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert galaxy["version"] == project["version"]
    environment = yaml.safe_load((collection_root / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    for name in environment["dependencies"].values():
        assert (collection_root / name).is_file()
    wanted = (collection_root / environment["dependencies"]["python"]).read_text(encoding="utf-8")
    assert f"zhengban[windows]>={project['version']}\n" in wanted


def test_every_plugin_has_a_page(collections: Path, built: Path) -> None:
    installed = collections / "ansible_collections" / "zhengban" / "baseline"
    for kind, folder in (("module", "modules"), ("callback", "callback"), ("inventory", "inventory")):
        names = [f"zhengban.baseline.{path.stem}" for path in (installed / "plugins" / folder).glob("*.py")]
        assert names
        run(built, PROGRAMS / "ansible-doc", "-t", kind, *names, collections=collections)
    for role in (installed / "roles").iterdir():
        said = run(
            built, PROGRAMS / "ansible-doc", "-t", "role", f"zhengban.baseline.{role.name}", collections=collections
        )
        assert role.name in said


def test_the_demo_from_nothing_but_the_artefacts(built: Path, collections: Path, repo_root: Path) -> None:
    lock = repo_root / "locks" / "demo.txt"
    clean = CACHE / "artefact"
    stamp = clean / f"stamp-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if not stamp.exists():
        run(built, Path(sys.executable), "-m", "venv", "--clear", clean)
        run(built, clean / "bin" / "pip", "install", "-qq", "--require-hashes", "--no-deps", "-r", lock)
        stamp.touch()
    (wheel,) = built.glob("zhengban-*.whl")
    run(built, clean / "bin" / "pip", "install", "-qq", "--no-deps", "--force-reinstall", wheel)
    where = run(built, clean / "bin" / "python", "-c", "import zhengban; print(zhengban.__path__[0])")
    assert Path(where.strip()).is_relative_to(clean)
    said = subprocess.run(
        [str(clean / "bin" / "python"), "-m", "tests.lab.demo"],
        cwd=repo_root,
        env={**os.environ, "ZHENGBAN_COLLECTIONS": str(collections)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert said.returncode == 0, said.stdout
    # With real hosts: what stored facts can show is no proof.
    assert "=== 5. Enforce again: nothing to do." in said.stdout, said.stdout


def run(folder: Path, program: Path, *arguments: str | Path, collections: Path | None = None) -> str:
    environment = ansible_environment_in(folder)
    if collections is not None:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    done = subprocess.run(
        [str(program), *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
