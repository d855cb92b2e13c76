# SPDX-License-Identifier: Apache-2.0
"""The known ways in and out of a host, as data: the door test tries them, and so do our own tests.

This list and its three parts are the one place that says how far the guard reaches. When a way becomes blocked or seen,
its line changes there.
"""

from .guard_dnf5_ways import DNF5_WAYS
from .guard_dpkg_ways import DPKG_WAYS
from .guard_rpm_ways import RPM_WAYS
from .guard_way import OPEN, SEEN, beyond, listed

OUTSIDE_WAYS = (
    beyond(
        "pip",
        'pip3 install -q --no-index --no-deps "$WHEEL"',
        needs="pip3",
        outside="pip",
        undo='pip3 uninstall -q -y "$NAME"',
    ),
    beyond(
        "npm",
        'npm install --offline --no-audit --no-fund -g "$NPM"',
        needs="npm",
        outside="npm",
        undo='npm uninstall -g "$NAME"',
    ),
    beyond("an AppImage in /opt", 'cp "$TOOL" "$LEFT_OPT.AppImage"; "$LEFT_OPT.AppImage"', outside="programs"),
    beyond(
        "a tarball in /opt",
        'mkdir "$LEFT_OPT"; tar -cf - -C "${TOOL%/*}" tool | tar -xf - -C "$LEFT_OPT"; "$LEFT_OPT/tool"',
        outside="programs",
    ),
    beyond("make install", 'install -m 755 "$TOOL" "$LEFT_BIN"; "$LEFT_BIN"', outside="programs"),
    beyond("a program in a folder of one's own", 'cp "$TOOL" own; ./own'),
    # Their packages are among the facts, so an unlisted one is found; nothing stops it from coming.
    listed("snap", "snap", SEEN),
    listed("flatpak", "flatpak", SEEN),
    listed("containers", "podman docker", OPEN),
)
WAYS = (*DPKG_WAYS, *RPM_WAYS, *DNF5_WAYS, *OUTSIDE_WAYS)
