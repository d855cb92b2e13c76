# SPDX-License-Identifier: Apache-2.0
"""Every known way past the guard of a host with dnf 5, really tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.guarded import check_way
from tests.hosts.guarded_rpm import PACKAGES, GuardedDnf5, table_text
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.rpm import DNF5, build_repository
from zhengban.host.guard_way import Way
from zhengban.host.guard_ways import WAYS

HERE = [way for way in WAYS if way.manager != "dpkg" and way.door in ("", "dnf5")]
# What the lab's hosts do not have; the door test tells so.
ELSEWHERE = {"yum", "microdnf", "dnf5daemon", "PackageKit beside dnf", "pip", "npm", "snap", "flatpak", "containers"}


@pytest.fixture(scope="module")
def doors(lab: Lab, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    folder = tmp_path_factory.mktemp("doors")
    (host,) = lab.start(["guard-dnf5-doors"], repository=build_repository(folder / "repo", PACKAGES), recipe=DNF5)
    table = table_text(folder / "workspace", signer="0" * 16)
    return GuardedDnf5(host, pack_host_code(collection_root)).try_ways(table, HERE)


@pytest.mark.parametrize("way", HERE, ids=lambda way: way.name)
def test_each_known_way_is_shut_seen_or_honestly_open(doors: dict[str, dict[str, str]], way: Way) -> None:
    check_way(doors[way.name], way, ELSEWHERE)


def test_at_least_25_ways_were_tried_and_shut(doors: dict[str, dict[str, str]]) -> None:
    assert sum(row["result"] == "shut" for row in doors.values()) >= 25
