# SPDX-License-Identifier: Apache-2.0
"""The door of dnf 5 without dnf 5: the actions file by its documented format, and the dialogue of the json mode.

``make dnf5test`` has a real one. Source: libdnf5-actions(8).
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
        "options": {"enabled": "1", "mode": "json", "raise_error": "1"},
        "command": [HOOK, "dnf5", "${pid}", "${conf.installroot}"],
        "filter": "",
    }
    assert Path(ACTIONS_FILE).suffix == ".actions"
    assert "dnf5)" in hook_script("guard.py")


def test_the_door_is_where_dnf5_is(tmp_path: Path) -> None:
    make_rpm_database(tmp_path)
    write(tmp_path / "usr/bin/dnf5", "")
    (hook,) = find_hooks(str(tmp_path))
    assert (hook.door, hook.path) == ("dnf5", ACTIONS_FILE)
    # A package of its own, and where Debian has it.
    assert not hook.has_runner(str(tmp_path))
    write(tmp_path / "usr/lib/x86_64-linux-gnu/libdnf5/plugins/actions.so", "")
    assert hook.has_runner(str(tmp_path))
    # What is left of the guard goes where dnf 5 has gone.
    (tmp_path / "usr/bin/dnf5").unlink()
    assert find_hooks(str(tmp_path)) == []
    write(tmp_path / ACTIONS_FILE.lstrip("/"), "")
    assert find_hooks(str(tmp_path)) == [hook]


UNSET = json.dumps({"op": "reply", "status": "ERROR", "message": 'Cannot get config option "destdir": not set'})


def answer(**returned: object) -> str:
    return json.dumps({"op": "reply", "status": "OK", "return": returned})


def setting(key: str, value: str) -> str:
    return answer(keys_val=[{"key": key, "value": value}])


def row(action: str, name: str, *, repo_id: str = "lab", location: str = "", epoch: str = "0") -> dict[str, str]:
    # A changed reason goes out too, says dnf 5.
    known = {"action": action, "direction": "IN" if action in "IUDR" else "OUT", "name": name}
    version = {"epoch": epoch, "version": "1.0", "release": "1", "arch": "noarch"}
    return {**known, "repo_id": repo_id, "location": location, **version}


def ask(rows: list[dict[str, str]], *settings: str) -> tuple[str, list[Any]]:
    told = "".join(f"{line}\n" for line in (answer(trans_packages=rows), *settings))
    questions = io.BytesIO()
    text = ask_dnf5(io.BytesIO(told.encode()), questions)
    asked = [json.loads(line) for line in questions.getvalue().splitlines()]
    assert [(one["op"], one["domain"]) for one in asked] == [
        ("get", "trans_packages"),
        *[("get", "conf") for _setting in settings],
    ]
    return text, [one["args"]["key"] for one in asked[1:]]


def test_a_transaction_is_read_from_the_files_that_dnf5_has_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "cache" / "lab-0123456789abcdef" / "packages"
    packages.mkdir(parents=True)
    build_rpm(str(packages), "tool", "2:1.0-1", "noarch")
    build_rpm(str(tmp_path), "local", "1.0-1", "noarch", obsoletes=("gone",))
    monkeypatch.chdir(tmp_path)
    rows = [
        row("U", "tool", location="t/tool-1.0-1.noarch.rpm", epoch="2"),
        row("I", "local", repo_id="@commandline", location="local-1.0-1.noarch.rpm"),
        row("O", "tool"),
        row("O", "gone"),
        row("?", "kept"),
    ]
    text, asked = ask(rows, UNSET, setting("lab.cachedir", str(tmp_path / "cache")))
    assert asked == ["destdir", "lab.cachedir"]
    read = read_dnf(text, run_command)
    assert read.objections == ()
    assert [(one.name, one.version, one.old) for one in read.transaction.comes] == [
        ("tool", "2:1.0-1", "1.0-1"),
        ("local", "1.0-1", ""),
    ]
    assert [one.name for one in read.transaction.leaves] == ["gone"]


def test_the_cache_of_another_repository_or_address_is_not_taken_for_it(tmp_path: Path) -> None:
    """The cache's folder is named after the repository and its address, which may have changed."""

    def found() -> list[str]:
        text, _asked = ask([row("I", "tool", location="tool.rpm")], UNSET, setting("lab.cachedir", str(tmp_path)))
        return [one["path"] for one in json.loads(text)["comes"]]

    write(tmp_path / "lab-extra-0123456789abcdef/packages/tool.rpm", "another")
    assert found() == ["tool.rpm"]
    write(tmp_path / "lab-0123456789abcdef/packages/tool.rpm", "it")
    assert found() == [str(tmp_path / "lab-0123456789abcdef/packages/tool.rpm")]
    write(tmp_path / "lab-fedcba9876543210/packages/tool.rpm", "it")
    assert found()[0].startswith(f"{tmp_path}/lab-")
    write(tmp_path / "lab-fedcba9876543210/packages/tool.rpm", "not")
    assert found() == ["tool.rpm"]


def test_the_folder_of_all_downloads_is_asked_for_once(tmp_path: Path) -> None:
    rows = [row("I", "a", location="a.rpm"), row("I", "b", location="p/b.rpm", repo_id="other")]
    text, asked = ask(rows, setting("destdir", str(tmp_path)))
    assert asked == ["destdir"]
    assert [one["path"] for one in json.loads(text)["comes"]] == [f"{tmp_path}/a.rpm", f"{tmp_path}/b.rpm"]


def test_a_file_that_is_not_found_is_an_objection(tmp_path: Path) -> None:
    text, _asked = ask([row("I", "tool", location="tool.rpm")], UNSET, setting("lab.cachedir", str(tmp_path)))
    (reason,) = read_dnf(text, run_command).objections
    assert (reason.code, "'tool.rpm'" in reason.label) == ("unreadable", True)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "{",
        "{}",
        '{"status": "ERROR", "message": "no"}',
        "[]",
        '{"status": "OK", "return": []}',
        answer(trans_packages=[{}]),
        answer(trans_packages=[row("I", "a")]),
        f"{answer(trans_packages=[row('I', 'a')])}\n{answer(keys_val=[])}\n",
        f"{answer(trans_packages=[row('I', 'a')])}\n{answer(keys_val=[{}])}\n",
    ],
)
def test_what_is_no_answer_is_refused(told: str) -> None:
    with pytest.raises(ValueError):
        ask_dnf5(io.BytesIO(told.encode()), io.BytesIO())
