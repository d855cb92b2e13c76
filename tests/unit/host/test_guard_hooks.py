# SPDX-License-Identifier: Apache-2.0
"""The hook for dpkg below an apt that was approved: its files and removals pass without Python, and nothing else does.

This process is the dpkg, its parent the apt. Python is not asked: where the ticket is not enough, the hook blocks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from zhengban.host.guard_hooks import hook_script
from zhengban.host.guard_ticket import let_members_pass

APT = ["dpkg", "--status-fd", "5", "--no-triggers", "--unpack", "--auto-deconfigure"]
FILES = {
    "approved.deb": "approved",
    "second.deb": "approved too",
    "other.deb": "not approved",
    # Its name is that of two approved files, if a line is taken for an argument.
    "approved.deb\nsecond.deb": "not approved",
    "what.deb": "not approved",
    "what?deb": "approved, under a name that the hook leaves to Python",
}

Ask = Callable[..., int]


@pytest.fixture(params=["dash", "bash"])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Ask:
    """Ask the hook about arguments of dpkg and say how it ends; ``apt`` has approved some files and removals."""
    shell = shutil.which(request.param)
    assert shell, f"{request.param} is not installed"
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "several").mkdir()
    (tmp_path / "mixed").mkdir()
    for folder, names in (("several", ["approved.deb", "second.deb"]), ("mixed", ["approved.deb", "other.deb"])):
        for name in names:
            (tmp_path / folder / name).symlink_to(tmp_path / name)
    (tmp_path / "database").mkdir()
    approved = [str(tmp_path / name) for name in ("approved.deb", "second.deb", "what?deb")]
    let_members_pass(os.getppid(), approved, ["foo", "foo:all"], str(tmp_path / "run"))
    script = hook_script("/nonexistent/guard.py")
    for path, instead in (
        ("/run/zhengban", tmp_path / "run"),
        ("/proc/$PPID/cmdline", tmp_path / "cmdline"),
        ("/var/lib/dpkg", tmp_path / "database"),
        ("/var/lib/zhengban", tmp_path / "state"),
    ):
        assert path in script
        script = script.replace(path, str(instead))
    (tmp_path / "hook").write_text(script, encoding="utf-8")

    def asked(action: str, *arguments: str, **environment: str) -> int:
        (tmp_path / "cmdline").write_bytes(b"".join(os.fsencode(part) + b"\0" for part in arguments))
        done = subprocess.run(
            [shell, str(tmp_path / "hook"), "dpkg"],
            env={"DPKG_HOOK_ACTION": action, **environment},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert ("does not run" in done.stderr) == (done.returncode != 0), done.stderr
        return done.returncode

    return asked


def test_what_was_approved_passes(ask: Ask, tmp_path: Path) -> None:
    approved, second = str(tmp_path / "approved.deb"), str(tmp_path / "second.deb")
    assert ask("unpack", *APT, approved) == 0
    assert ask("unpack", *APT, approved, second, approved) == 0
    assert ask("unpack", *APT, "--recursive", str(tmp_path / "several")) == 0
    assert ask("remove", "dpkg", "--force-depends", "--remove", "foo:all") == 0
    assert ask("purge", "dpkg", "--purge", "foo") == 0


@pytest.mark.parametrize(
    "names",
    [
        ["other.deb"],
        ["approved.deb", "other.deb"],
        ["approved.deb\nsecond.deb"],
        ["approved.deb", "second.deb", ""],
        ["mixed"],
        ["what?deb"],
        ["absent.deb"],
        [],
    ],
    ids=ascii,
)
def test_nothing_else_comes(ask: Ask, tmp_path: Path, names: list[str]) -> None:
    paths = [f"{tmp_path}/{name}" if name else "" for name in names]
    # An empty argument between two others is the one that lines would lose.
    assert ask("unpack", *APT, *sorted(paths, key=bool)) == 1


def test_nothing_else_leaves(ask: Ask) -> None:
    for names in (["bar"], ["foo", "bar"], ["foo\nfoo"], ["fo?"], ["*"], []):
        assert ask("remove", "dpkg", "--remove", *names) == 1, names


def test_other_options_and_places_are_not_for_the_ticket(ask: Ask, tmp_path: Path) -> None:
    approved = str(tmp_path / "approved.deb")
    assert ask("unpack", *APT, f"--admindir={tmp_path}", approved) == 1
    assert ask("unpack", *APT, "approved.deb") == 1
    assert ask("unpack", *APT, approved, DPKG_ADMINDIR=str(tmp_path)) == 1
    # The file of that name is another one by now.
    (tmp_path / "approved.deb").write_text("APPROVED", encoding="utf-8")
    assert ask("unpack", *APT, approved) == 1


def test_an_empty_ticket_or_none_lets_nothing_pass(ask: Ask, tmp_path: Path) -> None:
    (ticket,) = (tmp_path / "run").iterdir()
    ticket.write_text("", encoding="utf-8")
    assert ask("unpack", *APT, str(tmp_path / "approved.deb")) == 1
    ticket.unlink()
    assert ask("unpack", *APT, str(tmp_path / "approved.deb")) == 1
