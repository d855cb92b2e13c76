# SPDX-License-Identifier: Apache-2.0
"""The guard of Windows as values of its registry: what should be there, what is there, and how both compare.

Source: Microsoft, "AppLocker settings" (SrpV2), "DisableMSI", "DisableUserInstalls", "AlwaysInstallElevated".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import msgspec

from zhengban.guard.applocker import Enforcement
from zhengban.guard.windows import WindowsGuard

from .regquery import Key, Value

APPLOCKER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2"
INSTALLER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Installer"
SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\AppIDSvc"
COLLECTIONS = ("Exe", "Msi")
ENFORCEMENT = "EnforcementMode"
_NUMBERS: dict[Enforcement, int] = {"AuditOnly": 0, "Enabled": 1}
_SETTINGS = ("AlwaysInstallElevated", "DisableMSI", "DisableUserInstalls")
_BY_ITSELF = 2

Place = tuple[str, str]
"""A key and the name of one of its values."""


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """Values of the registry by their place: the part of it that is the guard's."""

    applocker: dict[Place, Value]
    installer: dict[Place, Value]

    @property
    def all(self) -> dict[Place, Value]:
        return self.applocker | self.installer

    def digests(self) -> dict[str, str]:
        """A digest of what belongs to each door."""
        return {"applocker": _digest(self.applocker), "installer": _digest(self.installer)}

    def lines(self) -> str:
        """A line for each value, as a person compares them."""
        return "".join(f"{key}\\{name} = {value.data}\n" for (key, name), value in sorted(self.all.items(), key=_place))


def wanted_values(guard: WindowsGuard) -> Values:
    """What a guard comes to: each rule below the key of its collection, and what starts the service that reads them."""
    applocker: dict[Place, Value] = {(SERVICE, "Start"): dword(_BY_ITSELF)}
    for collection in guard.applocker.collections:
        key = f"{APPLOCKER}\\{collection.type}"
        applocker[key, ENFORCEMENT] = dword(_NUMBERS[collection.enforcement])
        for name, text in collection.elements().items():
            applocker[f"{key}\\{name}", "Value"] = Value(kind="REG_SZ", data=text)
    installer: dict[Place, Value] = {(INSTALLER, name): dword(number) for name, number in guard.installer}
    return Values(applocker=applocker, installer=installer)


def found_values(applocker: tuple[Key, ...], installer: tuple[Key, ...], service: tuple[Key, ...]) -> Values:
    """What is there, of all that can be the guard's: whole collections, and single settings elsewhere.

    Args:
        applocker: the keys below :data:`APPLOCKER`, itself among them.
        installer: of :data:`INSTALLER`, and ``service`` of :data:`SERVICE`; only their own values count.
    """
    found = {
        (f"{APPLOCKER}\\{key.name}", _spelt(name)): value
        for key in applocker
        if key.name.partition("\\")[0] in COLLECTIONS
        for name, value in key.values.items()
    }
    return Values(
        applocker=found | dict(_settings(service, SERVICE, ("Start",))),
        installer=dict(_settings(installer, INSTALLER, _SETTINGS)),
    )


def is_rule(key: str) -> bool:
    """Whether a key is the one of a rule: it is below a collection's."""
    return key.startswith(APPLOCKER) and key.count("\\") == APPLOCKER.count("\\") + 2


def dword(number: int) -> Value:
    """A number as ``reg.exe`` prints it."""
    return Value(kind="REG_DWORD", data=hex(number))


def _settings(keys: tuple[Key, ...], path: str, names: tuple[str, ...]) -> Iterator[tuple[Place, Value]]:
    for key in keys:
        for name in names:
            if not key.name and name.lower() in key.values:
                yield (path, name), key.values[name.lower()]


def _spelt(name: str) -> str:
    # Names do not differ by case; those of ours are compared as they are written.
    return next((ours for ours in (ENFORCEMENT, "Value") if ours.lower() == name), name)


def _place(item: tuple[Place, Value]) -> Place:
    return item[0]


def _digest(values: Mapping[Place, Value]) -> str:
    return hashlib.sha256(msgspec.json.encode(sorted(values.items(), key=_place))).hexdigest()
