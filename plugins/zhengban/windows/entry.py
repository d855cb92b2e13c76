# SPDX-License-Identifier: Apache-2.0
"""An installed product as the Uninstall keys of a Windows registry describe it. Source: DESIGN 3."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from zhengban.model.facts import is_sid

from .cmdline import expand
from .regquery import Key

UNINSTALL = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
UNKNOWN_VERSION = "unknown"
"""An entry without a version still is an install; no range holds this, and no record may be without a version."""

_PRODUCT_CODE = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}\Z")
_DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\Z")
# What would move a terminal, or show a name as another one: control characters and those that turn the direction.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_UPDATES = frozenset(("hotfix", "security update", "service pack", "update", "update rollup"))

Part = Literal["", "component", "update"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One key below Uninstall.

    ``path`` is the whole key (``HKLM\\…``). ``arch`` is ``x64``, ``arm64`` or ``x86`` for what the whole machine has,
    the user's SID for what one user has: in both, name and arch name one product. ``part`` tells what belongs to
    another product (a system component, an update) from what stands for itself; anybody can write that, so it approves
    nothing. ``product_code`` is set where Windows Installer has installed it; the command lines are as Windows would
    run them.
    """

    path: str
    name: str
    version: str
    arch: str
    publisher: str
    part: Part
    installed_at: str | None
    product_code: str
    uninstall: str
    quiet_uninstall: str

    @property
    def ref(self) -> str:
        """``name:arch``, as plans name what leaves."""
        return f"{self.name}:{self.arch}"

    @property
    def is_of_one_user(self) -> bool:
        return is_sid(self.arch)


def read_entries(keys: Iterable[Key], *, root: str, arch: str, environment: Mapping[str, str]) -> Iterator[Entry]:
    """The products among the keys of one Uninstall key.

    Args:
        keys: as ``reg.exe`` printed them, the root itself among them.
        root: the key they lie below (``HKLM\\SOFTWARE\\…``).
        arch: see :class:`Entry`.
        environment: of the host, names in lower case; a REG_EXPAND_SZ is expanded with it.

    Yields:
        An entry for each key that Windows would list or could uninstall. Where a name is missing, the key's name is
        it: hiding from the list is no approval.
    """
    for key in keys:
        named = key.text("DisplayName")
        uninstall = _line(key, "UninstallString", environment)
        quiet = _line(key, "QuietUninstallString", environment)
        if not key.name or "\\" in key.name or not (named or uninstall or quiet):
            continue
        is_msi = key.number("WindowsInstaller") == 1 and bool(_PRODUCT_CODE.match(key.name))
        yield Entry(
            path=f"{root}\\{key.name}",
            name=readable(named or key.name),
            version=readable(key.text("DisplayVersion")) or UNKNOWN_VERSION,
            arch=arch,
            publisher=readable(key.text("Publisher")),
            part=_part(key),
            installed_at=_installed_at(key.text("InstallDate")),
            product_code=key.name if is_msi else "",
            uninstall=uninstall,
            quiet_uninstall=quiet,
        )


def readable(text: str) -> str:
    """A text of the host without what nobody would see: such characters show as ``\\uNNNN``."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text.strip())


def has_unseen(text: str) -> bool:
    """Whether a text holds what nobody would see."""
    return bool(_UNSEEN.search(text))


def _line(key: Key, name: str, environment: Mapping[str, str]) -> str:
    value = key.values.get(name.lower())
    text = key.text(name)
    return expand(text, environment) if value is not None and value.kind == "REG_EXPAND_SZ" else text


def _part(key: Key) -> Part:
    if key.text("ParentKeyName") or key.text("ReleaseType").lower() in _UPDATES:
        return "update"
    return "component" if key.number("SystemComponent") == 1 or not key.text("DisplayName") else ""


def _installed_at(day: str) -> str | None:
    """``YYYYMMDD`` as a moment; installers that write the day in their own way say nothing."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00Z" if _DAY.match(day) else None
