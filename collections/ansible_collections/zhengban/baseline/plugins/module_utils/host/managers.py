# SPDX-License-Identifier: Apache-2.0
"""The package managers this version reads, and which of them this machine has.

A further one is a file with its :class:`Manager`, and a line here.
"""

from typing import List, Tuple

from .debian import Debian
from .flatpak import Flatpak
from .manager import Manager
from .redhat import RedHat
from .snap import Snaps

MANAGERS: Tuple[Manager, ...] = (Debian(), Flatpak(), RedHat(), Snaps())


def find_managers(root: str = "/") -> List[Manager]:
    """Those whose database manages the system below ``root``, sorted by name."""
    return sorted((manager for manager in MANAGERS if manager.is_here(root)), key=lambda manager: manager.name)
