# SPDX-License-Identifier: Apache-2.0
"""What is installed on an RPM host, the way a transaction asks about it. Source: DESIGN 5."""

import os
from functools import cmp_to_key
from typing import Dict, List, NamedTuple, Optional, Tuple

from .command import Run
from .dnf_history import History, read_history
from .dnf_settings import Settings, read_settings
from .rpm import Installed, read_installed
from .version import VersionError, compare

NEUTRAL = "noarch"


class System(NamedTuple):
    """Packages by (name, arch), several where several versions are there at once (kernels); why, and what is kept."""

    rows: Dict[Tuple[str, str], List[Installed]]
    history: History
    settings: Settings
    native: str

    def find(self, name: str, arch: str) -> Optional[Installed]:
        """The installed package, of several the highest; ``noarch`` and the machine's own are the same."""
        arches = (arch, self.native, NEUTRAL) if arch in (self.native, NEUTRAL) else (arch,)
        found = next((self.rows[name, one] for one in arches if (name, one) in self.rows), [])
        versions = {row.version: row for row in found}
        return versions[max(versions, key=cmp_to_key(by_version))] if found else None

    def instances(self, name: str) -> List[Installed]:
        """Every installed package of a name, sorted by (arch, version)."""
        found = [row for (known, _arch), rows in self.rows.items() if known == name for row in rows]
        return sorted(found, key=lambda row: (row.arch, row.version))

    def is_held(self, row: Installed) -> bool:
        return self.settings.is_locked(row.name, row.version, row.arch)


def read_system(root: str, run: Run) -> System:
    """Read packages, history and settings. Raises DatabaseError."""
    rows: Dict[Tuple[str, str], List[Installed]] = {}
    for row in read_installed(root, run):
        rows.setdefault((row.name, row.arch), []).append(row)
    return System(rows, read_history(root), read_settings(root), os.uname().machine)


def by_version(one: str, other: str) -> int:
    """A comparison to sort by; versions that rpm cannot order stand by their characters."""
    try:
        return compare("rpm", one, other)
    except VersionError:
        return (one > other) - (one < other)
