# SPDX-License-Identifier: Apache-2.0
"""What counts as an installed product, and what of it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from zhengban.windows.entry import Entry, read_entries
from zhengban.windows.regquery import Key, Value

ENVIRONMENT = {"programfiles": r"C:\Program Files"}
CODE = "{11111111-2222-3333-4444-555555555555}"


def entry(name: str = "A", /, **values: Any) -> Entry | None:
    kinds = {int: "REG_DWORD", str: "REG_SZ"}
    read = {
        key.lower(): Value(kind=kinds[type(data)], data=hex(data) if isinstance(data, int) else data)
        for key, data in values.items()
    }
    found = list(read_entries([Key(name=name, values=read)], root="HKLM\\U", arch="x64", environment=ENVIRONMENT))
    return found[0] if found else None


@pytest.mark.parametrize("values", [{}, {"Publisher": "x"}, {"DisplayName": "  "}])
def test_what_nobody_can_see_or_uninstall_is_no_product(values: dict[str, str]) -> None:
    assert entry(**values) is None


def test_hiding_the_name_hides_nothing() -> None:
    found = entry("Hidden", UninstallString="x.exe")
    assert found is not None
    assert (found.name, found.version, found.part) == ("Hidden", "unknown", "component")


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({}, ""),
        ({"SystemComponent": 1}, "component"),
        ({"SystemComponent": 0}, ""),
        ({"ParentKeyName": "Office"}, "update"),
        ({"ReleaseType": "Security Update"}, "update"),
        ({"ReleaseType": "Full"}, ""),
    ],
)
def test_parts_are_told_apart(values: dict[str, Any], part: str) -> None:
    found = entry(DisplayName="A", **values)
    assert found is not None and found.part == part


@pytest.mark.parametrize(
    ("day", "moment"),
    [("20260105", "2026-01-05T00:00:00Z"), ("2026-01-05", None), ("20261340", None), ("5/1/2026", None), ("", None)],
)
def test_only_a_day_that_is_one_is_said(day: str, moment: str | None) -> None:
    found = entry(DisplayName="A", InstallDate=day)
    assert found is not None and found.installed_at == moment


def test_names_show_what_nobody_sees() -> None:
    found = entry(DisplayName="A\u202egpj.exe\x1b[2J", Publisher=" 金山 ")
    assert found is not None
    assert (found.name, found.publisher) == (r"A\u202egpj.exe\u001b[2J", "金山")


def test_a_product_code_needs_the_installer_and_a_code() -> None:
    by_installer = entry(CODE, DisplayName="A", WindowsInstaller=1)
    assert by_installer is not None and by_installer.product_code == CODE
    for found in (entry(CODE, DisplayName="A"), entry("{not}", DisplayName="A", WindowsInstaller=1)):
        assert found is not None and found.product_code == ""


def test_only_an_expandable_line_is_expanded() -> None:
    plain = entry(DisplayName="A", UninstallString=r"%ProgramFiles%\a.exe")
    assert plain is not None and plain.uninstall == r"%ProgramFiles%\a.exe"
    key = Key(name="A", values={"uninstallstring": Value(kind="REG_EXPAND_SZ", data=r"%ProgramFiles%\a.exe")})
    (expanded,) = read_entries([key], root="HKLM\\U", arch="x64", environment=ENVIRONMENT)
    assert expanded.uninstall == r"C:\Program Files\a.exe"


def test_deeper_keys_are_no_products() -> None:
    assert entry(r"A\B", DisplayName="B") is None
