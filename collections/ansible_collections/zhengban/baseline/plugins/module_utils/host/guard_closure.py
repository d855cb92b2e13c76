# SPDX-License-Identifier: Apache-2.0
"""What repairs this host, read from its databases when the guard is put there."""

from typing import Callable, Iterable, List, Sequence, Tuple

from . import dpkg, edges, rpm, rpm_edges
from .command import Run
from .guard_recovery import closure

_EdgesOf = Callable[[int], Tuple[Iterable[int], ...]]


def read_closure(manager: str, run: Run) -> List[str]:
    """The names of the packages of one manager that belong to :func:`guard_recovery.closure`. Raises DatabaseError."""
    names, edges_of = _dpkg() if manager == "dpkg" else _rpm(run)

    def needs(number: int) -> Iterable[int]:
        real, virtual, _wants = edges_of(number)
        return (*real, *virtual)

    return closure(manager, names, needs)


def _dpkg() -> Tuple[Sequence[str], _EdgesOf]:
    rows = dpkg.read_installed("/")
    native = next((row.arch for row in rows if row.name == "dpkg"), "")
    return [row.name for row in rows], edges.Resolver(rows, native).edges


def _rpm(run: Run) -> Tuple[Sequence[str], _EdgesOf]:
    rows = rpm.read_installed("/", run)
    relations = rpm.read_relations("/", run)
    edged = [relations.get((row.name, row.version, row.arch), rpm.NO_RELATIONS) for row in rows]
    return [row.name for row in rows], rpm_edges.Resolver(
        rows, edged, lambda paths: rpm.find_owners("/", paths, run)
    ).edges
