# SPDX-License-Identifier: Apache-2.0
"""What has to hold of ``install``, ``uninstall`` and ``programs`` in a package of a software entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhengban.documents.document import Document
from zhengban.host.match import name_matches
from zhengban.host.version import VersionError, in_range
from zhengban.model.errors import Problem
from zhengban.model.facts import WINDOWS

_ONLY_THERE = {
    "install": "installs from repositories and removes by itself",
    "uninstall": "installs from repositories and removes by itself",
    "programs": "has a guard of packages, not of programs",
}
_TELLING = ("signed_by", "path", "sha256")
_DETAILS = {"signed_by": {"product", "file", "lowest", "highest"}, "path": set[str](), "sha256": {"file"}}


def means_problems(selector: dict[str, Any], path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    """What is wrong with the means of one selector that the schema accepts and whose range can be read."""
    for key, reason in _ONLY_THERE.items():
        if key in selector and selector["manager"] != WINDOWS:
            message = f"{selector['manager']} {reason}"
            yield document.problem((*path, key), message, f"remove {key}; it is for windows", at_key=True)
            return
    for index, programs in enumerate(selector.get("programs", ())):
        yield from _programs_problems(programs, (*path, "programs", index), document)
    uninstall = selector.get("uninstall", {})
    if ("source" in uninstall) != ("sha256" in uninstall):
        missing = "sha256" if "source" in uninstall else "source"
        yield document.problem((*path, "uninstall"), f"{missing!r} is missing", "a source comes with its sha256")
    install = selector.get("install")
    if install is None:
        return
    named = install.get("name", "")
    if named and not name_matches(selector["name"], named, ignore_case=True):
        message = f"{named!r} is not a name that {selector['name']!r} is about"
        yield document.problem((*path, "install", "name"), message, "write what the installed product is called")
    try:
        fits = in_range(WINDOWS, install["version"], selector.get("versions", ""))
    except VersionError as err:
        yield document.problem((*path, "install", "version"), str(err), "write the version the installer brings")
        return
    if not fits:
        message = f"{install['version']!r} is not in the approved range {selector['versions']!r}"
        yield document.problem((*path, "install", "version"), message, "approve what it installs, or name another file")


def _programs_problems(programs: dict[str, Any], path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    told = [key for key in _TELLING if key in programs]
    if len(told) != 1:
        message = f"these programs are told by {' and '.join(told) or 'nothing'}"
        yield document.problem(path, message, f"write one of {', '.join(_TELLING)}; others are entries of their own")
        return
    for key in sorted(programs.keys() - {told[0]} - _DETAILS[told[0]]):
        yield document.problem((*path, key), f"{key} says nothing beside {told[0]}", "remove it", at_key=True)
    low, high = programs.get("lowest", ""), programs.get("highest", "")
    if low and high and _numbers(low) > _numbers(high):
        yield document.problem((*path, "highest"), f"{high} is below {low}", "correct one of the versions")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
