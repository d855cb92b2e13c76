# SPDX-License-Identifier: Apache-2.0
"""What this host was ordered to do and what came of it: ``journal.jsonl``, one JSON object a line.

An entry is ``{"intent", "state", "at", …}`` with the states ``started`` (apt may run from here on), ``done`` (with
``outcomes`` and the ``digest`` of what is installed then) and ``settled`` (a tombstone: this intent never ran and
never will). Source: DESIGN 5 and 6.
"""

import json
import os
import time
from typing import Any, Dict, List

_FILE = "journal.jsonl"
_KEPT_INTENTS = 200
# Compacting rewrites the file, so it waits until that is worth it.
_COMPACT_ABOVE = 2 * _KEPT_INTENTS


class JournalError(Exception):
    """The journal is not what was written; nobody can say what ran, so nothing may run."""


class Journal:
    """The journal in one state directory. The caller holds the transaction lock; making the object reads nothing."""

    def __init__(self, state_dir: str) -> None:
        self._folder = state_dir
        self._path = os.path.join(state_dir, _FILE)

    def find(self, intent: str) -> Dict[str, Any]:
        """The last entry of an intent, ``{}`` when there is none.

        A torn last line was never confirmed and does not count.

        Raises:
            JournalError: any other line is not an entry.
        """
        return next((entry for entry in reversed(self._entries()) if entry["intent"] == intent), {})

    def last_done(self) -> Dict[str, Any]:
        """The entry of the last order that ended, ``{}`` when there is none; needs no lock.

        Raises:
            JournalError: as :meth:`find`.
        """
        return next((entry for entry in reversed(self._entries()) if entry["state"] == "done"), {})

    def append(self, entry: Dict[str, Any]) -> None:
        """Add an entry, stamped with ``at``; it is on the disk when this returns.

        Raises:
            JournalError: as :meth:`find`.
            OSError: the disk.
        """
        entries = self._entries()
        if len(entries) >= _COMPACT_ABOVE:
            self._compact(entries)
        with open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.truncate(file.read().rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
            file.write(_line(dict(entry, at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))))
            file.flush()
            os.fsync(file.fileno())
        self._sync_folder()

    def _entries(self) -> List[Dict[str, Any]]:
        try:
            with open(self._path, "rb") as file:
                lines = file.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        entries = []
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line.decode("ascii"))
            except ValueError as err:
                raise JournalError("{}:{}: not an entry: {}".format(self._path, number, err)) from err
            if not isinstance(entry, dict) or not isinstance(entry.get("intent"), str) or "state" not in entry:
                raise JournalError("{}:{}: not an entry: {!r}".format(self._path, number, line[:80]))
            entries.append(entry)
        return entries

    def _compact(self, entries: List[Dict[str, Any]]) -> None:
        """Keep the last entry of the last intents, in the order of those entries."""
        last: Dict[str, Dict[str, Any]] = {}
        for entry in entries:
            last.pop(entry["intent"], None)
            last[entry["intent"]] = entry
        kept = list(last.values())[-_KEPT_INTENTS:]
        temporary = self._path + ".new"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(b"".join(_line(entry) for entry in kept))
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, self._path)
        self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _line(entry: Dict[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n"
