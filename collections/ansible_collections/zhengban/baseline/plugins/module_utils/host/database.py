# SPDX-License-Identifier: Apache-2.0
"""What is read from a package manager's database, whichever it is. Source: DESIGN 3."""

from typing import Any, Callable, List, NamedTuple


class DatabaseError(Exception):
    """The database is there and cannot be used; the text says which file or command, where in it, and why."""


class Reading(NamedTuple):
    """The packages of one manager, sorted by (name, arch, version) in code points.

    ``keys``: rows of (manager, name, version, arch, manual, held), which the digest covers. The rest is worked out when
    asked for: ``rows`` gives the rows of a facts document, whose edges count the rows of this manager from 0;
    ``removed`` what left lately, as rows of (manager, name, arch, version, removed_at). ``arch`` is how the manager
    writes the machine's architecture, empty when it does not say.
    """

    keys: List[List[Any]]
    rows: Callable[[], List[List[Any]]]
    removed: Callable[[], List[List[str]]]
    arch: str = ""
