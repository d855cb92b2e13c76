# SPDX-License-Identifier: Apache-2.0
"""The doors of dnf 4 and 5: what is said there is about to happen. Source: DESIGN 10; dnf's API reference."""

import json
import os
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Set, Tuple

from .command import Run
from .database import DatabaseError
from .guard_decide import After, Coming, Leaving, Reason, Row, Transaction
from .rpm import (
    NO_RELATIONS,
    Installed,
    Relations,
    find_owners,
    read_file_relations,
    read_files,
    read_installed,
    read_relations,
)

# rpm would take a file's name for a pattern.
_SPECIAL = frozenset("*?[]{}\\")
_KEYS = {"name": str, "version": str, "arch": str, "path": str, "requires": list, "provides": list}

Nevra = Tuple[str, str, str]


class DnfTransaction(NamedTuple):
    """What dnf is about to do.

    ``is_signed``: the package files are here, and what comes is what they say. ``objections``: what cannot be read.
    """

    is_signed: bool
    transaction: Transaction
    objections: Tuple[Reason, ...]


def read_dnf(text: str, run: Run) -> DnfTransaction:
    """Read what :func:`guard_plugin.describe` or :func:`guard_dnf5.ask_dnf5` say. Raises ValueError."""
    told = json.loads(text)
    _check(told)
    is_signed, described = told["is_signed"], told["comes"]
    goes: List[Nevra] = [tuple(one) for one in told["goes"]]
    files = [Installed(one["name"], one["version"], one["arch"], None, None, None) for one in described]
    objections: Tuple[Reason, ...] = ()
    if is_signed and described:
        try:
            files = _read_files([one["path"] for one in described], run)
        except DatabaseError as err:
            objections = (Reason("unreadable", "", "", str(err)),)
    native = os.uname().machine
    gone = {(name, _kind(arch, native)): version for name, version, arch in goes}
    comes = tuple(
        Coming(row.name, row.version, row.arch, gone.get((row.name, _kind(row.arch, native)), ""), "", row.signer)
        for row in files
    )
    coming = {(one.name, _kind(one.arch, native)) for one in comes}
    leaves = tuple(
        Leaving(name, version, arch) for name, version, arch in goes if (name, _kind(arch, native)) not in coming
    )

    def after() -> After:
        if is_signed:
            relations = read_file_relations([one["path"] for one in described], run)
        else:
            relations = [_relations(one) for one in described]
        return _work_out(files, relations, set(goes), is_signed, run)

    return DnfTransaction(is_signed, Transaction("rpm", comes, leaves, after), objections)


def read_essential(leaves: Iterable[Leaving]) -> Set[Tuple[str, str]]:
    """(name, arch) of what dnf itself is told to protect."""
    # Here, for most transactions take nothing away.
    from .dnf_settings import read_settings

    settings = read_settings("/")
    return {(one.name, one.arch) for one in leaves if settings.is_protected(one.name)}


def _work_out(
    files: Sequence[Installed], relations: Sequence[Relations], goes: Set[Nevra], is_signed: bool, run: Run
) -> After:
    """What there would be afterwards. Before the signatures are known, whatever could be a need counts as one."""
    from .rpm_edges import Resolver

    known = read_relations("/", run)
    coming = {(row.name, row.version, row.arch) for row in files}
    staying = [row for row in read_installed("/", run) if (row.name, row.version, row.arch) not in goes | coming]
    edged = [known.get((row.name, row.version, row.arch), NO_RELATIONS) for row in staying]
    rows = [*staying, *files]
    resolver = Resolver(rows, [*edged, *relations], lambda paths: find_owners("/", paths, run))

    def needs(number: int, _names: Set[str]) -> Iterable[int]:
        real, virtual, _wants = resolver.edges(number)
        return real if is_signed else [*real, *virtual]

    return After([Row(row.name, row.version, row.arch, row.signer) for row in rows], needs)


def _read_files(paths: Sequence[str], run: Run) -> List[Installed]:
    for path in paths:
        if not path.startswith("/") or not _SPECIAL.isdisjoint(path) or not os.path.isfile(path):
            raise DatabaseError("{!r} is no package file".format(path))
    found = read_files(paths, run)
    if len(found) != len(paths):
        raise DatabaseError("{} package files, and rpm reads {}".format(len(paths), len(found)))
    return found


def _kind(arch: str, native: str) -> str:
    """A package may turn from one for all architectures into one for this, and is the same package then."""
    return native if arch == "noarch" else arch


def _relations(described: Dict[str, Any]) -> Relations:
    from .rpm_edges import read_capability

    requires, provides = (tuple(map(read_capability, described[key])) for key in ("requires", "provides"))
    return Relations(requires, provides, ())


def _check(told: Any) -> None:
    kinds = {key: type(value) for key, value in told.items()} if isinstance(told, dict) else {}
    if kinds != {"is_signed": bool, "comes": list, "goes": list}:
        raise ValueError("it is not comes, goes and is_signed")
    for one in told["comes"]:
        if not isinstance(one, dict) or {key: type(value) for key, value in one.items()} != _KEYS:
            raise ValueError("{!r} is no package that comes".format(one))
    for one in told["goes"]:
        if not isinstance(one, list) or [type(text) for text in one] != [str, str, str]:
            raise ValueError("{!r} is no package that goes".format(one))
