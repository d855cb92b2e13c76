# SPDX-License-Identifier: Apache-2.0
"""Snaps changed, through snapd's client."""

from typing import Any, Dict, Optional, Sequence

from . import snap_transaction
from .changer import Changer, Executed, Find, Present, Start
from .client import run_commands
from .command import Run
from .snap_database import native_arch, read_snaps
from .steps import Step


class SnapChanger(Changer):
    """All of a machine are of its one architecture."""

    name = "snap"
    program = "snap"

    def simulate(self, request: Dict[str, Any], root: str, _run: Run) -> Dict[str, Any]:
        return snap_transaction.simulate(request, root)

    def finder(self, root: str) -> Find:
        versions = {snap.name: snap.version for snap in read_snaps(root)}

        def find(name: str, arch: str) -> Optional[Present]:
            return Present(versions[name]) if name in versions and arch == native_arch() else None

        return find

    def prepare(self, steps: Sequence[Step], _request: Dict[str, Any], state_dir: str, root: str) -> Start:
        commands = snap_transaction.commands(steps, root)

        def start(run: Run, inherited: Sequence[int]) -> Executed:
            return run_commands(self.program, commands, state_dir, run, inherited)

        return start
