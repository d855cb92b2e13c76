# SPDX-License-Identifier: Apache-2.0
"""The facts document ``zhengban.facts/1`` of this machine. Source: DESIGN 3."""

import hashlib
import json
import os
import time
from typing import Any, Dict, Iterable, List, Optional, Set

from .database import DatabaseError, Reading
from .identity import read_identity
from .managers import find_managers
from .os_release import read_os_release

FORMAT = "zhengban.facts/1"
_STATE_DIR = "var/lib/zhengban"
GUARD_PLACES = (
    "etc/apt/apt.conf.d/99zhengban-guard",
    "etc/dnf/libdnf5-plugins/actions.d/zhengban-guard.actions",
    "etc/dpkg/dpkg.cfg.d/zhengban-guard",
    # dnf's plugin lies where its Python has it, and does nothing without this.
    "usr/lib/zhengban/guard",
    "var/lib/zhengban/attempts.jsonl",
    "var/lib/zhengban/guard.json",
)
COLUMNS = (
    "manager",
    "name",
    "version",
    "arch",
    "publisher",
    "origin",
    "manual",
    "essential",
    "priority",
    "held",
    "installed_at",
    "needs",
    "needs_virtual",
    "wants",
)
_EDGES = len(("needs", "needs_virtual", "wants"))


def collect(root: str = "/", known_digest: str = "", outside: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """Read what this machine is and has installed.

    Args:
        root: where the system to read lies; the kernel and the node name are always those of the running machine.
        known_digest: the digest the caller holds. When it still is the digest, the document has ``unchanged: True``
            and none of ``columns``, ``packages`` and ``removed``.
        outside: ``{"kinds", "seconds"}`` to look for programs that no package owns too; the document then has
            ``outside``, as :func:`look_outside` gives it. None looks for none. The digest does not cover it.

    Returns:
        The document as plain values, keys as in ``zhengban.model.facts.Facts``. A manager that exists and cannot be
        read has ``read: False``, ``why``, and no rows; a machine whose every database is missing has no manager at all.
    """
    managers: Dict[str, Dict[str, Any]] = {}
    readings: Dict[str, Reading] = {}
    arches: List[str] = []
    for manager in find_managers(root):
        try:
            reading = manager.read(root)
        except DatabaseError as err:
            managers[manager.name] = _unread(str(err))
        else:
            managers[manager.name] = _read(reading)
            readings[manager.name] = reading
            arches += [reading.arch] if manager.is_systems else []
    managers = {name: managers[name] for name in sorted(managers)}
    uname = os.uname()
    native = next(filter(None, arches), uname.machine)
    document: Dict[str, Any] = {
        "format": FORMAT,
        "host": uname.nodename,
        "identity": read_identity(root),
        "collected_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "platform": dict(read_os_release(root), arch=native, kernel=uname.release),
        **_read_guard(root),
    }
    if outside is not None:
        document["outside"] = _look_outside(root, outside)
    if known_digest and known_digest == _digest_of(managers):
        return dict(document, unchanged=True, managers=managers, digest=known_digest)
    tables: List[List[List[Any]]] = []
    removed: List[List[str]] = []
    for name, reading in readings.items():
        try:
            tables.append(reading.rows())
        except DatabaseError as err:
            managers[name] = _unread(str(err))
        else:
            removed += reading.removed()
    document.update(managers=managers, digest=_digest_of(managers), columns=list(COLUMNS), packages=_join(tables))
    return dict(document, removed=_latest(removed))


def digest_packages(rows: List[List[Any]]) -> str:
    """The digest of one manager's packages: sorted rows of (manager, name, version, arch, manual, held)."""
    return _digest(rows)


def digest_managers(rows: List[List[Any]]) -> str:
    """The digest of a document: rows of (manager, read, digest), sorted."""
    return _digest(rows)


def _read_guard(root: str) -> Dict[str, Any]:
    """Its doors and what it has noted; where nothing of it is, nothing of it is loaded either."""
    state_dir = os.path.join(root, _STATE_DIR)
    may_be = os.path.isdir(state_dir) and not os.access(state_dir, os.X_OK)
    if not may_be and not any(os.path.lexists(os.path.join(root, place)) for place in GUARD_PLACES):
        return {"guard": {}, "attempts": []}
    from .guard_spool import read_attempts
    from .guard_status import read_doors

    return {"guard": read_doors(state_dir, time.time(), root), "attempts": read_attempts(state_dir)}


def _look_outside(root: str, asked: Dict[str, Any]) -> Dict[str, Any]:
    from .outside import SEARCHED, look_outside

    owned: Set[str] = set()
    try:
        for manager in find_managers(root):
            owned.update(manager.owned_paths(root, SEARCHED))
    except DatabaseError as err:
        return {"kinds": sorted(asked["kinds"]), "complete": False, "why": str(err), "rows": []}
    return look_outside(root, asked["kinds"], asked["seconds"], owned)


def _digest_of(managers: Dict[str, Dict[str, Any]]) -> str:
    return digest_managers([[name, state["read"], state["digest"]] for name, state in sorted(managers.items())])


def _latest(removed: List[List[str]]) -> List[List[str]]:
    """Of all managers together no more than of one, the latest, sorted by package."""
    from .removed import MAX_ROWS

    return sorted(sorted(removed, key=lambda row: row[-1], reverse=True)[:MAX_ROWS])


def _join(tables: Iterable[List[List[Any]]]) -> List[List[Any]]:
    """The rows of several managers as one table, whose edges count all rows."""
    joined: List[List[Any]] = []
    for rows in tables:
        before = len(joined)
        joined += (
            [[*row[:-_EDGES], *([before + number for number in edge] for edge in row[-_EDGES:])] for row in rows]
            if before
            else rows
        )
    return joined


def _read(reading: Reading) -> Dict[str, Any]:
    digest = digest_packages(reading.keys)
    return {"read": True, "why": "", "count": len(reading.keys), "digest": digest, "arch": reading.arch}


def _unread(why: str) -> Dict[str, Any]:
    return {"read": False, "why": why, "count": 0, "digest": "", "arch": ""}


def _digest(value: List[Any]) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
