# SPDX-License-Identifier: Apache-2.0
"""The package managers this version reads and changes, and which of them this machine has.

A further one is a file with its :class:`Manager`, and a line here.
"""

from typing import Any, Dict, List, Optional, Tuple

from .command import Run, run_command
from .debian import Debian
from .flatpak import Flatpak
from .manager import Manager
from .redhat import RedHat
from .snap import Snaps

MANAGERS: Tuple[Manager, ...] = (Debian(), Flatpak(), RedHat(), Snaps())


def find_managers(root: str = "/") -> List[Manager]:
    """Those whose database manages the system below ``root``, sorted by name."""
    return sorted((manager for manager in MANAGERS if manager.is_here(root)), key=lambda manager: manager.name)


def simulate(request: Dict[str, Any], root: str = "/", run: Run = run_command) -> Dict[str, Any]:
    """What the manager of a request would do, without doing it.

    Args:
        request: ``manager``; ``install`` and ``upgrade`` are lists of ``{"name", "versions"}`` (and ``back``, see
            :func:`.offers.best_offer`), ``remove`` of ``name:arch``.
        root: where the databases lie; the manager's program is always that of the running system.
        run: runs a command, as :func:`run_command` does.

    Returns:
        ``{"request", "steps", "brings", "unavailable", "error"}``. ``steps``: everything it would do, sorted by (kind,
        name, arch, old, new); the ``arch`` of an upgrade is that of the installed package. ``brings``: pairs of a
        package that comes and one that comes with it. ``unavailable``, sorted: what cannot be had (not offered in
        range, held, already there, not installed) with its reason; then it was not asked further. ``error``: why there
        is no answer, empty otherwise.
    """
    manager = get_manager(request["manager"])
    if manager is None:
        error = "changes through {} are not carried out on this computer".format(request["manager"])
        return {"request": request, "steps": [], "brings": [], "unavailable": [], "error": error}
    return manager.simulate(request, root, run)


def get_manager(name: str) -> Optional[Manager]:
    """The manager of that name, None where this version knows no such."""
    return next((manager for manager in MANAGERS if manager.name == name), None)
