# SPDX-License-Identifier: Apache-2.0
"""One look at a Windows host through ``reg.exe``: who it is, what is installed, what could not be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from zhengban.host.identity import without_placeholder
from zhengban.model.errors import FactsError
from zhengban.model.facts import WINDOWS, WINDOWS_USERS, holders_of, windows_user

from . import firmware
from .cmdline import join_line
from .entry import UNINSTALL, Entry, read_entries
from .regquery import Key, read_keys, subkeys
from .shell import Ran, Shell, run

_CURRENT = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_PROFILES = rf"{_CURRENT}\ProfileList"
_CRYPTOGRAPHY = r"HKLM\SOFTWARE\Microsoft\Cryptography"
_SID = re.compile(r"S-1-[0-9-]+\Z")
# Accounts of people, of this machine or a domain, or of Azure; the others (18, 19, 20) are the system's own.
_PERSON = re.compile(r"S-1-(5-21|12-1)-[0-9-]+\Z")
_ARCHES = {"AMD64": "x64", "ARM64": "arm64", "X86": "x86"}
_FIRST_WINDOWS_11 = 22000


class System(msgspec.Struct, frozen=True, kw_only=True):
    """What a host is: it does not change while it is up."""

    computer_name: str
    serial_number: str
    machine_guid: str
    version: str
    product_name: str
    arch: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found. ``unread`` is why, by what could not be read; ``entries`` are in the order of facts."""

    system: System
    profiles_folder: str
    entries: tuple[Entry, ...]
    unread: dict[str, str]

    def is_read(self, arch: str) -> bool:
        """Whether everything of an architecture, or of the user with this SID, was read."""
        return self.unread.keys().isdisjoint(holders_of(WINDOWS, arch))


class Programs:
    """The programs and folders of one host, by full path: nothing is looked up where somebody else may write."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        try:
            system = environment["systemroot"] + r"\System32"
            self.program_files = environment.get("programw6432") or environment["programfiles"]
        except KeyError as err:
            raise FactsError(f"the host's environment has no {err.args[0]}: is it Windows?") from err
        self.system = system
        self.reg, self.msiexec = rf"{system}\reg.exe", rf"{system}\msiexec.exe"
        self.certutil, self.find = rf"{system}\certutil.exe", rf"{system}\find.exe"

    @property
    def arch(self) -> str:
        """The processor's, also where a 32-bit program asks."""
        named = self.environment.get("processor_architew6432") or self.environment.get("processor_architecture", "")
        return _ARCHES.get(named.upper(), named.lower())

    @property
    def view(self) -> tuple[str, ...]:
        """The option of ``reg.exe`` for what is the machine's own, whatever program asks."""
        return next(iter(self.views.values()))

    @property
    def views(self) -> dict[str, tuple[str, ...]]:
        """The options for each architecture's part of the registry, the machine's own first."""
        if self.arch == "x86":
            return {"x86": ()}
        return {self.arch: ("/reg:64",), "x86": ("/reg:32",)}


def ask_programs(shell: Shell) -> Programs:
    """Where things are on this host, from the environment of its command shell.

    Raises:
        FactsError: it does not answer as Windows does.
    """
    ran = run(shell, "set", through_cmd=True)
    if ran.code:
        raise FactsError(f"the host's environment cannot be read: set {ran.ending}")
    pairs = (line.partition("=") for line in ran.output.splitlines())
    return Programs({name.lower(): value for name, equals, value in pairs if equals and name})


class Registry:
    """The registry of one host. Every question is one ``reg.exe``; a 32-bit Windows has no second view."""

    def __init__(self, shell: Shell, programs: Programs) -> None:
        self._shell = shell
        self._reg = programs.reg

    def query(self, key: str, *options: str) -> tuple[Key, ...] | None:
        """The keys below ``key``; None where it is not there or cannot be read: :meth:`is_absent` tells which."""
        ran = self.ask("query", key, *options)
        return read_keys(ran.output, key) if ran.code == 0 else None

    def is_absent(self, key: str, *options: str) -> bool:
        """Whether a key is certainly not there: the nearest key above it that can be read does not list the next."""
        above, _backslash, name = key.rpartition("\\")
        if not above:
            return False
        found = self.query(above, *options)
        if found is None:
            return self.is_absent(above, *options)
        return name.lower() not in (listed.lower() for listed in subkeys(found))

    def ask(self, verb: str, key: str, *options: str) -> Ran:
        return run(self._shell, join_line((self._reg, verb, key, *options)))


def read_system(registry: Registry, programs: Programs) -> System:
    """What a host is.

    Raises:
        FactsError: it does not answer as Windows does, or this account may not read its registry.
    """
    asked = registry.ask("query", _CURRENT)
    if asked.code:
        question = "is it Windows, and is the account an administrator?"
        raise FactsError(f"{_CURRENT} cannot be read: reg.exe {asked.ending}; {question}")
    current = read_keys(asked.output, _CURRENT)
    guid = registry.query(_CRYPTOGRAPHY, "/v", "MachineGuid", *programs.view)
    tables = registry.query(firmware.KEY, "/v", firmware.VALUE)
    table = tables[0].values.get(firmware.VALUE.lower()) if tables else None
    return System(
        computer_name=programs.environment.get("computername", ""),
        serial_number=without_placeholder(firmware.read_serial_number(table.bytes if table is not None else b"")),
        machine_guid=guid[0].text("MachineGuid").lower() if guid else "",
        version=_version(current[0]),
        product_name=_product_name(current[0]),
        arch=programs.arch,
    )


def read_software(registry: Registry, programs: Programs, system: System) -> Reading:
    """What is installed: in both views of the machine, and in the hives of everybody who is signed in."""
    found = _Found(registry=registry, environment=programs.environment)
    for arch, view in programs.views.items():
        _read_root(found, rf"HKLM\{UNINSTALL}", arch, WINDOWS, view)
    loaded = _loaded_hives(registry, found.unread)
    for sid in loaded:
        _read_root(found, rf"HKU\{sid}\{UNINSTALL}", sid, windows_user(sid), ())
    profiles = registry.query(_PROFILES, "/s")
    if profiles is None:
        found.unread[WINDOWS_USERS] = f"{_PROFILES} cannot be read, so whose software is missing is unknown"
    for key in profiles or ():
        if _PERSON.match(key.name) and key.name not in loaded:
            folder = key.text("ProfileImagePath") or "without a folder"
            found.unread[windows_user(key.name)] = (
                f"the profile {folder} is not loaded: it is read while that person is signed in"
            )
    return Reading(
        system=system,
        profiles_folder=profiles[0].text("ProfilesDirectory") if profiles else "",
        # Code points, as every facts document is sorted.
        entries=tuple(sorted(found.entries, key=lambda entry: (entry.name, entry.arch, entry.version, entry.path))),
        unread=found.unread,
    )


def read_machine_entries(registry: Registry, programs: Programs, arch: str) -> tuple[Entry, ...]:
    """What is installed for the whole machine in one architecture; nothing where that cannot be read."""
    root = rf"HKLM\{UNINSTALL}"
    keys = registry.query(root, "/s", *programs.views.get(arch, ()))
    return tuple(read_entries(keys or (), root=root, arch=arch, environment=programs.environment))


@dataclass
class _Found:
    """What is gathered while looking."""

    registry: Registry
    environment: Mapping[str, str]
    entries: list[Entry] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def _read_root(found: _Found, root: str, arch: str, manager: str, view: tuple[str, ...]) -> None:
    keys = found.registry.query(root, "/s", *view)
    if keys is None and not found.registry.is_absent(root, *view):
        # reg.exe gives up where a key goes away while it lists them; one is written while something is installed.
        keys = found.registry.query(root, "/s", *view)
        if keys is None:
            found.unread[manager] = f"{root} cannot be read"
    if keys is not None:
        found.entries += read_entries(keys, root=root, arch=arch, environment=found.environment)


def _loaded_hives(registry: Registry, unread: dict[str, str]) -> tuple[str, ...]:
    hives = registry.query("HKU")
    if hives is None:
        unread[WINDOWS_USERS] = "HKU cannot be read, so whose software is missing is unknown"
        return ()
    return tuple(sorted(name for name in subkeys(hives) if _SID.match(name)))


def _version(system: Key) -> str:
    """``10.0.19045.4529``; Windows before 10 says its version in a text."""
    major, minor = system.number("CurrentMajorVersionNumber"), system.number("CurrentMinorVersionNumber")
    head = f"{major}.{minor or 0}" if major is not None else system.text("CurrentVersion")
    revision = system.number("UBR")
    parts = (head, system.text("CurrentBuildNumber"), "" if revision is None else str(revision))
    return ".".join(part for part in parts if part)


def _product_name(system: Key) -> str:
    """Windows 11 calls itself Windows 10 there, with its own build numbers."""
    name, build = system.text("ProductName"), system.text("CurrentBuildNumber")
    is_11 = build.isdecimal() and len(build) < 9 and int(build) >= _FIRST_WINDOWS_11
    return name.replace("Windows 10", "Windows 11") if is_11 else name
