# SPDX-License-Identifier: Apache-2.0
"""A real host with dnf 5 and the guard on it."""

from __future__ import annotations

from tests.hosts.guarded_rpm import GuardedRpm
from tests.lab.hosts import Host


class GuardedDnf5(GuardedRpm):
    """An openEuler host whose package manager is dnf 5."""

    doors = ("dnf5",)
    program = "dnf5"

    def __init__(self, host: Host, code: str) -> None:
        # It copies packages with a program that is not there.
        host.write_file("/etc/dnf/libdnf5-plugins/local.conf", "[main]\nname = local\nenabled = 0\n")
        super().__init__(host, code)
