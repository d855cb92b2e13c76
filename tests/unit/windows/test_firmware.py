# SPDX-License-Identifier: Apache-2.0
"""The serial number in the firmware's tables, whole and cut off anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.windows.registry import serial_number_table
from zhengban.windows.firmware import read_serial_number


def test_the_system_structure_gives_it() -> None:
    assert read_serial_number(serial_number_table("PF3ABCDE")) == "PF3ABCDE"


def test_other_structures_come_before_it() -> None:
    table = serial_number_table("X1")
    bios = bytes([0, 5, 0, 0, 1]) + b"Vendor\0\0"
    assert read_serial_number(table[:8] + bios + table[8:]) == "X1"


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_a_table_that_is_cut_off_has_none(length: int) -> None:
    assert read_serial_number(serial_number_table("PF3ABCDE")[:length]) == ""


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert isinstance(read_serial_number(data), str)
