# SPDX-License-Identifier: Apache-2.0
"""Commands run in a known environment, and a transaction's command on its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from zhengban.host.command import run_command


def test_the_callers_language_and_environment_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("APT_CONFIG", "/tmp/evil")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    lines = run_command(["env"]).stdout.splitlines()
    assert {"LC_ALL=C.UTF-8", "LANGUAGE=C", "DEBIAN_FRONTEND=noninteractive", "https_proxy=http://127.0.0.1:1"} <= set(
        lines
    )
    assert not [line for line in lines if line.startswith("APT_CONFIG")]


def test_a_shell_sees_nothing_and_standard_input_is_closed() -> None:
    assert run_command(["echo", "$(id)", "a;b"]) == (0, "$(id) a;b\n", "")
    assert run_command(["cat"]) == (0, "", "")


def test_a_command_that_is_not_there_is_an_exit_code() -> None:
    done = run_command(["zhengban-no-such-command"])
    assert (done.returncode, done.stdout) == (127, "")
    assert "zhengban-no-such-command" in done.stderr


def test_with_an_output_file_it_has_its_own_session_and_the_inherited_descriptors(tmp_path: Path) -> None:
    log = tmp_path / "log"
    reader, writer = os.pipe()
    script = (
        f"import os; os.write({writer}, b'held'); print(os.getsid(0), os.getpid(), flush=True); os.write(2, b'error')"
    )
    command = [sys.executable, "-c", script]
    assert run_command(command, output_path=str(log), inherited=(writer,)) == (0, "", "")
    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert pipe.read() == "held"
    session, process, error = log.read_text().split()
    assert (session, error) == (process, "error")
    assert log.stat().st_mode & 0o777 == 0o600
