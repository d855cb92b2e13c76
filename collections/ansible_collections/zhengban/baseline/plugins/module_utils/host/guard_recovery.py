# SPDX-License-Identifier: Apache-2.0
"""What always may come, whatever the policy says: a host whose Python, C library or package tools broke is repaired."""

from typing import Callable, Iterable, List, Sequence, Set

ROOTS = {
    "dpkg": ("python3", "libc6", "dpkg", "apt"),
    "rpm": ("python3", "platform-python", "glibc", "rpm", "dnf", "python3-dnf", "dnf5"),
}

# Extended regular expressions that grep -E reads as Python does: the hooks use dpkg's where there is no Python.
PATTERN = (
    r"(lib)?python3(\.[0-9]+)?(-minimal|-stdlib)?|libc6|libc-bin|libcrypt1|libgcc-s1|gcc-[0-9]+-base"
    r"|dpkg|apt|libapt-pkg[0-9.]+(t64)?|debian-archive-keyring|ubuntu-keyring|gpgv|perl-base|tar|bash|dash"
    r"|coreutils|findutils|grep|sed|base-files"
)
_RPM_PATTERN = (
    r"(platform-python|python3(\.[0-9]+)?)(-libs)?|python3-(dnf|rpm|librpm|hawkey|libdnf5?|libcomps|gpg)"
    r"|glibc(-common|-minimal-langpack|-all-langpacks)?|libgcc|libxcrypt"
    r"|rpm(-libs|-sequoia)?|dnf(-data)?|dnf5|libdnf5?|libdnf5-plugin-actions|libsolv|librepo|libcomps|libmodulemd"
    r"|(openEuler|kylin|uos|anolis|centos|centos-stream|redhat|fedora|rocky|almalinux)-(release|repos|gpg-keys)"
    r"|bash|coreutils(-common|-single)?|findutils|grep|sed|filesystem|setup"
)
_PATTERNS = {"dpkg": PATTERN, "rpm": _RPM_PATTERN}


def is_recovery(manager: str, name: str, known: Iterable[str] = ()) -> bool:
    """Whether a package belongs to it; ``known`` are further names, those of :func:`closure`."""
    pattern = _PATTERNS.get(manager)
    if pattern is None or name in known:
        return pattern is not None
    # Here, for it is slow to load, and what is approved is not looked for among repairs.
    import re

    return bool(re.match("(?:{})\\Z".format(pattern), name))


def closure(manager: str, names: Sequence[str], needs: Callable[[int], Iterable[int]]) -> List[str]:
    """The names of the installed packages that Python, the C library and the package tools need here, sorted.

    Args:
        names: of the rows. ``needs``: given a row's number, the numbers of those that it needs by any name.
    """
    waiting = [number for number, name in enumerate(names) if name in ROOTS[manager]]
    found: Set[int] = set(waiting)
    while waiting:
        for needed in needs(waiting.pop()):
            if needed not in found:
                found.add(needed)
                waiting.append(needed)
    return sorted({names[number] for number in found})
