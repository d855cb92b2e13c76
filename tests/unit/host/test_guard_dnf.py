# SPDX-License-Identifier: Apache-2.0
"""The door of dnf without dnf: the plugin under a library of the same shape, and what the guard reads from it."""

from __future__ import annotations

import json
import os
import types
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.test_guard_table import TABLE
from zhengban.host import guard_plugin
from zhengban.host.command import Completed
from zhengban.host.guard_dnf import read_dnf
from zhengban.host.guard_places import find_hooks, plugin_text
from zhengban.host.guard_plugin import make_plugin
from zhengban.host.guard_status import read_doors
from zhengban.host.guard_table import Table

from .systems import make_rpm_database, write


class DnfError(Exception):
    pass


class Plugin:
    def __init__(self, base: object, _cli: object) -> None:
        self.base = base


DNF = types.SimpleNamespace(
    Plugin=Plugin,
    exceptions=types.SimpleNamespace(Error=DnfError),
)


def comes(name: str = "tool", **fields: object) -> dict[str, Any]:
    return {"name": name, "version": "1-1", "arch": "noarch", "path": "", "requires": [], "provides": [], **fields}


def no_command(argv: object) -> Completed:
    raise AssertionError(argv)


def read(*coming: dict[str, Any], goes: tuple[list[str], ...] = (), is_signed: bool = False) -> Any:
    return read_dnf(json.dumps({"is_signed": is_signed, "comes": coming, "goes": goes}), no_command)


@pytest.mark.parametrize("answers", [(0, ""), (0, "noted"), (10, "blocked"), (3, ""), (127, "no Python")])
def test_the_plugin_raises_the_only_error_that_stops_dnf(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], answers: tuple[int, str]
) -> None:
    monkeypatch.setattr(guard_plugin, "describe", lambda _base, is_signed: {"is_signed": is_signed})
    asked: list[bool] = []

    def ask(question: dict[str, bool]) -> tuple[int, str]:
        asked.append(question["is_signed"])
        return answers

    monkeypatch.setattr(guard_plugin, "ask", ask)
    plugin = make_plugin(DNF)(None, None)
    if answers[0]:
        for moment in (plugin.resolved, plugin.pre_transaction):
            with pytest.raises(DnfError) as caught:
                moment()
            assert "blocked" in str(caught.value) if answers[0] == 10 else "guard 剧本" in str(caught.value)
    else:
        plugin.resolved()
        plugin.pre_transaction()
        assert capfd.readouterr().err == answers[1]
    # What was recorded is not recorded twice; everything else is asked again when the files are there.
    assert asked == ([False] if answers[1] == "noted" else [False, True])


def test_an_error_of_the_plugins_own_stops_dnf_too() -> None:
    with pytest.raises(DnfError, match="the guard does not run"):
        make_plugin(DNF)(None, None).resolved()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"is_signed": true, "comes": [{}], "goes": []}',
        '{"is_signed": true, "comes": [], "goes": [["a"]]}',
        '{"is_signed": true, "comes": 1, "goes": []}',
        '{"is_signed": 1, "comes": [], "goes": []}',
    ],
)
def test_what_is_no_description_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_dnf(text, no_command)


def test_what_is_replaced_does_not_leave() -> None:
    goes = (["tool", "0-1", os.uname().machine], ["old", "1-1", "noarch"], ["both", "1-1", "i686"])
    transaction = read(comes(arch="noarch"), comes("both", arch="noarch"), goes=goes).transaction
    assert sorted((one.name, one.arch) for one in transaction.leaves) == [("both", "i686"), ("old", "noarch")]


@pytest.mark.parametrize("path", ["", "relative.rpm", "/nowhere.rpm", "/tmp/*.rpm"])
def test_a_package_file_that_is_none_is_an_objection(path: str) -> None:
    (reason,) = read(comes(path=path), is_signed=True).objections
    assert reason.code == "unreadable"
    assert repr(path) in reason.label


def test_before_the_signatures_are_known_they_are_not_asked_for() -> None:
    rule = {**TABLE["rules"][0], "manager": "rpm", "name": "tool", "versions": "", "publisher": ""}
    rules = [
        {**rule, "signer": "aaaa", "fits": "forbidden", "misfits": ""},
        {**rule, "signer": "bbbb", "fits": "product", "misfits": "version"},
    ]
    table = Table({**TABLE, "rules": rules})
    for signer, after in (("aaaa", "forbidden"), ("bbbb", "product"), (None, "unlisted")):
        assert table.on_system("", "").rule("rpm", "tool", "1-1", signer).verdict == after
    assert table.before_signatures().on_system("", "").rule("rpm", "tool", "1-1", None).verdict == "product"


def test_the_door_is_where_dnf_is(tmp_path: Path) -> None:
    state = str(tmp_path / "var/lib/zhengban")
    assert find_hooks(str(tmp_path)) == []
    write(tmp_path / "usr/lib/python3/dist-packages/dnf/__init__.py", "")
    assert find_hooks(str(tmp_path)) == [], "rpm manages nothing here"
    (tmp_path / "usr/lib/python3/dist-packages/dnf/__init__.py").unlink()
    make_rpm_database(tmp_path)
    for python in ("python3.6", "python3.9"):
        write(tmp_path / f"usr/lib/{python}/site-packages/dnf/__init__.py", "")
    assert read_doors(state, 1000.0, str(tmp_path)) == {}
    hooks = find_hooks(str(tmp_path))
    assert [hook.path for hook in hooks] == [
        f"/usr/lib/{python}/site-packages/dnf-plugins/zhengban_guard.py" for python in ("python3.6", "python3.9")
    ]
    write(tmp_path / "usr/lib/zhengban/guard", "")
    (tmp_path / "usr/lib/zhengban/guard").chmod(0o755)
    write(tmp_path / "var/lib/zhengban/guard.json", json.dumps(TABLE))
    # A door stands as its worst hook does.
    write(tmp_path / hooks[0].path.lstrip("/"), plugin_text())
    assert read_doors(state, 1000.0, str(tmp_path))["dnf"] == "absent"
    write(tmp_path / hooks[1].path.lstrip("/"), plugin_text())
    assert read_doors(state, 1000.0, str(tmp_path))["dnf"] == "shut"
    write(tmp_path / hooks[0].path.lstrip("/"), plugin_text() + "#")
    assert read_doors(state, 1000.0, str(tmp_path))["dnf"] == "broken"


def test_the_plugin_is_a_whole_file() -> None:
    compile(plugin_text(), "zhengban_guard.py", "exec")
