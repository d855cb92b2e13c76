# SPDX-License-Identifier: Apache-2.0
"""The registry of a host, written and read as its administrator would: through reg.exe and a file."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

Value = str | int | bytes


class Registry:
    """``wine`` runs a program of the host; ``drive`` is found through a file both sides see."""

    def __init__(self, wine: Callable[..., int], drive: Path) -> None:
        self._wine = wine
        self._lab = drive / "lab"

    def write(self, keys: Mapping[str, Mapping[str, Value]]) -> None:
        """Write keys (``HKLM\\…``) with their values: text as REG_SZ, numbers as REG_DWORD, bytes as REG_BINARY."""
        lines = ["Windows Registry Editor Version 5.00", ""]
        for key, values in keys.items():
            hive, _backslash, rest = key.partition("\\")
            lines.append(f"[{_HIVES[hive]}\\{rest}]")
            lines += [f"{_quoted(name)}={_written(value)}" for name, value in values.items()]
            lines.append("")
        name = f"{secrets.token_hex(4)}.reg"
        # The file's format is UTF-16 with a byte order mark.
        (self._lab / name).write_text("\r\n".join(lines), encoding="utf-16", newline="")
        self._wine("reg", "import", f"C:\\lab\\{name}")
        (self._lab / name).unlink()

    def delete(self, key: str) -> None:
        self._wine("reg", "delete", key, "/f")

    def export(self, key: str, *options: str) -> str:
        """A key with all below it, as reg.exe writes it into a file; empty when there is none."""
        name = f"{secrets.token_hex(4)}.reg"
        if self._wine("reg", "export", key, f"C:\\lab\\{name}", *options, check=False):
            return ""
        text = (self._lab / name).read_text(encoding="utf-16")
        (self._lab / name).unlink()
        return text

    def subkeys(self, key: str, *options: str) -> list[str]:
        """The names of the keys directly below a key."""
        hive, _backslash, rest = key.partition("\\")
        start = f"[{_HIVES[hive]}\\{rest}\\".lower()
        lines = self.export(key, *options).splitlines()
        return sorted({line[len(start) : -1].split("\\")[0] for line in lines if line.lower().startswith(start)})


_HIVES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKU": "HKEY_USERS"}


def serial_number_table(serial_number: str) -> bytes:
    """What Windows keeps of the firmware's tables: a header and, here, only the system's structure.

    Source: DMTF DSP0134, 7.2 (System Information, type 1).
    """
    strings = ("Lenovo", "M750K", "1.0", serial_number)
    formatted = bytes([1, 27, 1, 0, 1, 2, 3, 4]) + bytes(16) + bytes([6, 0, 0])
    table = formatted + b"".join(text.encode() + b"\0" for text in strings) + b"\0" + bytes([127, 4, 0, 0, 0, 0])
    return bytes([0, 3, 2, 0]) + len(table).to_bytes(4, "little") + table


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _written(value: Value) -> str:
    if isinstance(value, bytes):
        return "hex:" + ",".join(f"{byte:02x}" for byte in value)
    return f"dword:{value:08x}" if isinstance(value, int) else _quoted(value)
