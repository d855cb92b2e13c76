# SPDX-License-Identifier: Apache-2.0
"""Why packages are there, and which have left, as dnf and yum have written it down. A hint where rpm was used directly.

Source: the history databases of libdnf (dnf 4) and libdnf5, libdnf5's ``packages.toml``; DESIGN 3.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from typing import Any, Collection, Dict, Iterator, List, Tuple

from .removed import DAYS, MAX_ROWS

try:
    import sqlite3
except ImportError:
    # A Python built without it reads no history, always: then everything was asked for.
    sqlite3 = None  # type: ignore[assignment]

HISTORY = "var/lib/dnf/history.sqlite"
DNF5_HISTORY = "usr/lib/sysimage/libdnf5/transaction_history.sqlite"
PACKAGES_TOML = "usr/lib/sysimage/libdnf5/packages.toml"

# dnf 4: TransactionItemReason DEPENDENCY and WEAK_DEPENDENCY.
_AUTOMATIC = (1, 4)
# TransactionItemAction REMOVE; DOWNGRADED, OBSOLETED, UPGRADED and REINSTALLED say nothing about what is there now.
_REMOVE, _SUPERSEDED = 8, (3, 5, 7, 10)
_DONE = 1
_ITEMS = (
    "SELECT r.name, r.arch, r.epoch, r.version, r.release, i.action, i.reason, t.dt_end"
    " FROM trans_item i JOIN trans t ON i.trans_id = t.id JOIN rpm r ON i.item_id = r.item_id"
    " WHERE t.state = ? ORDER BY i.trans_id, i.id"
)
# dnf 5 removes; what is Replaced by another version, or marked anew, says nothing about what is there now.
_DNF5_REMOVED = (
    "SELECT n.name, a.name, r.epoch, r.version, r.release, t.dt_end"
    " FROM trans_item i JOIN trans t ON i.trans_id = t.id JOIN rpm r ON i.item_id = r.item_id"
    " JOIN pkg_name n ON r.name_id = n.id JOIN arch a ON r.arch_id = a.id"
    " JOIN trans_state s ON t.state_id = s.id JOIN trans_item_action d ON i.action_id = d.id"
    " WHERE s.name = 'Ok' AND d.name = 'Remove' ORDER BY i.trans_id, i.id"
)
_TOML_REASON = re.compile(r'^\s*"([^"\s]+)"\s*=\s*\{[^}]*\breason\s*=\s*"([^"]*)"', re.M)
_TOML_AUTOMATIC = ("Dependency", "Weak Dependency")

_ENDINGS = ("", "-wal")
_READ_ATTEMPTS = 5

Key = Tuple[str, str]


class History:
    """What is known of packages by (name, arch).

    ``automatic``: came as a dependency, by the last that was written. ``removed``: version and moment of the last
    removal, seconds since the epoch.
    """

    def __init__(self) -> None:
        self.automatic: Dict[Key, bool] = {}
        self.removed: Dict[Key, Tuple[str, float]] = {}

    def is_automatic(self, name: str, arch: str) -> bool:
        """Whether nobody asked for it; what is unknown somebody asked for."""
        return self.automatic.get((name, arch), False)


def read_history(root: str) -> History:
    """What the managers' own records say; nothing where there are none or they cannot be read."""
    history = History()
    if sqlite3 is not None:
        with contextlib.suppress(sqlite3.Error, OSError, ValueError):
            _read_dnf4(os.path.join(root, HISTORY), history)
        with contextlib.suppress(sqlite3.Error, OSError, ValueError):
            _read_dnf5_removals(os.path.join(root, DNF5_HISTORY), history)
    with contextlib.suppress(OSError):
        _read_dnf5(os.path.join(root, PACKAGES_TOML), history)
    return history


def removed_rows(history: History, installed: Collection[Key], now: float) -> List[List[str]]:
    """The last removal of every package that is gone, as :func:`removed.read_removed` gives them."""
    oldest = now - DAYS * 86400
    gone = {
        key: (version, moment)
        for key, (version, moment) in history.removed.items()
        if key not in installed and oldest <= moment <= now
    }
    kept = sorted(gone, key=lambda key: (-gone[key][1], key))[:MAX_ROWS]
    return [
        ["rpm", name, arch, gone[name, arch][0], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(gone[name, arch][1]))]
        for name, arch in sorted(kept)
    ]


def _read_dnf4(path: str, history: History) -> None:
    for name, arch, epoch, version, release, action, reason, ended in _select(path, _ITEMS, (_DONE,)):
        if action in _SUPERSEDED:
            continue
        if action == _REMOVE:
            history.removed[name, arch] = _full_version(epoch, version, release), float(ended or 0)
            history.automatic.pop((name, arch), None)
        else:
            history.automatic[name, arch] = reason in _AUTOMATIC


def _read_dnf5_removals(path: str, history: History) -> None:
    for name, arch, epoch, version, release, ended in _select(path, _DNF5_REMOVED):
        history.removed[name, arch] = _full_version(epoch, version, release), float(ended or 0)


def _full_version(epoch: object, version: str, release: str) -> str:
    return "{}{}-{}".format("{}:".format(epoch) if epoch else "", version, release)


def _select(path: str, query: str, values: Tuple[object, ...] = ()) -> List[Tuple[Any, ...]]:
    """The rows of a query; none where there is no such database."""
    if not os.path.exists(path):
        return []
    with _copy(path) as copy, contextlib.closing(sqlite3.connect(copy)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        return database.execute(query, values).fetchall()


@contextlib.contextmanager
def _copy(path: str) -> Iterator[str]:
    """A copy with what is not yet written back: in place, who may not write there would read something else."""
    folder = tempfile.mkdtemp(prefix="zhengban-")
    try:
        for _attempt in range(_READ_ATTEMPTS):
            before = _stamp(path)
            for ending in _ENDINGS:
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(path + ending, os.path.join(folder, "history.sqlite" + ending))
            if _stamp(path) == before:
                break
        yield os.path.join(folder, "history.sqlite")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stamp(path: str) -> List[Tuple[int, int]]:
    found = []
    for ending in _ENDINGS:
        with contextlib.suppress(FileNotFoundError):
            status = os.stat(path + ending)
            found.append((status.st_mtime_ns, status.st_size))
    return found


def _read_dnf5(path: str, history: History) -> None:
    with open(path, "rb") as file:
        text = file.read().decode("utf-8", "backslashreplace")
    for target, reason in _TOML_REASON.findall(text):
        name, _dot, arch = target.rpartition(".")
        history.automatic[name, arch] = reason in _TOML_AUTOMATIC
