# SPDX-License-Identifier: Apache-2.0
"""What ``reg.exe query`` prints, as keys and values.

Nothing here depends on the language of the machine: only on the shape of the lines and, elsewhere, on the exit code.
Source: the documentation of ``reg query``; its output names the hive in full whatever the question said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

HIVES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS", "HKCU": "HKEY_CURRENT_USER"}
_VALUE = re.compile(r"    (.*?)    (REG_[A-Z_]+)(?:    (.*))?\Z", re.DOTALL)
# The name of a key's default value is translated, and in brackets in every language.
_DEFAULT = re.compile(r"[(（<].*[)）>]\Z")


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One value: its type as ``reg.exe`` names it, and its data as printed."""

    kind: str
    data: str

    @property
    def number(self) -> int | None:
        """The number of a REG_DWORD or REG_QWORD; None for everything else."""
        try:
            return int(self.data, 16) if self.kind in ("REG_DWORD", "REG_QWORD") else None
        except ValueError:
            return None

    @property
    def bytes(self) -> bytes:
        """The bytes of a REG_BINARY; empty for everything else."""
        try:
            return bytes.fromhex(self.data) if self.kind == "REG_BINARY" else b""
        except ValueError:
            return b""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key; ``name`` is its path below the key that was asked for, empty for that key itself.

    ``values`` are by their name in lower case, for names do not differ by case; the first of a name counts.
    """

    name: str
    values: dict[str, Value]

    def text(self, name: str) -> str:
        """The text of a value, trimmed; empty when there is none or it is no text."""
        value = self.values.get(name.lower())
        return value.data.strip() if value is not None and value.kind in ("REG_SZ", "REG_EXPAND_SZ") else ""

    def number(self, name: str) -> int | None:
        value = self.values.get(name.lower())
        return value.number if value is not None else None


def read_keys(output: str, root: str) -> tuple[Key, ...]:
    """Read the output of ``reg.exe query ROOT [/s]``.

    Args:
        output: standard output, line ends of any kind.
        root: the key asked for, its hive in short or in full.

    Returns:
        The keys in the order printed; without ``/s`` the subkeys come without values. A line break in a value is part
        of it, so a line that only looks like a key elsewhere, or like a value before any key, starts nothing.
    """
    start = full_name(root)
    found: list[tuple[str, list[tuple[str, str, str]]]] = []
    for line in re.split(r"\r?\n", output):
        name = _key_name(line, start)
        if name is not None:
            found.append((name, []))
        elif not found:
            continue
        elif match := _VALUE.match(line):
            found[-1][1].append((match.group(1), match.group(2), match.group(3) or ""))
        elif found[-1][1] and line:
            last = found[-1][1][-1]
            found[-1][1][-1] = (*last[:2], f"{last[2]}\n{line}")
    return tuple(Key(name=name, values=dict(_distinct(values))) for name, values in found)


def subkeys(keys: tuple[Key, ...]) -> tuple[str, ...]:
    """The names of the keys directly below the one asked for, in the order printed."""
    return tuple(dict.fromkeys(key.name.partition("\\")[0] for key in keys if key.name))


def full_name(key: str) -> str:
    """A key with its hive in full, as ``reg.exe`` prints it."""
    hive, backslash, rest = key.partition("\\")
    return f"{HIVES.get(hive.upper(), hive)}{backslash}{rest}"


def _key_name(line: str, start: str) -> str | None:
    if line[: len(start)].lower() != start.lower():
        return None
    rest = line[len(start) :]
    return rest[1:] if rest[:1] in ("", "\\") else None


def _distinct(values: list[tuple[str, str, str]]) -> Iterator[tuple[str, Value]]:
    # Two values of one name cannot be: the second is a line of some other value, written to look like one.
    seen = set()
    for name, kind, data in values:
        lowered = "" if _DEFAULT.match(name) else name.lower()
        if lowered not in seen:
            seen.add(lowered)
            yield lowered, Value(kind=kind, data=data)
