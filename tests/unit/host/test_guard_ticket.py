# SPDX-License-Identifier: Apache-2.0
"""Tickets pass exactly what they were written for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from zhengban.host import guard_ticket
from zhengban.host.guard_ticket import (
    grant_run,
    has_passed,
    is_our_run,
    let_members_pass,
    note_passed,
    process_start,
    revoke_run,
)

STEPS = [["remove", "foo", "all", "1.0", ""], ["install", "bar", "amd64", "", "2.0"]]


def test_a_run_passes_with_its_own_steps_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path / "run")
    token = grant_run(STEPS, folder)
    assert is_our_run(token, [tuple(step) for step in reversed(STEPS)], folder)
    for others in (STEPS[:1], [*STEPS, ["install", "evil", "all", "", "1"]], []):
        assert not is_our_run(token, others, folder)
    for wrong in ("", "0" * 32, "../run/run-" + token, token.upper() + "x"):
        assert not is_our_run(wrong, STEPS, folder)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    now = guard_ticket.read_uptime()
    monkeypatch.setattr(guard_ticket, "read_uptime", lambda: now + 3601)
    assert not is_our_run(token, STEPS, folder)
    monkeypatch.undo()
    revoke_run(token, folder)
    revoke_run(token, folder)
    assert not is_our_run(token, STEPS, folder)


def test_members_are_named_as_the_hook_names_them(tmp_path: Path) -> None:
    folder, package = tmp_path / "run", tmp_path / "a.deb"
    package.write_text("x")
    let_members_pass(os.getpid(), [str(package)], ["foo", "foo:all"], str(folder))
    start = process_start(str(os.getpid()))
    ticket = folder / f"apt-{os.getpid()}-{start}"
    said = subprocess.run(
        ["stat", "-L", "-c", "unpack %d:%i:%s:%.9Y:%.9Z", str(package)], capture_output=True, text=True, check=True
    )
    assert ticket.read_text() == f"remove foo\nremove foo:all\n{said.stdout}"
    package.write_text("y")
    changed = subprocess.run(
        ["stat", "-L", "-c", "unpack %d:%i:%s:%.9Y:%.9Z", str(package)], capture_output=True, text=True, check=True
    )
    assert changed.stdout not in ticket.read_text()


def test_tickets_of_ended_processes_go_away(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    let_members_pass(os.getpid(), [], ["foo"], str(folder))
    (folder / "apt-1-0").write_text("remove everything\n")
    (folder / f"apt-{os.getpid()}-1").write_text("remove everything\n")
    let_members_pass(os.getpid(), [], ["bar"], str(folder))
    (left,) = folder.iterdir()
    assert left.read_text() == "remove bar\n"
    assert process_start("999999999") == ""


def test_what_a_program_passed_with_is_known_again_until_it_ends(tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    assert not has_passed(os.getpid(), "first", folder)
    note_passed(os.getpid(), "first", folder)
    assert has_passed(os.getpid(), "first", folder)
    assert not has_passed(os.getpid(), "second", folder)
    assert not has_passed(os.getppid(), "first", folder)
    # Another program with the number of one that has ended.
    (tmp_path / "run" / f"dnf5-{os.getppid()}-0").write_text("first")
    note_passed(os.getpid(), "second", folder)
    assert [path.read_text() for path in (tmp_path / "run").iterdir()] == ["second"]


def test_a_directory_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "run").symlink_to(real)
    with pytest.raises(PermissionError):
        grant_run(STEPS, str(tmp_path / "run"))
