# SPDX-License-Identifier: Apache-2.0
"""The facts document ``zhengban.facts/1`` of this machine. Source: DESIGN 3."""

import hashlib
import json
import os
import time
from typing import Any, Dict, List

from .dpkg import DatabaseError, Installed, has_database, read_installed
from .edges import Resolver
from .guard_spool import read_attempts
from .guard_status import read_doors
from .identity import read_identity
from .os_release import read_os_release
from .removed import read_removed
from .unsupported import find_unsupported

FORMAT = "zhengban.facts/1"
_STATE_DIR = "var/lib/zhengban"
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


def collect(root: str = "/", known_digest: str = "") -> Dict[str, Any]:
    """Read what this machine is and has installed.

    Args:
        root: where the system to read lies; the kernel and the node name are always those of the running machine.
        known_digest: the digest the caller holds. When it still is the digest, the document has ``unchanged: True``
            and none of ``columns``, ``packages`` and ``removed``.

    Returns:
        The document as plain values, keys as in ``zhengban.model.facts.Facts``. A manager that exists and cannot be
        read has ``read: False``, ``why``, and no rows; a machine whose every database is missing has no manager at all.
    """
    managers: Dict[str, Dict[str, Any]] = {}
    installed: List[Installed] = []
    if has_database(root):
        try:
            installed = read_installed(root)
            managers["dpkg"] = _read(len(installed), _digest_installed(installed))
        except DatabaseError as err:
            managers["dpkg"] = _unread(str(err))
    for name in find_unsupported(root):
        managers[name] = _unread("not supported yet")
    uname = os.uname()
    native = next((row.arch for row in installed if row.name == "dpkg"), uname.machine)
    digest = digest_managers([[name, managers[name]["read"], managers[name]["digest"]] for name in sorted(managers)])
    document: Dict[str, Any] = {
        "format": FORMAT,
        "host": uname.nodename,
        "identity": read_identity(root),
        "collected_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "platform": dict(read_os_release(root), arch=native, kernel=uname.release),
        "managers": {name: managers[name] for name in sorted(managers)},
        "digest": digest,
        "guard": read_doors(os.path.join(root, _STATE_DIR), time.time(), root),
        "attempts": read_attempts(os.path.join(root, _STATE_DIR)),
    }
    if known_digest and known_digest == digest:
        document["unchanged"] = True
        return document
    document["columns"] = list(COLUMNS)
    document["packages"] = _rows(installed, native)
    document["removed"] = []
    if installed:
        document["removed"] = read_removed(root, {(row.name, row.arch) for row in installed}, time.time())
    return document


def digest_packages(rows: List[List[Any]]) -> str:
    """The digest of one manager's packages: sorted rows of (manager, name, version, arch, manual, held)."""
    return _digest(rows)


def digest_managers(rows: List[List[Any]]) -> str:
    """The digest of a document: rows of (manager, read, digest), sorted."""
    return _digest(rows)


def _rows(installed: List[Installed], native: str) -> List[List[Any]]:
    resolver = Resolver(installed, native)
    rows = []
    for number, row in enumerate(installed):
        core = ["dpkg", row.name, row.version, row.arch, None, None, row.manual, row.essential, row.priority, row.held]
        rows.append([*core, row.installed_at, *resolver.edges(number)])
    return rows


def _read(count: int, digest: str) -> Dict[str, Any]:
    return {"read": True, "why": "", "count": count, "digest": digest}


def _unread(why: str) -> Dict[str, Any]:
    return {"read": False, "why": why, "count": 0, "digest": ""}


def _digest_installed(installed: List[Installed]) -> str:
    return digest_packages([["dpkg", row.name, row.version, row.arch, row.manual, row.held] for row in installed])


def _digest(value: List[Any]) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
