# SPDX-License-Identifier: Apache-2.0
"""``zhengban facts collector``: one file, run by every Python that managed machines may have."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.architecture.test_host_syntax import INTERPRETERS
from zhengban.host import collector as host_collector
from zhengban.host.facts import collect
from zhengban.model.facts import read_facts

Invoke = Callable[..., Result]


@pytest.fixture
def collector(invoke: Invoke, tmp_path: Path) -> Path:
    """The file, written where no workspace is."""
    path = tmp_path / "zhengban-collector.pyz"
    result = invoke("facts", "collector", "--output", str(path), workspace=tmp_path / "nowhere")
    assert (result.exit_code, result.stdout) == (0, f"wrote {path}: run it with python3, as root\n")
    return path


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    # Nothing of this environment helps it along, and it is not where its sources are.
    return subprocess.run(
        [*map(str, command)], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, **options
    )


def without_moment(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "collected_at"}


@pytest.mark.parametrize("version", sorted(INTERPRETERS, key=lambda version: int(version[2:])))
def test_every_python_gives_the_document_that_the_host_code_gives(collector: Path, version: str) -> None:
    done = run(INTERPRETERS[version], "-I", "-W", "error", collector, cwd="/")
    document = json.loads(done.stdout)
    states = document["managers"].values()
    assert done.returncode == (0 if states and all(state["read"] for state in states) else 1), done.stderr
    assert without_moment(document) == without_moment(collect())
    read_facts(done.stdout, source="the collector")


def test_the_oldest_python_is_among_them() -> None:
    assert min(int(version[2:]) for version in INTERPRETERS) <= 11


def test_it_writes_into_the_folder_of_a_stick_under_the_machines_name(collector: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    done = run(collector, stick)
    (written,) = stick.iterdir()
    document = json.loads(written.read_text(encoding="ascii"))
    assert written.name == host_collector.file_name(document)
    assert document["host"].split(".")[0] in written.name
    assert f"wrote {written} ({len(document['packages'])} packages)" in done.stderr
    assert done.stdout == ""


def test_a_file_name_holds_nothing_of_a_path() -> None:
    document = {"host": "../../etc/财务处", "identity": {"serial_number": "a/b", "machine_id": ""}}
    assert host_collector.file_name(document) == ".._.._etc_-a_b.json"


def test_what_cannot_be_written_is_named_and_leaves_nothing(collector: Path, tmp_path: Path) -> None:
    target = tmp_path / "no" / "facts.json"
    done = run(collector, target)
    assert (done.returncode, done.stdout) == (2, "")
    assert "facts.json: No such file or directory" in done.stderr
    assert not target.parent.exists()


def test_too_old_a_python_is_told_so(collector: Path) -> None:
    """What comes before the check has to be understood by a Python 2, which this machine may not have."""
    text = zipfile.ZipFile(collector).read("__main__.py").decode()
    stop = text.index("from zhengban_host")
    program = f"import sys; sys.version_info = (2, 7); exec({text[:stop]!r})"
    done = run(next(iter(INTERPRETERS.values())), "-c", program)
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs Python 3.6 or later" in done.stderr
    assert 'f"' not in text and "print " not in text


def test_the_same_code_is_the_same_bytes(invoke: Invoke, collector: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pyz"
    invoke("facts", "collector", "--output", str(again))
    assert again.read_bytes() == collector.read_bytes()
    assert os.access(again, os.X_OK)


def test_the_one_for_windows_is_a_batch_file(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "zhengban-collector.cmd"
    result = invoke("facts", "collector", "--windows", "--output", str(path), workspace=tmp_path / "nowhere")
    assert (result.exit_code, result.stdout) == (0, f"wrote {path}: run it there as administrator\n")
    assert path.read_bytes().startswith(b"@echo off\r\n")


def test_it_needs_a_place(invoke: Invoke) -> None:
    result = invoke("facts", "collector")
    assert result.exit_code == 2
    assert "--output" in result.stderr
