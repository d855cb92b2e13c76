# SPDX-License-Identifier: Apache-2.0
"""Which of the offered versions is wanted, and why none is: the same words for every manager. Source: DESIGN 5."""

from typing import Dict, Iterable, List, Sequence, Tuple

from .version import VersionError, compare, in_range, parse_range


def best_offer(
    manager: str, offered: Sequence[str], versions: str, present: str, back: bool = False
) -> Tuple[str, str]:
    """The highest version in range that is higher than the installed one, else why there is none.

    Args:
        offered: what the repositories have, as it is shown to people.
        versions: the policy's range.
        present: the installed version, empty when there is none.
        back: a lower one will do.
    """
    if not offered:
        return "", "no repository of this host offers it"
    best = ""
    only_lower = False
    for version in offered:
        if not fits(manager, version, versions):
            continue
        order = compare(manager, version, present) if present else 1
        if order == 0 or (order < 0 and not back):
            only_lower = True
        elif not best or compare(manager, version, best) > 0:
            best = version
    listed = ", ".join(offered)
    if not best and only_lower:
        return "", "only lower versions than the installed {}: {}".format(present, listed)
    return best, "" if best else "no version in range: {}".format(listed)


def fits(manager: str, version: str, versions: str) -> bool:
    """Whether a version is in range; one that cannot be ordered fits only the empty range. A bad range raises."""
    wanted = parse_range(manager, versions)
    try:
        return in_range(manager, version, wanted)
    except VersionError:
        return False


def unavailable(want: Dict[str, str], reason: str) -> Dict[str, str]:
    """What cannot be had, in the shape of ``zhengban.model.plan.Unavailable``."""
    return {"name": want["name"], "versions": want["versions"], "reason": reason}


def sort_unavailable(rows: Iterable[Dict[str, str]]) -> List[Dict[str, str]]:
    """In the one order they are written and compared in."""
    return sorted(rows, key=lambda one: (one["name"], one["versions"], one["reason"]))
