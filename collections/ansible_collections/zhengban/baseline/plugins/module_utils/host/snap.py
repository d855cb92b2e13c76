# SPDX-License-Identifier: Apache-2.0
"""Snaps: facts from snapd."""

import os
from typing import TYPE_CHECKING, Any, Collection, List, Sequence

from .database import Reading
from .manager import Manager

if TYPE_CHECKING:
    from .snap_database import Snap

SOCKET = "run/snapd.socket"
_SNAPS = "var/lib/snapd/snaps"


class Snaps(Manager):
    """All of a machine are of its one architecture."""

    name = "snap"
    is_systems = False

    def is_here(self, root: str) -> bool:
        return has_snaps(root)

    def read(self, root: str) -> Reading:
        from .snap_database import native_arch, read_snaps

        snaps, arch = read_snaps(root), native_arch()
        keys = [[self.name, snap.name, snap.version, arch, snap.manual, snap.held] for snap in snaps]
        return Reading(keys, lambda: _rows(snaps, arch), list, arch)

    def owned_paths(self, _root: str, _folders: Sequence[str]) -> Collection[str]:
        # What it has lies in folders of its own.
        return ()


def has_snaps(root: str) -> bool:
    """Whether there is a snapd to ask, or there are snaps, or may be where nobody but root can look."""
    if os.path.exists(os.path.join(root, SOCKET)):
        return True
    try:
        return any(name.endswith(".snap") for name in os.listdir(os.path.join(root, _SNAPS)))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _rows(snaps: "List[Snap]", arch: str) -> List[List[Any]]:
    places = {snap.name: number for number, snap in enumerate(snaps)}
    return [
        [
            *("snap", snap.name, snap.version, arch, snap.publisher, snap.channel),
            *(snap.manual, snap.essential, "", snap.held, snap.installed_at),
            *(sorted(places[name] for name in snap.needs), [], []),
        ]
        for snap in snaps
    ]
