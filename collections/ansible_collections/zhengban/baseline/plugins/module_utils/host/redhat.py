# SPDX-License-Identifier: Apache-2.0
"""RPM's packages: facts from rpm's database."""

import time
from typing import TYPE_CHECKING, Any, Collection, List, Sequence

from .command import run_command
from .database import Reading
from .manager import Manager
from .rpm import NO_RELATIONS, Installed, find_database, find_owners, read_owned, read_relations

if TYPE_CHECKING:
    from .rpm_system import System


class RedHat(Manager):
    """rpm and dnf; their programs are always those of the running system."""

    name = "rpm"

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
