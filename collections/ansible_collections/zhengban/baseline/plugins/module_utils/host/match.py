# SPDX-License-Identifier: Apache-2.0
"""Whether an installed package is what a policy line means: one answer for the judge and for the guard."""

import re
from functools import lru_cache
from typing import Any, Optional, Tuple

from .version import VersionError, in_range, parse_range


def name_matches(pattern: str, name: str, ignore_case: bool = False) -> bool:
    """Whether a name fits a pattern in which only ``*`` (any text) and ``?`` (one character) are special.

    Anchored at both ends; brackets, braces and backslashes are themselves. Windows names are compared with
    ``ignore_case``. The time never grows faster than the two lengths multiplied, whatever a host calls its packages.
    """
    if ignore_case:
        pattern, name = pattern.lower(), name.lower()
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    pieces = _pieces(pattern)
    if len(pieces) == 1:
        return len(name) == pieces[0][0] and bool(pieces[0][1].match(name))
    place, end = pieces[0][0], len(name) - pieces[-1][0]
    if place > end or not pieces[0][1].match(name) or not pieces[-1][1].match(name, end):
        return False
    # The leftmost place for each piece leaves the most room for the next, so nothing is ever tried twice.
    for _length, piece in pieces[1:-1]:
        found = piece.search(name, place, end)
        if not found:
            return False
        place = found.end()
    return True


def misfit(
    manager: str,
    versions: str,
    publisher: str,
    signer: str,
    row_version: str,
    row_publisher: Optional[str],
) -> str:
    """What of a policy line an installed package, whose name fits, does not meet.

    Args:
        manager: the manager of both.
        versions, publisher, signer: of the policy line; empty asks for nothing. The latter two are patterns.
        row_version, row_publisher: of the facts row; the publisher is the rpm signer or the Windows publisher, None
            when the package has none.

    Returns:
        ``""`` when it fits, else the first of ``"version"``, ``"publisher"``, ``"signer"`` that does not. An installed
        version that cannot be ordered is a misfit of every range but the empty one.

    Raises:
        VersionError: ``versions`` is no range of this manager.
    """
    wanted = parse_range(manager, versions)
    try:
        if not in_range(manager, row_version, wanted):
            return "version"
    except VersionError:
        return "version"
    for what, pattern in (("publisher", publisher), ("signer", signer)):
        if pattern and not (row_publisher and name_matches(pattern, row_publisher, manager == "windows")):
            return what
    return ""


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> Tuple[Tuple[int, Any], ...]:
    """(length, expression) of the text between the ``*``; the first and the last belong to the ends."""
    return tuple(
        (len(piece), re.compile("".join("." if c == "?" else re.escape(c) for c in piece), re.DOTALL))
        for piece in pattern.split("*")
    )
