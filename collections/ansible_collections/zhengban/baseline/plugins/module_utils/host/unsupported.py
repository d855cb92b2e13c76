# SPDX-License-Identifier: Apache-2.0
"""Package managers of this machine that this version cannot read: what they hold is unread, never clean."""

import os
from typing import BinaryIO, Iterable, List

# Where rpm 4 keeps its packages: Berkeley DB, ndb and SQLite (with what is not yet written back), old and new place.
_RPM_FILES = tuple(
    os.path.join(folder, name)
    for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm")
    for name in ("Packages", "Packages.db", "rpmdb.sqlite", "rpmdb.sqlite-wal")
)
# The region tag every stored package header begins its index with. Source: rpm's header format, tag 63, type 7 (BIN).
_RPM_HEADER = b"\x00\x00\x00\x3f\x00\x00\x00\x07"
_CHUNK = 1 << 20


def find_unsupported(root: str = "/") -> List[str]:
    """The managers below ``root`` whose database holds packages, sorted. An empty database is none."""
    found = []
    if any(_may_hold(os.path.join(root, folder)) for folder in ("var/lib/flatpak/app", "var/lib/flatpak/runtime")):
        found.append("flatpak")
    if any(_holds_header(os.path.join(root, name)) for name in _RPM_FILES):
        found.append("rpm")
    if _may_hold(os.path.join(root, "var/lib/snapd/snaps"), ".snap"):
        found.append("snap")
    return found


def _may_hold(folder: str, suffix: str = "") -> bool:
    """Whether a folder has an entry with that ending; one that is there and cannot be listed may have."""
    try:
        return any(name.endswith(suffix) for name in os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _holds_header(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            rest = b""
            for chunk in _chunks(file):
                if _RPM_HEADER in rest + chunk:
                    return True
                rest = chunk[-len(_RPM_HEADER) :]
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return False


def _chunks(file: BinaryIO) -> Iterable[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")
