# SPDX-License-Identifier: Apache-2.0
"""A facts document from a few words per package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zhengban.host.facts import digest_managers, digest_packages
from zhengban.model.facts import COLUMNS, Facts, facts_from_plain

MACHINE_ID = "0000000000000000000000000000000"
_DOCUMENT_KEYS = {
    "computer",
    "host",
    "identity",
    "platform",
    "unread",
    "packages",
    "removed",
    "managers",
    "guard",
    "outside",
}


def facts_document(compact: Mapping[str, Any]) -> dict[str, Any]:
    """Write out what a host would answer.

    Args:
        compact: ``packages``: each a mapping with at least ``name``; absent are manager dpkg, version 1.0, architecture
            amd64, not manual. ``needs``, ``needs_virtual`` and ``wants`` hold names or ``name:arch``. ``identity``
            absent is that of PC-0001. ``removed``: rows as the document has them. ``managers`` that are read, absent
            dpkg; ``unread`` maps others to why not. ``outside``: ``kinds``, ``rows``, and ``why`` it is not all.

    Returns:
        The plain document of ``zhengban.facts/1`` with rows in the documented order.
    """
    assert compact.keys() <= _DOCUMENT_KEYS, f"unknown keys {compact.keys() - _DOCUMENT_KEYS}"
    rows = [_row(package) for package in compact.get("packages") or ()]
    rows.sort(key=lambda row: (row["manager"], row["name"], row["arch"], row["version"]))
    for row in rows:
        for edge in ("needs", "needs_virtual", "wants"):
            row[edge] = sorted({found for name in row[edge] for found in _rows_named(rows, name)})
    managers: dict[str, Any] = {
        manager: {"read": True, "digest": _digest_of(manager, rows)} for manager in compact.get("managers", ("dpkg",))
    }
    managers |= {
        manager: {"read": False, "why": why, "digest": ""} for manager, why in compact.get("unread", {}).items()
    }
    packages = [[row[column] for column in COLUMNS] for row in rows]
    return {
        "format": "zhengban.facts/1",
        "host": compact.get("host", "host"),
        "identity": {"machine_id": MACHINE_ID + "1"} if "identity" not in compact else compact["identity"] or {},
        "collected_at": "2026-11-23T01:00:00Z",
        "platform": {
            "id": "debian",
            "version": "12",
            "arch": "amd64",
            "kernel": "6.1.0-25-amd64",
            **compact.get("platform", {}),
        },
        "managers": managers,
        "digest": digest_managers([[name, state["read"], state["digest"]] for name, state in sorted(managers.items())]),
        "columns": list(COLUMNS),
        "packages": packages,
        "removed": list(compact.get("removed", ())),
        "guard": compact.get("guard", {}),
        **({"outside": {"complete": "why" not in outside, **outside}} if (outside := compact.get("outside")) else {}),
    }


def _digest_of(manager: str, rows: list[dict[str, Any]]) -> str:
    columns = ("manager", "name", "version", "arch", "manual", "held")
    return digest_packages([[row[column] for column in columns] for row in rows if row["manager"] == manager])


def facts_of(compact: Mapping[str, Any]) -> Facts:
    """The same, read."""
    return facts_from_plain(facts_document(compact), source="the case")


def _row(package: Mapping[str, Any]) -> dict[str, Any]:
    assert package.keys() <= set(COLUMNS), f"unknown keys {package.keys() - set(COLUMNS)}"
    row: dict[str, Any] = {
        "manager": "dpkg",
        "version": "1.0",
        "arch": "amd64",
        "publisher": None,
        "origin": None,
        "priority": "optional",
        "installed_at": None,
        "needs": [],
        "needs_virtual": [],
        "wants": [],
        **package,
    }
    for flag in ("manual", "essential", "held"):
        row[flag] = row.get(flag) in (True, "true")
    return row


def _rows_named(rows: list[dict[str, Any]], name: str) -> Iterable[int]:
    found = [at for at, row in enumerate(rows) if name in (row["name"], f"{row['name']}:{row['arch']}")]
    assert found, f"no package is called {name!r}"
    return found
