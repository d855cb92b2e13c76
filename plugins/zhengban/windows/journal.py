# SPDX-License-Identifier: Apache-2.0
"""What a Windows host was ordered to do and what came of it: a key for each intent below ``HKLM\\SOFTWARE\\zhengban``.

The value ``Entry`` of a key is a JSON text with ``state`` (started, done, interrupted, settled), ``plan``, ``command``,
``sign`` and ``outcomes``. A value is written as a whole or not at all, and only administrators can.

Source: DESIGN 5, 6.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from zhengban.model.errors import FactsError
from zhengban.model.plan import Outcome

from .cmdline import LONGEST_LINE, join_line
from .reading import Registry
from .simulation import Sign

KEY = r"HKLM\SOFTWARE\zhengban\journal"
_VALUE = "Entry"
_KEPT_INTENTS = 200
# What belongs to the line besides the text itself.
_LINE_ROOM = 500


class JournalError(FactsError):
    """The journal cannot be written or believed; nobody can say what ran, so nothing may run."""


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``command`` is the handle of the last program started, or of the place it would be started in.

    ``sign`` is how one sees that the program's step is done.
    """

    state: Literal["started", "done", "interrupted", "settled"]
    plan: str = ""
    command: str = ""
    sign: Sign | None = None
    outcomes: tuple[Outcome, ...] = ()


class Journal:
    """The journal of one host; ``view`` are the options for the machine's own part of the registry."""

    def __init__(self, registry: Registry, view: tuple[str, ...]) -> None:
        self._registry = registry
        self._view = view

    def entries(self) -> dict[str, JournalEntry]:
        """Every intent's entry, oldest run first: run ids begin with their time.

        Raises:
            JournalError: it is there and cannot be read.
        """
        keys = self._registry.query(KEY, "/s", *self._view)
        if keys is None:
            if self._registry.is_absent(KEY, *self._view):
                return {}
            raise JournalError(f"{KEY} cannot be read")
        found = {}
        for key in sorted(keys, key=lambda key: key.name):
            if key.name:
                try:
                    found[key.name] = msgspec.json.decode(key.text(_VALUE), type=JournalEntry)
                except msgspec.DecodeError as err:
                    raise JournalError(f"{KEY}\\{key.name}: not an entry: {err}") from err
        return found

    def write(self, intent: str, entry: JournalEntry) -> None:
        """Put an entry in the place of the one before.

        Raises:
            JournalError: the host refused it, or it is longer than a command line may be.
        """
        text = msgspec.json.encode(entry).decode()
        if len(join_line([text])) > LONGEST_LINE - _LINE_ROOM:
            raise JournalError(f"{KEY}: an entry of {len(text)} characters is too long")
        ran = self._registry.ask("add", f"{KEY}\\{intent}", "/v", _VALUE, "/t", "REG_SZ", "/d", text, "/f", *self._view)
        if ran.code:
            raise JournalError(f"{KEY} cannot be written: reg.exe {ran.ending}; is the account an administrator?")

    def prune(self, entries: dict[str, JournalEntry]) -> None:
        """Forget the oldest of these that have ended."""
        ended = [intent for intent, entry in entries.items() if entry.state != "started"]
        for intent in ended[:-_KEPT_INTENTS]:
            self._registry.ask("delete", f"{KEY}\\{intent}", "/f", *self._view)
