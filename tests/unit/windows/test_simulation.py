# SPDX-License-Identifier: Apache-2.0
"""What a request comes to on a Windows host, and why a wish is not to be had."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.windows.memory_windows import MemoryWindows

SHA256 = hashlib.sha256(b"package").hexdigest()


@pytest.fixture
def windows() -> MemoryWindows:
    host = MemoryWindows()
    host.product("A", "Editor", "2.0")
    host.product("B1", "Twice", "1.0")
    host.product("B2", "Twice", "1.5")
    host.product("C", "Old", "1.0", view="32")
    host.product("D", "Odd", "eleven")
    return host


def simulate(windows: MemoryWindows, workspace: Path, **request: Any) -> tuple[list[tuple[str, ...]], dict[str, str]]:
    (workspace / "a.msi").write_bytes(b"package")
    asked = {"manager": "windows", **request}
    host = windows.host(workspace)
    answer = host.simulate(asked)
    steps = [(step["kind"], step["name"], step["arch"], step["old"], step["new"]) for step in answer["steps"]]
    return steps, {item["name"]: item["reason"] for item in answer["unavailable"]}


def means(package: str, version: str = "3.0", arch: str = "x64") -> dict[str, str]:
    return {"package": package, "source": "a.msi", "sha256": SHA256, "version": version, "arch": arch}


def test_an_upgrade_is_of_what_is_there(windows: MemoryWindows, tmp_path: Path) -> None:
    want = [{"name": "Editor", "versions": ">=3"}]
    assert simulate(windows, tmp_path, upgrade=want, means=[means("Editor")]) == (
        [("upgrade", "Editor", "x64", "2.0", "3.0")],
        {},
    )
    odd = simulate(windows, tmp_path, upgrade=[{"name": "Odd", "versions": ""}], means=[means("Odd")])
    assert odd[0] == [("upgrade", "Odd", "x64", "eleven", "3.0")]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"install": [{"name": "New", "versions": ""}]}, "does not say where it comes from"),
        ({"install": [{"name": "New", "versions": ">=4"}], "means": [means("New")]}, "'>=4' is wanted"),
        (
            {"install": [{"name": "Editor", "versions": ""}], "means": [means("Editor")]},
            "2.0 of it is installed already",
        ),
        ({"upgrade": [{"name": "Editor", "versions": ""}], "means": [means("Editor", "2.0")]}, "and 2.0 is installed"),
        ({"upgrade": [{"name": "Old", "versions": ""}], "means": [means("Old")]}, "is for x64"),
        ({"upgrade": [{"name": "Twice", "versions": ""}], "means": [means("Twice")]}, "2 entries have that name"),
        ({"remove": ["Twice:x64"]}, "2 entries have that name"),
        ({"remove": ["Gone:x64"]}, "is not installed"),
        ({"remove": ["Editor:x64"]}, "no way without a window"),
    ],
)
def test_what_is_not_to_be_had(windows: MemoryWindows, tmp_path: Path, request_: dict[str, Any], why: str) -> None:
    steps, unavailable = simulate(windows, tmp_path, **request_)
    assert steps == []
    (reason,) = unavailable.values()
    assert why in reason


def test_what_leaves_goes_before_what_comes(windows: MemoryWindows, tmp_path: Path) -> None:
    windows.product("E", "Gone", "1", QuietUninstallString=r"C:\G\u.exe /S")
    steps, unavailable = simulate(
        windows,
        tmp_path,
        install=[{"name": "New", "versions": ""}],
        remove=["Gone:x64"],
        means=[means("New", arch="x86")],
    )
    assert steps == [("install", "New", "x86", "", "3.0"), ("remove", "Gone", "x64", "1", "")]
    assert unavailable == {}
