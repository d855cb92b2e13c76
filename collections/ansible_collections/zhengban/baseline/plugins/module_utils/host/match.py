# SPDX-License-Identifier: Apache-2.0
"""Whether an installed package is what a policy line means: one answer for the judge and for the guard."""

from typing import Optional

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
    first, *others = pattern.split("*")
    if not others:
        return len(name) == len(first) and _lies_at(first, name, 0)
    last = others.pop()
    place, end = len(first), len(name) - len(last)
    if place > end or not _lies_at(first, name, 0) or not _lies_at(last, name, end):
        return False
    # The leftmost place for each piece leaves the most room for the next, so nothing is ever tried twice.
    for piece in others:
        place = _find(piece, name, place, end)
        if place < 0:
            return False
        place += len(piece)
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


def _find(piece: str, name: str, start: int, end: int) -> int:
    """The leftmost place of a piece in a part of a name, -1 when it has none."""
    if "?" not in piece:
        return name.find(piece, start, end)
    places = range(start, end - len(piece) + 1)
    return next((place for place in places if _lies_at(piece, name, place)), -1)


def _lies_at(piece: str, name: str, place: int) -> bool:
    """Whether a piece is there; the name is long enough."""
    if "?" not in piece:
        return name.startswith(piece, place)
    return all(char in ("?", name[place + offset]) for offset, char in enumerate(piece))
