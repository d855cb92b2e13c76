# SPDX-License-Identifier: Apache-2.0
"""The serial number of the machine, from the firmware's tables as Windows keeps them in its registry.

Source: DMTF DSP0134 (SMBIOS), 6.1.2 structure headers, 6.1.3 text strings, 7.2 system information.
"""

from __future__ import annotations

KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\mssmbios\Data"
VALUE = "SMBiosData"
# The calling method, three version bytes and the table's length come before the table.
_HEADER = 8
_SYSTEM, _END = 1, 127
_SERIAL_NUMBER = 0x07


def read_serial_number(data: bytes) -> str:
    """The serial number of the system structure; empty when there is none, or the table is cut off."""
    table = data[_HEADER:]
    place = 0
    while place + 4 <= len(table):
        kind, length = table[place], table[place + 1]
        end = table.find(b"\0\0", place + length)
        if length < 4 or end < 0 or kind == _END:
            return ""
        strings = table[place + length : end].split(b"\0")
        if kind == _SYSTEM and length > _SERIAL_NUMBER:
            number = table[place + _SERIAL_NUMBER]
            chosen = strings[number - 1] if 0 < number <= len(strings) else b""
            return chosen.decode("ascii", "backslashreplace").strip()
        place = end + 2
    return ""
