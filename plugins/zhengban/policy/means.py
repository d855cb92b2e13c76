# SPDX-License-Identifier: Apache-2.0
"""What has to hold of ``install`` and ``uninstall`` in a package of a software entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhengban.documents.document import Document
from zhengban.host.match import name_matches
from zhengban.host.version import VersionError, in_range
from zhengban.model.errors import Problem

MANAGER = "windows"


def means_problems(selector: dict[str, Any], path: tuple[str | int, ...], document: Document) -> Iterator[Problem]:
    """What is wrong with the means of one selector that the schema accepts and whose range can be read."""
    for key in ("install", "uninstall"):
        if key in selector and selector["manager"] != MANAGER:
            message = f"{selector['manager']} installs from repositories and removes by itself"
            yield document.problem((*path, key), message, f"remove {key}; it is for windows", at_key=True)
            return
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
        fits = in_range(MANAGER, install["version"], selector.get("versions", ""))
    except VersionError as err:
        yield document.problem((*path, "install", "version"), str(err), "write the version the installer brings")
        return
    if not fits:
        message = f"{install['version']!r} is not in the approved range {selector['versions']!r}"
        yield document.problem((*path, "install", "version"), message, "approve what it installs, or name another file")
