# SPDX-License-Identifier: Apache-2.0
"""dpkg's packages changed: transactions through apt-get."""

from typing import Any, Dict, Optional, Sequence

from . import apt, apt_transaction
from .changer import Changer, Executed, Find, Present, Start
from .command import Run
from .steps import Step


class DebianChanger(Changer):
    """apt is always that of the running system."""

    name = "dpkg"
    program = "apt"

    def simulate(self, request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
        return apt.simulate(request, root, run)

    def finder(self, root: str) -> Find:
        system = apt.read_system(root)

        def find(name: str, arch: str) -> Optional[Present]:
            row = system.find(name, arch)
            if row is None:
                return None
            # A package dpkg has not finished is there, and says in which state.
            return Present(row.version, "" if row.state == "installed" else "dpkg says {}".format(row.state))

        return find

    def prepare(self, steps: Sequence[Step], request: Dict[str, Any], state_dir: str, root: str) -> Start:
        system = apt.read_system(root)
        prepared = apt_transaction.prepare(steps, request, system, state_dir)

        def start(run: Run, inherited: Sequence[int]) -> Executed:
            return apt_transaction.execute(prepared, system, run, inherited)

        return start
