# SPDX-License-Identifier: Apache-2.0
"""Snaps: facts from snapd, changes through its client."""

import os
from typing import TYPE_CHECKING, Any, Collection, Dict, List, Optional, Sequence

from .command import Run
from .database import Reading
from .manager import Executed, Find, Manager, Present, Start
from .steps import Step

if TYPE_CHECKING:
    from .snap_database import Snap

SOCKET = "run/snapd.socket"
_SNAPS = "var/lib/snapd/snaps"


class Snaps(Manager):
    """All of a machine are of its one architecture."""

    name = "snap"
    program = "snap"
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

    def simulate(self, request: Dict[str, Any], root: str, _run: Run) -> Dict[str, Any]:
        from . import snap_transaction

        return snap_transaction.simulate(request, root)

    def finder(self, root: str) -> Find:
        from .snap_database import native_arch, read_snaps

        versions = {snap.name: snap.version for snap in read_snaps(root)}

        def find(name: str, arch: str) -> Optional[Present]:
            return Present(versions[name]) if name in versions and arch == native_arch() else None

        return find

    def prepare(self, steps: Sequence[Step], _request: Dict[str, Any], state_dir: str, root: str) -> Start:
        from . import snap_transaction
        from .client import run_commands

        commands = snap_transaction.commands(steps, root)

        def start(run: Run, inherited: Sequence[int]) -> Executed:
            return run_commands(self.program, commands, state_dir, run, inherited)

        return start


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
