# SPDX-License-Identifier: Apache-2.0
"""What no policy removes."""

from __future__ import annotations

from pathlib import Path

from tests.unit.host.systems import Pkg, make_system
from zhengban.host.facts import collect
from zhengban.host.protect import protected_refs


def test_protected_is_what_runs_the_host_and_what_reaches_it(tmp_path: Path) -> None:
    kept = [
        Pkg(name="bash", arch="amd64", fields=("Essential: yes",)),
        Pkg(name="openssh-server", arch="amd64"),
        Pkg(name="python3", arch="amd64"),
        Pkg(name="python3.11-minimal", arch="amd64"),
        Pkg(name="libpython3.11-stdlib", arch="amd64"),
        Pkg(name="linux-image-6.1.0-9-amd64", arch="amd64"),
        Pkg(name="linux-modules-6.1.0-9-amd64", arch="amd64"),
        Pkg(name="libc6", arch="i386"),
        Pkg(name="office-agent"),
    ]
    other = [
        Pkg(name="openssh-client", arch="amd64"),
        Pkg(name="python3-requests"),
        Pkg(name="python3.11-doc"),
        Pkg(name="linux-image-6.1.0-8-amd64", arch="amd64"),
        Pkg(name="office-agents"),
    ]
    rows = collect(str(make_system(tmp_path, *kept, *other)))["packages"]
    refs = protected_refs(rows, "6.1.0-9-amd64", ["office-agent", "not-installed"])
    assert refs == sorted([f"dpkg:{package.name}:{package.arch}" for package in kept] + ["dpkg:dpkg:amd64"])


def test_another_managers_package_of_the_same_name_is_not_meant() -> None:
    row = ["snap", "systemd", "1", "", None, None, True, False, "", False, None, [], [], []]
    assert protected_refs([row, ["dpkg", *row[1:]]], "", []) == ["dpkg:systemd:"]
    # unless the policy names it, or its own manager calls it essential
    assert protected_refs([row], "", ["systemd"]) == protected_refs([[*row[:7], True, *row[8:]]], "", [])
