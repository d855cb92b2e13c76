# SPDX-License-Identifier: Apache-2.0
"""How the command runs a playbook of the collection."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from zhengban.cli import playbook

Invoke = Callable[..., Result]

PROGRAM = """\
#!{python}
import json, os, sys
keys = ("ZHENGBAN_WORKSPACE", "ANSIBLE_HOST_PATTERN_MISMATCH")
with open({calls!r}, "w") as stream:
    json.dump({{"argv": sys.argv[1:], "cwd": os.getcwd(), **{{key: os.environ.get(key) for key in keys}}}}, stream)
sys.exit({exit_code})
"""


@pytest.fixture
def ansible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Put a stand-in in place of ansible-playbook; returns the file with its arguments."""

    def make(exit_code: int) -> Path:
        program, calls = tmp_path / "ansible-playbook", tmp_path / "calls.json"
        program.write_text(
            PROGRAM.format(python=sys.executable, calls=str(calls), exit_code=exit_code), encoding="utf-8"
        )
        program.chmod(0o755)
        monkeypatch.setattr(playbook, "find_ansible_playbook", lambda: str(program))
        return calls

    return make


def test_collection_from_hosts(
    invoke: Invoke, root: Path, ansible: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHENGBAN_WORKSPACE", "/nowhere")
    pattern = "department_D02:!pc-0003 {{ 7*7 }} $(touch x)"
    calls = ansible(0)
    assert invoke("facts", "collect", "--hosts", pattern).exit_code == 0
    call = json.loads(calls.read_text(encoding="utf-8"))
    assert call["cwd"] == call["ZHENGBAN_WORKSPACE"] == str(root)
    assert call["ANSIBLE_HOST_PATTERN_MISMATCH"] == "error"
    *options, variables, name = call["argv"]
    assert (options, name) == (["-i", "inventories/hosts.yml", "-e"], "zhengban.baseline.collect")
    assert json.loads(variables) == {"zhengban_hosts": pattern}


@pytest.mark.parametrize("exit_code", [1, 2, 4, 250])
def test_any_failure_of_ansible_is_a_failed_action(
    invoke: Invoke, ansible: Callable[[int], Path], exit_code: int
) -> None:
    ansible(exit_code)
    assert invoke("facts", "collect", "--hosts", "all").exit_code == 3


def test_workspace_without_an_inventory(invoke: Invoke, root: Path, ansible: Callable[[int], Path]) -> None:
    calls = ansible(0)
    (root / "inventories" / "hosts.yml").unlink()
    result = invoke("facts", "collect", "--hosts", "all")
    assert result.exit_code == 2
    assert result.stderr.startswith("inventories/hosts.yml: is missing")
    assert not calls.exists()


def test_machine_without_ansible(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    result = invoke("facts", "collect", "--hosts", "all")
    assert result.exit_code == 3
    assert "pip install 'zhengban[ansible]'" in result.stderr


def test_ansible_of_this_environment_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("environment", "path"):
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "ansible-playbook"
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment" / "python"))
    assert playbook.find_ansible_playbook() == str(tmp_path / "environment" / "ansible-playbook")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    assert playbook.find_ansible_playbook() == str(tmp_path / "path" / "ansible-playbook")


def test_collection_is_found_beside_a_checkout_only(tmp_path: Path, collection_root: Path) -> None:
    name = "ANSIBLE_COLLECTIONS_PATH"
    here = playbook.playbook_environment({}, workspace=tmp_path)[name]
    assert here.split(":")[0] == str(collection_root.parents[2])
    assert "~/.ansible/collections" in here.split(":")
    given = playbook.playbook_environment({name: "/opt/collections"}, workspace=tmp_path)
    assert given[name] == "/opt/collections"
    assert name not in playbook.playbook_environment({}, workspace=tmp_path, checkout=tmp_path)


def test_host_that_is_not_in_the_inventory_fails_with_real_ansible(
    zhengban: Callable[..., subprocess.CompletedProcess[bytes]], root: Path, ansible_environment: dict[str, str]
) -> None:
    done = zhengban("--workspace", root, "facts", "collect", "--hosts", "pc-0oo1", environment=ansible_environment)
    assert done.returncode == 3
    assert b"pc-0oo1" in done.stdout
    assert not (root / "facts").exists()


SLOW = """\
#!{python}
import signal, sys, time
from pathlib import Path

def end(*_):
    time.sleep(0.3)
    Path("ended").touch()
    sys.exit(99)

signal.signal(signal.SIGINT, end)
Path("started").touch()
time.sleep(60)
"""


def test_interrupt_waits_for_ansible_to_end(root: Path, tmp_path: Path) -> None:
    program = tmp_path / "ansible-playbook"
    program.write_text(SLOW.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    command = (
        "from zhengban.cli import main, playbook; "
        f"playbook.find_ansible_playbook = lambda: {str(program)!r}; main.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", command, "--workspace", str(root), "facts", "collect", "--hosts", "all"],
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 30
        while not (root / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        # As a terminal does it: the whole group is told.
        os.killpg(process.pid, signal.SIGINT)
        _output, errors = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 130
    assert (root / "ended").exists()
    assert b"Traceback" not in errors
