# SPDX-License-Identifier: Apache-2.0
"""Debian's packages: facts from dpkg's database."""

import time
from typing import Any, Callable, Collection, List, Sequence

from .database import Reading
from .dpkg import Installed, has_database, read_installed
from .manager import Manager


class Debian(Manager):
    """What dpkg has installed."""

    name = "dpkg"

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
