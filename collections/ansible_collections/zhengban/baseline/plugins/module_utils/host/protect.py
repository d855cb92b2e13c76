# SPDX-License-Identifier: Apache-2.0
"""The packages no policy takes from a host: without them it cannot run, or nobody can reach it. Source: DESIGN 5."""

import re
from typing import Any, Iterable, List, Sequence

# The way in for Ansible and Salt, what both need there, and the network below.
_DEBIAN = frozenset(
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


_RPM = frozenset(
    (
        "openssh-server",
        "sudo",
        "salt-minion",
        "salt",
        "systemd",
        "systemd-udev",
        "initscripts",
        "NetworkManager",
        "iproute",
        "dhcp-client",
        "wpa_supplicant",
        "rpm",
        "dnf",
        "dnf5",
        "libdnf5-plugin-actions",
        "yum",
        "glibc",
        "bash",
        "coreutils",
        "filesystem",
        "setup",
        "basesystem",
        "platform-python",
        "openEuler-release",
        "kylin-release",
        "uos-release",
        "anolis-release",
        "centos-release",
        "redhat-release",
    )
)
_RPM_PYTHON = re.compile(r"(python3(\.[0-9]+)?(-libs)?|python3-(dnf|rpm|libdnf|hawkey)|libdnf)\Z")
_RPM_KERNEL = re.compile(r"kernel(-(core|modules|modules-core|modules-extra))?\Z")
_MANAGEMENT = {"dpkg": _DEBIAN, "rpm": _RPM}


def protected_refs(rows: Iterable[Sequence[Any]], kernel: str, extra_names: Iterable[str]) -> List[str]:
    """The protected among the installed packages.

    Args:
        rows: ``packages`` of a facts document.
        kernel: the release of the running kernel, as ``uname -r`` gives it; empty protects no kernel.
        extra_names: further names of any manager, exact.

    Returns:
        ``manager:name:arch`` of each, sorted, without duplicates. What they depend on is not among them: removing it
        takes them along, which the simulation shows.
    """
    extra = frozenset(extra_names)
    # row: manager, name, version, arch, publisher, origin, manual, essential, …
    return sorted(
        {
            "{}:{}:{}".format(row[0], row[1], row[3])
            for row in rows
            if row[7] or row[1] in extra or _runs_the_host(row, kernel)
        }
    )


def _runs_the_host(row: Sequence[Any], kernel: str) -> bool:
    manager, name, version, arch = row[:4]
    if name in _MANAGEMENT.get(manager, ()):
        return True
    if manager == "rpm":
        # The running kernel is called version-release.arch.
        is_running = "{}.{}".format(version, arch) == kernel
        return bool(_RPM_PYTHON.match(name) or (is_running and _RPM_KERNEL.match(name)))
    if manager == "dpkg":
        return bool(_PYTHON.match(name)) or bool(kernel and name in {prefix + kernel for prefix in _KERNEL})
    return False
