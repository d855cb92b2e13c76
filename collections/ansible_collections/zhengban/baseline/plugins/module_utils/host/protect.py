# SPDX-License-Identifier: Apache-2.0
"""The packages no policy takes from a host: without them it cannot run, or nobody can reach it. Source: DESIGN 5."""

import re
from typing import Any, Iterable, List, Sequence

# The way in for Ansible and Salt, what both need there, and the network below.
_MANAGEMENT = frozenset(
    (
        "openssh-server",
        "openssh-sftp-server",
        "dropbear",
        "dropbear-bin",
        "sudo",
        "salt-minion",
        "salt-common",
        "init",
        "systemd",
        "systemd-sysv",
        "sysvinit-core",
        "iproute2",
        "ifupdown",
        "netplan.io",
        "network-manager",
        "isc-dhcp-client",
        "dhcpcd-base",
        "wpasupplicant",
        "dpkg",
        "apt",
        "base-files",
        "libc6",
    )
)
_PYTHON = re.compile(r"(lib)?python3(\.[0-9]+)?(-minimal|-stdlib)?\Z")
# Debian, and the two more that Ubuntu and its derivatives split the kernel into.
_KERNEL = ("linux-image-", "linux-image-unsigned-", "linux-modules-", "linux-modules-extra-")


def protected_refs(rows: Iterable[Sequence[Any]], kernel: str, extra_names: Iterable[str]) -> List[str]:
    """The protected among the installed packages.

    Args:
        rows: ``packages`` of a facts document.
        kernel: the release of the running kernel, as ``uname -r`` gives it; empty protects no kernel.
        extra_names: further names, exact.

    Returns:
        ``name:arch`` of each, sorted, without duplicates. What they depend on is not among them: removing it takes
        them along, which the simulation shows.
    """
    names = set(extra_names) | _MANAGEMENT
    if kernel:
        names.update(prefix + kernel for prefix in _KERNEL)
    return sorted(
        {
            "{}:{}".format(row[1], row[3])
            for row in rows
            # row: manager, name, version, arch, publisher, origin, manual, essential, …
            if row[0] == "dpkg" and (row[7] or row[1] in names or _PYTHON.match(row[1]))
        }
    )
