# SPDX-License-Identifier: Apache-2.0
"""The package managers whose packages this version changes, and what they would do.

A further one is a file with its :class:`Changer`, and a line here.
"""

from typing import Any, Dict, Optional, Tuple

from .changer import Changer
from .command import Run, run_command
from .debian_change import DebianChanger
from .flatpak_change import FlatpakChanger
from .redhat_change import RedHatChanger
from .snap_change import SnapChanger

CHANGERS: Tuple[Changer, ...] = (DebianChanger(), FlatpakChanger(), RedHatChanger(), SnapChanger())


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
    changer = get_changer(request["manager"])
    if changer is None:
        error = "changes through {} are not carried out on this computer".format(request["manager"])
        return {"request": request, "steps": [], "brings": [], "unavailable": [], "error": error}
    return changer.simulate(request, root, run)


def get_changer(name: str) -> Optional[Changer]:
    """What changes the packages of the manager of that name, None where this version knows no such."""
    return next((changer for changer in CHANGERS if changer.name == name), None)
