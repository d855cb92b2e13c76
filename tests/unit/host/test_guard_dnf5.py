# SPDX-License-Identifier: Apache-2.0
"""The door of dnf 5 without dnf 5: the actions file by its documented format, and the dialogue of the json mode.

Source: libdnf5-actions(8).
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from zhengban.host.command import run_command
from zhengban.host.guard_dnf import read_dnf
from zhengban.host.guard_dnf5 import ACTIONS_FILE, ACTIONS_TEXT, ask_dnf5
from zhengban.host.guard_hooks import HOOK, hook_script
from zhengban.host.guard_places import find_hooks
from zhengban.host.rpm_file import build_rpm

from .systems import make_rpm_database, write

CALLBACKS = {
    *("pre_base_setup", "post_base_setup", "repos_configured", "repos_loaded", "pre_add_cmdline_packages"),
    *("post_add_cmdline_packages", "goal_resolved", "pre_transaction", "post_transaction"),
}
ABOUT_PACKAGES = {"goal_resolved", "pre_transaction", "post_transaction"}
OPTIONS = {
    "enabled": {"1", "host-only", "installroot-only"},
    "mode": {"plain", "json"},
    "raise_error": {"0", "1"},
}
VARIABLE = re.compile(r"\$\{(pid|plugin\.version|(conf|var|tmp|pkg)\.[a-z_.]+)\}")


def read_actions(text: str) -> list[dict[str, Any]]:
    """The actions of a file; an AssertionError where the documented format does not allow something."""
    actions = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        callback, package_filter, direction, options, command = line.split(":", 4)
        assert callback in CALLBACKS, callback
        assert not package_filter or callback in ABOUT_PACKAGES
        assert direction in ("", "in", "out") and (package_filter or not direction)
        pairs = [option.split("=", 1) for option in re.split(r"(?<!\\) ", options) if option]
        for key, value in pairs:
            assert value in OPTIONS[key], (key, value)
        assert "$" not in VARIABLE.sub("", command)
        assert "${pkg." not in command or package_filter
        arguments = re.split(r"(?<!\\) ", command)
        assert arguments[0].startswith("/")
        actions.append({"callback": callback, "options": dict(pairs), "command": arguments, "filter": package_filter})
    return actions


@pytest.mark.parametrize(
    "line",
    [
        "pre_transactions::::/bin/true",
        "pre_base_setup:*:::/bin/true",
        "pre_transaction::in::/bin/true",
        "pre_transaction:::raise_error=yes:/bin/true",
        "pre_transaction::::/bin/echo ${pkg.name}",
        "pre_transaction::::/bin/echo ${nothing}",
        "pre_transaction:::true",
    ],
)
def test_the_parser_refuses_what_is_not_documented(line: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        read_actions(line)


def test_the_actions_file_is_what_is_documented() -> None:
    (action,) = read_actions(ACTIONS_TEXT)
    assert action == {
        # When the package files are there, and before anything changes.
        "callback": "pre_transaction",
        "options": {"enabled": "host-only", "mode": "json", "raise_error": "1"},
        "command": [HOOK, "dnf5", "${pid}"],
        "filter": "",
    }
    assert Path(ACTIONS_FILE).suffix == ".actions"
    assert "dnf5)" in hook_script("guard.py")


def test_the_door_is_where_dnf5_is(tmp_path: Path) -> None:
    make_rpm_database(tmp_path)
    write(tmp_path / "usr/bin/dnf5", "")
    assert [(hook.door, hook.path) for hook in find_hooks(str(tmp_path))] == [("dnf5", ACTIONS_FILE)]


def answer(**returned: object) -> str:
    return json.dumps({"op": "reply", "status": "OK", "return": returned})


def row(direction: str, name: str, *, repo_id: str = "lab", location: str = "", epoch: str = "0") -> dict[str, str]:
    version = {"epoch": epoch, "version": "1.0", "release": "1", "arch": "noarch"}
    return {"direction": direction, "name": name, "repo_id": repo_id, "location": location, **version}


def ask(rows: list[dict[str, str]], *, cache: str, destination: str = "") -> tuple[str, list[Any]]:
    settings = [("destdir", destination), ("cachedir", cache)]
    told = [answer(trans_packages=rows), *(answer(keys_val=[{"key": key, "value": value}]) for key, value in settings)]
    questions = io.BytesIO()
    text = ask_dnf5(io.BytesIO("\n".join(told).encode()), questions)
    return text, [json.loads(line) for line in questions.getvalue().splitlines()]


def test_a_transaction_is_read_from_the_files_that_dnf5_has_fetched(tmp_path: Path) -> None:
    packages = tmp_path / "cache" / "lab-0123456789abcdef" / "packages"
    packages.mkdir(parents=True)
    build_rpm(str(packages), "tool", "2:1.0-1", "noarch")
    local = build_rpm(str(tmp_path), "local", "1.0-1", "noarch", obsoletes=("gone",))
    rows = [
        row("IN", "tool", location="t/tool-1.0-1.noarch.rpm", epoch="2"),
        row("IN", "local", repo_id="@commandline", location=local),
        row("OUT", "tool"),
        row("OUT", "gone"),
    ]
    text, questions = ask(rows, cache=str(tmp_path / "cache"))
    assert [(one["op"], one["domain"]) for one in questions] == [
        ("get", "trans_packages"),
        ("get", "conf"),
        ("get", "conf"),
    ]
    read = read_dnf(text, run_command)
    assert read.objections == ()
    assert [(one.name, one.version, one.old) for one in read.transaction.comes] == [
        ("tool", "2:1.0-1", "1.0-1"),
        ("local", "1.0-1", ""),
    ]
    assert [one.name for one in read.transaction.leaves] == ["gone"]


def test_a_file_that_is_not_found_is_an_objection(tmp_path: Path) -> None:
    text, _questions = ask([row("IN", "tool", location="tool.rpm")], cache=str(tmp_path))
    (reason,) = read_dnf(text, run_command).objections
    assert reason.code == "unreadable"


@pytest.mark.parametrize(
    "told",
    [
        "",
        "{",
        "{}",
        '{"status": "ERROR", "message": "no"}',
        answer(trans_packages=[{}]),
        answer(trans_packages=[row("IN", "a")]),
        answer(trans_packages=[]) + answer(keys_val=[]),
    ],
)
def test_what_is_no_answer_is_refused(told: str) -> None:
    with pytest.raises(ValueError):
        ask_dnf5(io.BytesIO(told.encode()), io.BytesIO())
