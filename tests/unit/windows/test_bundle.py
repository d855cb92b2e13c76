# SPDX-License-Identifier: Apache-2.0
"""The collector for Windows asks what the reader asks, and its bundle gives the document a connection gives."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.windows.memory_windows import SID, UNINSTALL, MemoryWindows
from zhengban.model.errors import FactsError
from zhengban.windows.bundle import collector_script, is_bundle, read_bundle

MARK = "123-45-6789-1"
NOW = {"now": "2026/11/23 周一 19:05:03.12", "style": "yyyy/M/d", "bias": 0xFFFFFE20}
MOMENT = "2026-11-23T11:05:03Z"
_CALL = re.compile(r"^(?:if .* )?call :query (.*)$", re.M)
_NAME = re.compile(r"%([A-Z]+)%")


@pytest.fixture
def windows() -> MemoryWindows:
    windows = MemoryWindows()
    windows.product("WPS", "金山办公 WPS Office", "11.1", Publisher="Kingsoft", InstallDate="20261120")
    windows.product("Old", "Old 32", "1.0", view="32")
    users = rf"HKEY_USERS\{SID}\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\ToDesk"
    windows.set(users, DisplayName="ToDesk", DisplayVersion="4.7")
    return windows


def collect(windows: MemoryWindows, *, page: str = "utf-8", mark: str = MARK, **clock: Any) -> bytes:
    """What the collector would write on that machine: its own lines, carried out here."""
    clock = {**NOW, **clock}
    windows.set(r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Nls\CodePage", OEMCP="936")
    windows.set(
        r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\TimeZoneInformation", ActiveTimeBias=clock["bias"]
    )
    windows.set(r"HKEY_CURRENT_USER\Control Panel\International", sShortDate=clock["style"])
    script = collector_script().decode("ascii").replace("\r\n", "\n")
    names = {"MACHINE": "/reg:64", "UNINSTALL": "", "CURRENT": ""}
    names |= dict(re.findall(r'^set "(UNINSTALL|CURRENT)=(.*)"$', script, re.M))
    head, users = script.split("\n:user\n")
    lines = [f"zhengban.windows/1 {mark}", f"{mark} ask set"]
    lines += windows._run("set", b"").output.splitlines()  # type: ignore[union-attr]
    lines += [f"ZHENGBAN_CLOCK={clock['now']}", f"{mark} code 0 "]
    asked = [_fill(call, names) for call in _CALL.findall(head)]
    asked += [_fill(call.replace("%~1", SID), names) for call in _CALL.findall(users)]
    for question in asked:
        ran = windows._run(f"reg.exe query {question}", b"")
        assert ran is not None
        lines += [f"{mark} ask query {question}", *ran.output.splitlines(), f"{mark} code {ran.code} "]
    return ("\r\n".join([*lines, f"{mark} end"]) + "\r\n").encode(page)


def _fill(text: str, names: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: names[found.group(1)], text)


def asked_directly(windows: MemoryWindows, tmp_path: Path) -> dict[str, Any]:
    return windows.host(tmp_path).software_info("")


def test_a_bundle_gives_what_a_connection_gives(windows: MemoryWindows, tmp_path: Path) -> None:
    content = collect(windows)
    assert is_bundle(content)
    assert read_bundle(content) == {**asked_directly(windows, tmp_path), "collected_at": MOMENT}


def test_a_user_without_software_of_his_own_has_none(windows: MemoryWindows, tmp_path: Path) -> None:
    """His key is not there: that it is certainly not there, and not only unreadable, has to be in the bundle too."""
    del windows.keys["", rf"HKEY_USERS\{SID}\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\ToDesk"]
    document = read_bundle(collect(windows))
    assert list(document["managers"]) == ["windows"]
    assert document["packages"] == asked_directly(windows, tmp_path)["packages"]


def test_what_could_not_be_read_there_is_unread(windows: MemoryWindows, tmp_path: Path) -> None:
    windows.unreadable.add(UNINSTALL)
    document = read_bundle(collect(windows))
    assert document["managers"]["windows"]["read"] is False
    assert document["managers"] == asked_directly(windows, tmp_path)["managers"]


def test_a_machines_own_code_page_is_read_where_the_console_gave_nothing_else(windows: MemoryWindows) -> None:
    assert read_bundle(collect(windows, page="gbk")) == read_bundle(collect(windows))


@pytest.mark.parametrize(
    ("clock", "moment"),
    [
        ({}, MOMENT),
        ({"now": "Mon 11/23/2026  9:05:03.12", "style": "M/d/yyyy", "bias": 300}, "2026-11-23T14:05:03Z"),
        ({"now": "23.11.26 19:05:03,12", "style": "dd.MM.yy", "bias": 0}, "2026-11-23T19:05:03Z"),
        ({"now": "2026/11/23 19:05"}, "2026-11-23T11:05:00Z"),
        ({"now": "周一 2026-11-23 19:05:03.12", "style": "ddd yyyy-MM-dd"}, MOMENT),
    ],
)
def test_its_clock_is_read_as_its_user_likes_it(windows: MemoryWindows, clock: dict[str, Any], moment: str) -> None:
    assert read_bundle(collect(windows, **clock))["collected_at"] == moment


@pytest.mark.parametrize(
    "clock",
    [{"now": ""}, {"style": ""}, {"now": "2026/13/45 19:05:03.12"}, {"now": "9999/12/31 23:59:59.99", "bias": 600}],
)
def test_a_clock_that_says_nothing_is_refused(windows: MemoryWindows, clock: dict[str, Any]) -> None:
    with pytest.raises(FactsError, match="when it was written cannot be told"):
        read_bundle(collect(windows, **clock))


def test_a_product_cannot_write_answers_of_its_own(windows: MemoryWindows) -> None:
    """A value may hold any lines; those that look like the collector's lack the mark that was thrown afterwards."""
    windows.product("Evil", f"x\r\n9-9-9-9 code 0 \r\n9-9-9-9 ask query HKU\r\n{UNINSTALL}\\Fake", "1")
    document = read_bundle(collect(windows))
    assert sorted({row[1] for row in document["packages"]} & {"Fake", "ToDesk", "Old 32"}) == ["Old 32", "ToDesk"]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda content: content[:-10], "cut off"),
        (lambda content: content[: len(content) // 2], "cut off"),
        (lambda content: b"zhengban.windows/1 \r\n" + content, "no zhengban.windows/1 document"),
        (lambda content: content.replace(MARK.encode() + b" code 0 \r\n", b"", 1), "not those that the collector"),
        (lambda content: content.replace(b" code 0 ", b" code x ", 1), "not those that the collector"),
        (lambda content: content.replace(b"SystemRoot=", b"Other="), "is it Windows?"),
        (
            lambda content: content.replace("周".encode(), b"\xff").replace(b"    936", b"    99999"),
            "neither UTF-8 nor",
        ),
    ],
    ids=["end", "middle", "head", "marks", "code", "environment", "code page"],
)
def test_a_damaged_bundle_is_refused(windows: MemoryWindows, damage: Any, why: str) -> None:
    with pytest.raises(FactsError, match=why):
        read_bundle(damage(collect(windows)))


def test_the_script_is_plain(windows: MemoryWindows) -> None:
    """Nothing that only PowerShell or a newer cmd.exe knows, in line ends and characters every Windows reads."""
    script = collector_script()
    assert script.count(b"\n") == script.count(b"\r\n")
    assert not re.search(rb"powershell|wmic|&&|\|\|", script, re.IGNORECASE)
    assert dt.datetime.fromisoformat(read_bundle(collect(windows))["collected_at"]).tzinfo is not None
