# SPDX-License-Identifier: Apache-2.0
"""RPM's packages: facts from rpm's database, transactions through dnf 4, removals by rpm where dnf is missing."""

import time
from typing import TYPE_CHECKING, Any, Collection, Dict, List, Optional, Sequence

from .command import Run, run_command
from .database import DatabaseError, Reading
from .manager import Find, Manager, ManagerError, Present, Start
from .rpm import NO_RELATIONS, Installed, find_database, find_owners, read_owned, read_relations
from .steps import Step

if TYPE_CHECKING:
    from .rpm_system import System


class RedHat(Manager):
    """rpm and dnf; their programs are always those of the running system."""

    name = "rpm"
    program = "dnf"

    def is_here(self, root: str) -> bool:
        return bool(find_database(root))

    def read(self, root: str) -> Reading:
        from .dnf_history import removed_rows
        from .rpm_system import read_system

        system = read_system(root, run_command)
        installed = sorted(
            (row for rows in system.rows.values() for row in rows), key=lambda row: (row.name, row.arch, row.version)
        )
        keys = [
            [self.name, row.name, row.version, row.arch, _is_manual(system, row), system.is_held(row)]
            for row in installed
        ]
        return Reading(
            keys,
            lambda: _rows(root, installed, system),
            lambda: removed_rows(system.history, system.rows.keys(), time.time()),
            system.native,
        )

    def owned_paths(self, root: str, folders: Sequence[str]) -> Collection[str]:
        return read_owned(root, folders, run_command)

    def simulate(self, request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
        from . import dnf, rpm_erase
        from .rpm_system import read_system
        from .version import VersionError

        answer: Dict[str, Any] = {"request": request, "steps": [], "brings": [], "unavailable": [], "error": ""}
        try:
            system, python = read_system(root, run), dnf.find_python()
            answer["unavailable"] = [] if python else _without_dnf(request)
            if not answer["unavailable"]:
                chosen = dnf.choose(request, system, python, run)
                answer["unavailable"] = chosen.missing
                if not chosen.missing and python:
                    answer["steps"], answer["brings"] = dnf.resolve(chosen, system, python, run)
                elif not chosen.missing:
                    answer["steps"] = rpm_erase.test(chosen, run)
        except (DatabaseError, ManagerError, VersionError, OSError) as err:
            answer["error"] = str(err)
        return answer

    def finder(self, root: str) -> Find:
        from .rpm_system import read_system

        system = read_system(root, run_command)

        def find(name: str, arch: str) -> Optional[Present]:
            row = system.find(name, arch)
            return Present(row.version) if row else None

        return find

    def prepare(self, steps: Sequence[Step], request: Dict[str, Any], state_dir: str, _root: str) -> Start:
        from . import dnf, rpm_erase

        python, chosen = dnf.find_python(), dnf.chosen_by(request, steps)
        return dnf.prepare(chosen, steps, python, state_dir) if python else rpm_erase.prepare(chosen, state_dir)


def _rows(root: str, installed: List[Installed], system: "System") -> List[List[Any]]:
    from .rpm_edges import Resolver

    relations = read_relations(root, run_command)
    # A package that came a moment ago has none yet.
    edged = [relations.get((row.name, row.version, row.arch), NO_RELATIONS) for row in installed]
    resolver = Resolver(installed, edged, lambda paths: find_owners(root, paths, run_command))
    return [
        [
            "rpm",
            row.name,
            row.version,
            row.arch,
            row.signer,
            row.vendor,
            _is_manual(system, row),
            system.settings.is_protected(row.name),
            "",
            system.is_held(row),
            row.installed_at,
            *resolver.edges(number),
        ]
        for number, row in enumerate(installed)
    ]


def _is_manual(system: "System", row: Installed) -> bool:
    return not system.history.is_automatic(row.name, row.arch)


def _without_dnf(request: Dict[str, Any]) -> List[Dict[str, str]]:
    from .dnf import say_missing
    from .offers import sort_unavailable, unavailable

    wants = (*request["install"], *request["upgrade"])
    return sort_unavailable(unavailable(want, say_missing()) for want in wants)
