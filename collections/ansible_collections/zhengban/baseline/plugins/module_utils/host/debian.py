# SPDX-License-Identifier: Apache-2.0
"""Debian's packages: facts from dpkg's database, transactions through apt."""

import time
from typing import Any, Callable, Collection, Dict, List, Optional, Sequence

from .command import Run
from .database import Reading
from .dpkg import Installed, has_database, read_installed
from .manager import Executed, Find, Manager, Present, Start
from .steps import Step


class Debian(Manager):
    """dpkg and apt; apt is always that of the running system."""

    name = "dpkg"
    program = "apt"

    def is_here(self, root: str) -> bool:
        return has_database(root)

    def read(self, root: str) -> Reading:
        installed = read_installed(root)
        native = next((row.arch for row in installed if row.name == "dpkg"), "")
        keys = [[self.name, row.name, row.version, row.arch, row.manual, row.held] for row in installed]
        return Reading(keys, lambda: _rows(installed, native), _removed(root, installed), native)

    def owned_paths(self, root: str, folders: Sequence[str]) -> Collection[str]:
        from .dpkg_files import read_owned

        return read_owned(root, folders)

    def simulate(self, request: Dict[str, Any], root: str, run: Run) -> Dict[str, Any]:
        from . import apt

        return apt.simulate(request, root, run)

    def finder(self, root: str) -> Find:
        from . import apt

        system = apt.read_system(root)

        def find(name: str, arch: str) -> Optional[Present]:
            row = system.find(name, arch)
            if row is None:
                return None
            # A package dpkg has not finished is there, and says in which state.
            return Present(row.version, "" if row.state == "installed" else "dpkg says {}".format(row.state))

        return find

    def prepare(self, steps: Sequence[Step], request: Dict[str, Any], state_dir: str, root: str) -> Start:
        from . import apt, apt_transaction

        system = apt.read_system(root)
        prepared = apt_transaction.prepare(steps, request, system, state_dir)

        def start(run: Run, inherited: Sequence[int]) -> Executed:
            return apt_transaction.execute(prepared, system, run, inherited)

        return start


def _rows(installed: List[Installed], native: str) -> List[List[Any]]:
    from .edges import Resolver

    resolver = Resolver(installed, native)
    rows = []
    for number, row in enumerate(installed):
        core = ["dpkg", row.name, row.version, row.arch, None, None, row.manual, row.essential, row.priority, row.held]
        rows.append([*core, row.installed_at, *resolver.edges(number)])
    return rows


def _removed(root: str, installed: List[Installed]) -> Callable[[], List[List[str]]]:
    def removed() -> List[List[str]]:
        from .removed import read_removed

        return read_removed(root, {(row.name, row.arch) for row in installed}, time.time())

    return removed
