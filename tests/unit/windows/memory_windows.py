# SPDX-License-Identifier: Apache-2.0
"""A Windows host in memory: a registry behind reg.exe's command lines, and programs that are Python functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from tests.lab.windows.registry import serial_number_table
from zhengban.windows.cmdline import split_line
from zhengban.windows.execution import Waits
from zhengban.windows.host import WindowsHost
from zhengban.windows.regquery import full_name
from zhengban.windows.shell import NoSuchCommand, Ran

UNINSTALL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
SID = "S-1-5-21-1-2-3-1001"
_ENVIRONMENT = {
    "SystemRoot": r"C:\Windows",
    "ProgramFiles": r"C:\Program Files",
    "PROCESSOR_ARCHITECTURE": "AMD64",
    "COMPUTERNAME": "PC-1",
}
Program = Callable[[], int | None]


class MemoryWindows:
    """The shell of such a host. ``keys`` is its registry by view (``64``, ``32``, or empty for what has none).

    ``programs`` are by the last part of their path in lower case; one that gives None never ends. Keys in
    ``unreadable`` cannot be queried; ``refused`` says of which keys a verb is. ``answers`` are by the whole line.
    """

    place = "shell/"

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
        self.programs: dict[str, Program] = {}
        self.unreadable: set[str] = set()
        self.refused: dict[str, Callable[[str], bool]] = {}
        self.answers: dict[str, Ran] = {}
        self.lines: list[str] = []
        self.ended: list[str] = []
        self._ran: dict[str, Ran | None] = {}
        self.set(r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion", CurrentBuildNumber="19045")
        self.set(
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList",
            ProfilesDirectory=r"C:\Users",
        )
        self.set(
            rf"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\{SID}",
            ProfileImagePath=r"C:\Users\zhang",
        )
        self.set(r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography", MachineGuid="ABCD-1")
        data = serial_number_table("PF3").hex().upper()
        self.set(r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\mssmbios\Data", SMBiosData=("REG_BINARY", data))
        self.set(rf"HKEY_USERS\{SID}\SOFTWARE\Microsoft\Windows\CurrentVersion")
        self.set(UNINSTALL)
        self.set(UNINSTALL, view="32")

    def set(self, key: str, *, view: str = "64", **values: str | int | tuple[str, str]) -> None:
        """Write a key; text is REG_SZ, numbers are REG_DWORD, a pair is type and data."""
        written = self.keys.setdefault((view if "\\SOFTWARE" in key and "HKEY_L" in key else "", key), {})
        for name, value in values.items():
            kind, data = value if isinstance(value, tuple) else ("REG_SZ", value)
            written[name] = ("REG_DWORD", hex(data)) if isinstance(data, int) else (kind, data)

    def product(self, key: str, name: str, version: str, *, view: str = "64", **values: str | int) -> None:
        self.set(rf"{UNINSTALL}\{key}", view=view, DisplayName=name, DisplayVersion=version, **values)

    def remove(self, key: str, *, view: str = "64") -> None:
        del self.keys[view, rf"{UNINSTALL}\{key}"]

    def host(self, workspace: Path, **waits: float) -> WindowsHost:
        quick = {"program": 1.0, "registry": 0.0, "between_tries": 0.0, "tries": 3, **waits}
        return WindowsHost(self, workspace, waits=Waits(**quick), now=lambda: dt.datetime(2026, 11, 23, tzinfo=dt.UTC))

    def start(self, line: str, *, through_cmd: bool = False, stdin: bytes = b"") -> str:
        self.lines.append(line)
        handle = f"shell/{len(self.lines)}"
        self._ran[handle] = self._run(line, stdin)
        return handle

    def wait(self, handle: str, seconds: float) -> Ran | None:
        if handle not in self._ran:
            raise NoSuchCommand(handle)
        return self._ran[handle]

    def end(self, handle: str) -> None:
        self.ended.append(handle)

    def _run(self, line: str, stdin: bytes) -> Ran | None:
        if line in self.answers:
            return self.answers[line]
        if line == "set":
            return Ran(code=0, output="".join(f"{name}={value}\r\n" for name, value in _ENVIRONMENT.items()))
        words = split_line(line)
        program = words[0].rsplit("\\", 1)[-1].lower()
        if program == "reg.exe":
            return self._reg(words[1:])
        code = self.programs[program]()
        return None if code is None else Ran(code=code)

    def _reg(self, words: tuple[str, ...]) -> Ran:
        verb, key, *options = words
        asked = full_name(key)
        hive, _backslash, rest = asked.partition("\\")
        asked = next((known for _view, known in self.keys if known.lower() == asked.lower()), asked)
        view = "32" if "/reg:32" in options else "64"
        view = view if hive == "HKEY_LOCAL_MACHINE" and rest.upper().startswith("SOFTWARE") else ""
        if verb in self.refused and self.refused[verb](asked):
            return Ran(code=1, errors="错误: 拒绝访问。\r\n")
        if verb == "add":
            name, kind, data = (options[options.index(option) + 1] for option in ("/v", "/t", "/d"))
            data = hex(int(data, 0)) if kind == "REG_DWORD" else data
            self.keys.setdefault((view, asked), {})[name] = (kind, data)
            return Ran(code=0)
        if verb == "delete" and "/v" in options:
            named = options[options.index("/v") + 1].lower()
            values = self.keys[view, asked]
            self.keys[view, asked] = {name: value for name, value in values.items() if name.lower() != named}
            return Ran(code=0)
        below = {name: name[len(asked) :] for where, name in self.keys if where == view and is_below(name, asked)}
        if verb == "delete":
            for name in below:
                del self.keys[view, name]
            return Ran(code=0 if below else 1)
        if verb == "copy":
            for name, rest in below.items():
                self.keys[view, full_name(options[0]) + rest] = dict(self.keys[view, name])
            return Ran(code=0 if below else 1)
        here = {name: values for (where, name), values in self.keys.items() if where == view}
        found = sorted(name for name in here if is_below(name, asked) and name.lower() != asked.lower())
        if asked in self.unreadable or not (asked in here or found):
            return Ran(code=1, errors="错误: 系统找不到指定的注册表项或值。\r\n")
        shown = [asked, *found] if "/s" in options else [asked]
        text = ""
        for name in shown:
            text += f"\r\n{name}\r\n"
            text += "".join(
                f"    {value}    {kind}    {data}\r\n" for value, (kind, data) in here.get(name, {}).items()
            )
        if "/s" not in options:
            text += "".join(f"{asked}\\{name[len(asked) + 1 :].split(chr(92))[0]}\r\n" for name in found)
        return Ran(code=0, output=text)


def is_below(name: str, key: str) -> bool:
    """Whether a key is another one or below it; names do not differ by case."""
    return f"{name}\\".lower().startswith(f"{key}\\".lower())
