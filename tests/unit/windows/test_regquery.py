# SPDX-License-Identifier: Apache-2.0
"""The output of reg.exe: languages, line breaks in values, and values that pretend to be keys."""

from __future__ import annotations

import pytest

from zhengban.windows.regquery import Key, Value, read_keys, subkeys

ROOT = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
FULL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"


def lines(*texts: str) -> str:
    return "".join(f"{text}\r\n" for text in texts)


def test_keys_and_values_of_every_kind() -> None:
    output = lines(
        "",
        rf"{FULL}\WPS",
        "    (默认)    REG_SZ    (数值未设置)",
        "    DisplayName    REG_SZ    金山办公 WPS Office",
        "    EstimatedSize    REG_DWORD    0x1f4",
        "    UninstallString    REG_EXPAND_SZ    %ProgramFiles%\\WPS\\uninst.exe",
        "    Empty    REG_SZ    ",
        "    Blob    REG_BINARY    0aFF",
        "    Broken    REG_DWORD    lots",
        "    Two words    REG_QWORD    0x10",
        "",
        rf"{FULL}\WPS\Sub",
    )
    found = read_keys(output, ROOT)
    assert [key.name for key in found] == ["WPS", r"WPS\Sub"]
    wps = found[0]
    assert wps.text("displayname") == "金山办公 WPS Office"
    assert wps.text("EMPTY") == "" and wps.text("absent") == "" and wps.text("EstimatedSize") == ""
    assert (wps.number("EstimatedSize"), wps.number("Two words"), wps.number("Broken")) == (500, 16, None)
    assert wps.values["blob"].bytes == b"\x0a\xff" and wps.values["empty"].bytes == b""
    assert subkeys(found) == ("WPS",)


@pytest.mark.parametrize("default", ["(Default)", "(默认)", "<NO NAME>", "（既定）"])
def test_the_default_value_has_no_name_in_any_language(default: str) -> None:
    (key,) = read_keys(lines(rf"{FULL}\A", f"    {default}    REG_SZ    x"), ROOT)
    assert key.values == {"": Value(kind="REG_SZ", data="x")}


def test_line_breaks_stay_in_their_value() -> None:
    output = lines(rf"{FULL}\A", "    Comments    REG_SZ    one", "two", "    DisplayName    REG_SZ    A")
    (key,) = read_keys(output, ROOT)
    assert key.values["comments"].data == "one\ntwo"
    assert key.text("DisplayName") == "A"


def test_a_value_cannot_speak_for_another_key_or_value() -> None:
    """Text of a product's own entry must not become a command of another product, or replace its own name."""
    evil = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Other\\{Approved}"
    output = lines(
        rf"{FULL}\Evil",
        "    DisplayName    REG_SZ    Evil",
        evil,
        "    DisplayName    REG_SZ    WPS Office",
        "    Publisher    REG_SZ    Nobody",
    )
    found = read_keys(output, ROOT)
    assert [key.name for key in found] == ["Evil"]
    assert found[0].text("DisplayName") == f"Evil\n{evil}"
    assert found[0].text("Publisher") == "Nobody"


def test_a_hive_of_a_user_holds_no_key_of_the_machine() -> None:
    root = r"HKU\S-1-5-21-1-2-3-1001\SOFTWARE"
    output = lines(
        r"HKEY_USERS\S-1-5-21-1-2-3-1001\SOFTWARE\A",
        "    DisplayName    REG_SZ    A",
        rf"{FULL}\Approved",
        "    UninstallString    REG_SZ    evil.exe",
    )
    assert [key.name for key in read_keys(output, root)] == ["A"]


@pytest.mark.parametrize("text", ["", "\r\n", "错误: 系统找不到指定的注册表项或值。\r\n", "    A    REG_SZ    b\r\n"])
def test_without_a_key_nothing_is_found(text: str) -> None:
    assert read_keys(text, ROOT) == ()


def test_a_key_that_only_begins_alike_is_another_key() -> None:
    assert read_keys(lines(f"{FULL}Other", rf"{FULL}Other\A"), ROOT) == ()
    assert read_keys(lines(FULL.upper()), ROOT) == (Key(name="", values={}),)
