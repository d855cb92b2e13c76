# SPDX-License-Identifier: Apache-2.0
"""Which serial numbers and machine ids tell a machine from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.host.systems import write
from zhengban.host.identity import read_identity


@pytest.mark.parametrize(
    ("serial", "read"),
    [
        ("PF3ABCDE", "PF3ABCDE"),
        ("0012345", "0012345"),
        (" 5CG123  ", "5CG123"),
        ("To be filled by O.E.M.", ""),
        ("TO BE FILLED", ""),
        ("None", ""),
        ("Default string", ""),
        ("System Serial Number", ""),
        ("Not Specified", ""),
        ("0", ""),
        ("00000000", ""),
        ("", ""),
    ],
)
def test_placeholders_are_no_serial_number(tmp_path: Path, serial: str, read: str) -> None:
    write(tmp_path / "sys/class/dmi/id/product_serial", serial + "\n")
    assert read_identity(str(tmp_path)) == {"serial_number": read, "machine_id": ""}


@pytest.mark.parametrize(("text", "read"), [("abc123\n", "abc123"), ("uninitialized\n", ""), ("", ""), ("\n", "")])
def test_a_machine_id_that_is_not_set_is_none(tmp_path: Path, text: str, read: str) -> None:
    write(tmp_path / "etc/machine-id", text)
    assert read_identity(str(tmp_path))["machine_id"] == read
