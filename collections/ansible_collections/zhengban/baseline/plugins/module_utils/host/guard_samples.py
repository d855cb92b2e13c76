# SPDX-License-Identifier: Apache-2.0
"""What the door test needs about the software of this host: packages by the names the table gives, with no content.

No way lets a package manager change anything with them.
"""

import os
from typing import Callable, Dict, Iterator, NamedTuple, Sequence, Tuple

from .guard_table import APPROVED, System
from .protect import protected_refs
from .version import parse_range

# What the throw-away package is called, whatever manager it is for.
NAME = "zhengban-door-test"

Build = Callable[[str, str, str, str, Sequence[str]], str]
"""Makes a package file: folder, name, version, architecture, names whose place it takes; gives its path."""


class Present(NamedTuple):
    """An installed package; ``ref`` is how its manager is told which one to take away."""

    name: str
    version: str
    arch: str
    ref: str


class Kind(NamedTuple):
    """A manager: ``prefix`` begins its variables."""

    manager: str
    prefix: str
    build: Build


def make_samples(folder: str, kind: Kind, system: System, installed: Sequence[Present]) -> Dict[str, str]:
    """The variables of the first example of each kind; what the table has no example of is absent.

    ``KEPT``, ``REQUIRED`` and ``NEEDED`` are installed packages; ``WRONG_VERSION``, ``FORBIDDEN``, ``EDITION``,
    ``FORGED`` and ``REPLACING`` package files.
    """
    found: Dict[str, str] = {}
    manager, recorded = kind.manager, system.table.recorded
    kept = [row for row in installed if "{}:{}:{}".format(manager, row.name, row.arch) in recorded]
    rows = [[manager, row.name, row.version, row.arch, None, None, False, False] for row in installed]
    needed = protected_refs(rows, "", system.table.plain["protected"])
    by_ref = {"{}:{}:{}".format(manager, row.name, row.arch): row for row in installed}
    if kept:
        found["KEPT"] = kept[0].ref
        found["REPLACING"] = kind.build(folder, NAME, "1.0-1", "", [kept[0].name])
    if needed:
        found["NEEDED"] = by_ref[needed[0]].ref
    required, wanted = _look(kind, system, installed)
    if required:
        found["REQUIRED"] = required
    for what, (name, version, arch) in wanted.items():
        place = os.path.join(folder, what)
        os.mkdir(place)
        found[what] = kind.build(place, name, version, arch, ())
    return {kind.prefix + what: value for what, value in found.items()}


def _look(kind: Kind, system: System, installed: Sequence[Present]) -> Tuple[str, Dict[str, Tuple[str, str, str]]]:
    """(required software that is there, what to make of each kind): the first of each."""
    manager, required = kind.manager, ""
    wanted: Dict[str, Tuple[str, str, str]] = {}
    for rule in system.table.plain["rules"]:
        if rule["manager"] != manager or "*" in rule["name"] or "?" in rule["name"]:
            continue
        row = next((row for row in installed if row.name == rule["name"]), None)
        if rule["is_required"] and row is not None:
            required = required or row.name
        arch = row.arch if row is not None else ""
        record = system.table.recorded.get("{}:{}:{}".format(manager, rule["name"], arch))
        for version in _versions(manager, rule["versions"]):
            ruling = system.rule(manager, rule["name"], version, None)
            what = {"version": "WRONG_VERSION", "forbidden": "FORBIDDEN"}.get(ruling.verdict, "")
            if ruling.verdict in APPROVED:
                edition = ruling.rule["edition"] if ruling.rule else ""
                changes = bool(record and record["edition"] and edition not in ("", record["edition"]))
                what = "EDITION" if changes else "FORGED"
            if what:
                wanted.setdefault(what, (rule["name"], version, arch))
    return required, wanted


def _versions(manager: str, text: str) -> Iterator[str]:
    """Versions in and around a range: its bounds, just before and behind them, the least and the greatest."""
    release = "-1" if manager == "rpm" else ""
    for _operator, bound in parse_range(manager, text):
        version, dash, behind = bound.partition("-") if release else (bound, "", "")
        for near in (version, version + "~", version + "+1"):
            yield near + (dash + behind if dash else release)
    yield "0~" + release
    yield "999999" + release
