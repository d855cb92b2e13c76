# SPDX-License-Identifier: Apache-2.0
"""What a Windows host knows of its guard: what it was told, and what was there before. Source: DESIGN 10.

The value ``Entry`` of ``HKLM\\SOFTWARE\\zhengban\\guard`` is a JSON text; whole collections that were there before are
kept below that key, copied by ``reg.exe`` itself, for they may be longer than a command line.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from zhengban.model.errors import ZhengbanError
from zhengban.model.settings import Mode

from .cmdline import LONGEST_LINE, join_line
from .reading import Registry
from .regquery import Key, Value

KEY = r"HKLM\SOFTWARE\zhengban\guard"
_VALUE = "Entry"
# What belongs to the line besides the data itself.
_LINE_ROOM = 500


class GuardError(ZhengbanError):
    """The guard cannot be put on this host or taken from it; what the text does not say otherwise is as it was."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A single value as it was."""

    key: str
    name: str
    value: Value


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What was there before the guard: collections, which are kept, and settings; ``absent`` are keys that were not."""

    collections: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    absent: tuple[str, ...] = ()


class GuardEntry(msgspec.Struct, frozen=True, kw_only=True):
    """``begun`` until what was told has been read back; ``digests`` are of the values of each door."""

    state: Literal["begun", "done"]
    mode: Mode
    policy: str
    written_at: str
    digests: dict[str, str]
    before: Before


class GuardRegistry:
    """The part of a host's registry that the guard needs; ``view`` is the option for the machine's own."""

    def __init__(self, registry: Registry, view: tuple[str, ...]) -> None:
        self._registry = registry
        self._view = view

    def entry(self) -> GuardEntry | None:
        """What this host knows of its guard; None where it has none.

        Raises:
            GuardError: it cannot be read or believed.
        """
        for key in self.keys(KEY):
            if not key.name and (text := key.text(_VALUE)):
                try:
                    return msgspec.json.decode(text, type=GuardEntry)
                except msgspec.DecodeError as err:
                    raise GuardError(f"{KEY} is no entry of the guard: {err}") from err
        return None

    def note(self, entry: GuardEntry) -> None:
        self.set(KEY, _VALUE, Value(kind="REG_SZ", data=msgspec.json.encode(entry).decode()))

    def keys(self, key: str, *options: str) -> tuple[Key, ...]:
        """A key as it is; nothing where it is not there.

        Raises:
            GuardError: nobody can say.
        """
        found = self._registry.query(key, *options, *self._view)
        if found is None and not self._registry.is_absent(key, *self._view):
            raise GuardError(f"{key} cannot be read: is the account an administrator?")
        return found or ()

    def set(self, key: str, name: str, value: Value) -> None:
        """Write one value, exactly.

        Raises:
            GuardError: the host refused it, or it is longer than a command line may be.
        """
        if len(join_line([value.data])) > LONGEST_LINE - _LINE_ROOM:
            raise GuardError(f"{key}: {len(value.data)} characters are too many for one command line")
        self._ask("add", key, "/v", name, "/t", value.kind, "/d", value.data, "/f")

    def delete(self, key: str, name: str = "") -> None:
        self._ask("delete", key, *(("/v", name) if name else ()), "/f")

    def copy(self, key: str, target: str) -> None:
        """Copy a key with all below it."""
        self._ask("copy", key, target, "/s", "/f")

    def _ask(self, verb: str, key: str, *options: str) -> None:
        ran = self._registry.ask(verb, key, *options, *self._view)
        if ran.code:
            raise GuardError(f"{key} cannot be changed: reg.exe {ran.ending}; is the account an administrator?")
