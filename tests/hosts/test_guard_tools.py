# SPDX-License-Identifier: Apache-2.0
"""The ways past the guard that need programs which a bare Debian host does not have, really tried where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.guarded import DEBS, STATE, Guarded, check_way, table_text
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.image import Recipe
from tests.lab.repository import SOURCES_LINE, build_repository
from zhengban.host.guard_way import SEEN
from zhengban.host.guard_ways import WAYS

pytestmark = pytest.mark.slow

# PackageKit knows a package file by its type.
PACKAGEKIT = ("dbus", "packagekit", "packagekit-tools", "shared-mime-info")
TOOLS = Recipe(packages=("aptitude", "binutils", "busybox", "gdebi-core", "npm", "python3-pip", *PACKAGEKIT))
TRIED = ("aptitude", "PackageKit", "gdebi", "ar and tar", "pip", "npm")


def test_each_way_that_needs_another_program_is_shut_seen_or_honestly_open(
    lab: Lab, collection_root: Path, tmp_path: Path
) -> None:
    repository = build_repository(tmp_path / "repository", DEBS)
    (host,) = lab.start(["guard-tools"], repository=repository, recipe=TOOLS)
    host.write_file("/etc/apt/sources.list", SOURCES_LINE)
    host.refresh_packages()
    host.run(["sh", "-c", "mkdir -p /run/dbus; dbus-daemon --system --fork"], check=True)
    guarded = Guarded(host, pack_host_code(collection_root))
    guarded.shut(table_text(tmp_path / "workspace"))
    # The policy has programs outside packages looked for, so the next run sees what pip and npm bring.
    test = guarded.try_doors(outside={"kinds": ["pip", "npm"], "seconds": 60})
    assert "error" not in test, test
    assert (test["left"], host.packages()) == ([], guarded.before)
    rows = {row["way"]: row for row in test["ways"]}
    for way in WAYS:
        if way.name in TRIED:
            check_way(rows[way.name], way._replace(expected=SEEN) if way.outside else way, elsewhere=set())
    assert (rows["busybox dpkg"]["result"], rows["busybox dpkg"]["said"]) == ("open", "listed, not tried")
    # Nor are aptitude and PackageKit stopped with what is approved.
    for command in ("aptitude -y install approved=1.0", "pkcon -y -p install-local /srv/repo/approved_1.0_all.deb"):
        guarded.sh(f"rm -f {STATE}/attempts.jsonl", check=True)
        passed = guarded.watch(command)
        assert (passed.code, passed.attempts) == (0, []), passed.said
        assert passed.packages.keys() - guarded.before.keys() == {"approved", "dep", "deeper"}
        guarded.sh("apt-get -qq -y purge approved dep deeper", check=True)
