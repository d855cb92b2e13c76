# SPDX-License-Identifier: Apache-2.0
"""The software of the example office as tiny packages, and what its computers start with.

The names are those of policies/example; the packages hold one text file each.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from .hosts import Host
from .repository import Deb, build_repository

DEBS: tuple[Deb, ...] = (
    # The office suite: its approved version brings a dependency that the old one did not have.
    Deb(name="wps-office", version="11.1.0.9000", relations={"Depends": "wps-fonts"}),
    Deb(name="wps-office", version="11.1.0.11719", relations={"Depends": "wps-fonts, libqtwps5"}),
    Deb(name="wps-office", version="12.1.0.100", relations={"Depends": "wps-fonts, libqtwps5"}),
    Deb(name="wps-fonts", version="1.0"),
    Deb(name="libqtwps5", version="5.12"),
    Deb(name="kav-endpoint", version="9.2", relations={"Depends": "kav-engine"}),
    Deb(name="kav-engine", version="9.2"),
    Deb(name="sogoupinyin", version="4.2.1"),
    Deb(name="p7zip-desktop", version="22.01"),
    Deb(name="finance-suite", version="8.3.1"),
    Deb(name="baseline-agent", version="1.4"),
    Deb(name="flash-player", version="32.0"),
    # What has no business on an office computer; each brings a package that only it needs.
    Deb(name="xunlei-thunder", version="1.0.4", relations={"Depends": "libxunlei-p2p"}),
    Deb(name="libxunlei-p2p", version="1.0.4"),
    Deb(
        name="steam-launcher",
        version="1.0.0.79",
        relations={"Depends": "libsteam-runtime", "Recommends": "steam-icons"},
    ),
    Deb(name="libsteam-runtime", version="1.0.0.79"),
    Deb(name="steam-icons", version="1.0"),
)

# PC-0002 also has what is only reported, so that a finding is left to look at.
RETIRED = ("flash-player",)
DESKTOP = ("wps-office=11.1.0.9000", "sogoupinyin", "xunlei-thunder", "steam-launcher")
SERVER = ("baseline-agent", "steam-launcher")


def build_office_repository(directory: Path) -> Path:
    """Write the office's packages as a flat repository below ``directory``."""
    return build_repository(directory, DEBS)


def install(host: Host, *packages: str) -> None:
    """Install packages on a host as a user with root rights would, recommendations included."""
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "install", *packages]
    host.run(command, check=True)


def furnish(hosts: dict[Host, tuple[str, ...]]) -> None:
    """Install on every host what it starts with, side by side."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda item: install(item[0], *item[1]), hosts.items()))


def enforce_everything(workspace: Path, **settings: object) -> None:
    """Replace the example's cautious baseline by one that acts at once; ``settings`` replace single keys of it."""
    baseline: dict[str, object] = {
        "name": "office",
        "mode": "enforce",
        "actions": {
            "unlisted": "remove",
            "out_of_scope": "remove",
            "retired": "report",
            "forbidden": "remove",
            "version_not_allowed": "upgrade",
            "missing_required": "install",
        },
        "grace_days": 0,
        "limits": {"removals_per_computer": 5, "computers_per_run": "100%", "window": "24h"},
        **settings,
    }
    text = yaml.safe_dump({"baseline": baseline}, allow_unicode=True, sort_keys=False)
    (workspace / "policies" / "baseline.yml").write_text(text, encoding="utf-8")
