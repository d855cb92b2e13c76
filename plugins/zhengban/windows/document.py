# SPDX-License-Identifier: Apache-2.0
"""A look at a Windows host as the facts document ``zhengban.facts/1``. Source: DESIGN 3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from zhengban.host.facts import digest_managers, digest_packages
from zhengban.model.facts import COLUMNS, FORMAT, WINDOWS

from .entry import Entry
from .reading import Reading


def facts_document(
    reading: Reading, *, guard: Mapping[str, str], known_digest: str = "", now: dt.datetime
) -> dict[str, Any]:
    """The document, as the host code of other systems writes it; without rows when ``known_digest`` still holds.

    ``now`` is the controller's clock: Windows has no program that prints its own in one way. A hive that could not be
    read is a manager of its own that is unread, so that what it would hold is never taken for absent. ``guard`` are the
    doors, as :func:`~.guarding.read_doors` gives them.
    """
    rows = [_row(entry) for entry in reading.entries]
    managers = {name: _manager(why=why) for name, why in reading.unread.items()}
    if WINDOWS not in managers:
        keys = [[row[0], row[1], row[2], row[3], row[6], row[9]] for row in rows]
        managers[WINDOWS] = _manager(count=len(rows), digest=digest_packages(keys))
    else:
        rows = []
    digest = digest_managers([[name, managers[name]["read"], managers[name]["digest"]] for name in sorted(managers)])
    document: dict[str, Any] = {
        "format": FORMAT,
        "host": reading.system.computer_name,
        "identity": {"serial_number": reading.system.serial_number, "machine_id": reading.system.machine_guid},
        "collected_at": now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "platform": {
            "id": "windows",
            "version": reading.system.version,
            "name": reading.system.product_name,
            "id_like": [],
            "arch": reading.system.arch,
            "kernel": reading.system.version,
        },
        "managers": {name: managers[name] for name in sorted(managers)},
        "digest": digest,
        "guard": dict(guard),
        "attempts": [],
    }
    if known_digest and known_digest == digest:
        return document | {"unchanged": True}
    return document | {"columns": list(COLUMNS), "packages": rows, "removed": []}


def _manager(*, why: str = "", count: int = 0, digest: str = "") -> dict[str, Any]:
    return {"read": not why, "why": why, "count": count, "digest": digest}


def _row(entry: Entry) -> list[Any]:
    """A row in the order of the columns; ``priority`` is what an entry is part of, and nobody chose a part by name."""
    publisher = entry.publisher or None
    head = [WINDOWS, entry.name, entry.version, entry.arch, publisher, None, not entry.part, False, entry.part, False]
    return [*head, entry.installed_at, [], [], []]
