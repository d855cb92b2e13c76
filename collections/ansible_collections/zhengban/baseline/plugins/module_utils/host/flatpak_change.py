# SPDX-License-Identifier: Apache-2.0
"""flatpak's apps and runtimes changed, through its client, for the whole system or a user."""

from typing import Any, Dict, Optional, Sequence

from . import flatpak_simulation, flatpak_transaction
from .changer import Changer, Executed, Find, Present, Start
from .command import Run
from .flatpak_database import read_deployed
from .steps import Step


class FlatpakChanger(Changer):
    """What is named without a branch is meant in the usual one."""

    name = "flatpak"
    program = "flatpak"

    def simulate(self, request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
        return flatpak_simulation.simulate(request, root, run)

    def finder(self, root: str) -> Find:
        versions = {(one.name, one.row_arch): one.version for one in read_deployed(root)}

        def find(name: str, arch: str) -> Optional[Present]:
            version = versions.get((name, arch))
            return None if version is None else Present(version)

        return find

    def prepare(self, steps: Sequence[Step], request: Dict[str, Any], state_dir: str, root: str) -> Start:
        prepared = flatpak_transaction.prepare(steps, request, state_dir, root)

        def start(run: Run, inherited: Sequence[int]) -> Executed:
            return flatpak_transaction.execute(prepared, run, inherited)

        return start
