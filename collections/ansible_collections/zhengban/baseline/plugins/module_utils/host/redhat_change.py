# SPDX-License-Identifier: Apache-2.0
"""RPM's packages changed: transactions through dnf, removals by rpm where it is missing."""

from typing import Any, Dict, List, Optional, Sequence

from . import dnf, rpm_erase
from .changer import Changer, Find, ManagerError, Present, Start
from .command import Run, run_command
from .database import DatabaseError
from .offers import sort_unavailable, unavailable
from .rpm_system import read_system
from .steps import Step
from .version import VersionError


class RedHatChanger(Changer):
    """dnf is always that of the running system."""

    name = "rpm"
    program = "dnf"

    def simulate(self, request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
        answer: Dict[str, Any] = {"request": request, "steps": [], "brings": [], "unavailable": [], "error": ""}
        try:
            system, asked = read_system(root, run), dnf.find_asked()
            answer["unavailable"] = [] if asked else _without_dnf(request)
            if not answer["unavailable"]:
                chosen = dnf.choose(request, system, asked, run)
                answer["unavailable"] = chosen.missing
                if not chosen.missing and asked:
                    answer["steps"], answer["brings"] = dnf.resolve(chosen, system, asked, run)
                elif not chosen.missing:
                    answer["steps"] = rpm_erase.test(chosen, run)
        except (DatabaseError, ManagerError, VersionError, OSError) as err:
            answer["error"] = str(err)
        return answer

    def finder(self, root: str) -> Find:
        system = read_system(root, run_command)

        def find(name: str, arch: str) -> Optional[Present]:
            row = system.find(name, arch)
            return Present(row.version) if row else None

        return find

    def prepare(self, steps: Sequence[Step], request: Dict[str, Any], state_dir: str, _root: str) -> Start:
        asked, chosen = dnf.find_asked(), dnf.chosen_by(request, steps)
        return dnf.prepare(chosen, steps, asked, state_dir) if asked else rpm_erase.prepare(chosen, state_dir)


def _without_dnf(request: Dict[str, Any]) -> List[Dict[str, str]]:
    wants = (*request["install"], *request["upgrade"])
    return sort_unavailable(unavailable(want, dnf.say_missing()) for want in wants)
