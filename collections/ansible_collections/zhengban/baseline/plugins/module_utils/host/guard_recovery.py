# SPDX-License-Identifier: Apache-2.0
"""What always may come, whatever the policy says: a host whose Python, C library, dpkg or apt broke can be repaired."""

import re
from typing import Iterable, List, Sequence, Set

from .dpkg import Installed

ROOTS = ("python3", "libc6", "dpkg", "apt")

# An extended regular expression that grep -E reads as Python does: the hooks use it where there is no Python.
PATTERN = (
    r"(lib)?python3(\.[0-9]+)?(-minimal|-stdlib)?|libc6|libc-bin|libcrypt1|libgcc-s1|gcc-[0-9]+-base"
    r"|dpkg|apt|libapt-pkg[0-9.]+(t64)?|debian-archive-keyring|ubuntu-keyring|gpgv|perl-base|tar|bash|dash"
    r"|coreutils|findutils|grep|sed|base-files"
)


def is_recovery(manager: str, name: str, known: Iterable[str] = ()) -> bool:
    """Whether a package belongs to it; ``known`` are further names, those of :func:`closure`."""
    return manager == "dpkg" and (name in known or bool(re.match("(?:{})\\Z".format(PATTERN), name)))


def closure(rows: Sequence[Installed]) -> List[str]:
    """The names of the installed packages that Python, the C library, dpkg and apt need here, sorted."""
    # Not above: every hook loads this module, and only the installation of the guard asks for this.
    from .edges import Resolver

    native = next((row.arch for row in rows if row.name == "dpkg"), "")
    resolver = Resolver(rows, native)
    waiting = [number for number, row in enumerate(rows) if row.name in ROOTS]
    found: Set[int] = set(waiting)
    while waiting:
        needs, needs_virtual, _wants = resolver.edges(waiting.pop())
        for needed in (*needs, *needs_virtual):
            if needed not in found:
                found.add(needed)
                waiting.append(needed)
    return sorted({rows[number].name for number in found})
