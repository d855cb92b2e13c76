# SPDX-License-Identifier: Apache-2.0
"""The host code on a host with a real dnf 5: everything that is asked of dnf 4 is asked of it, in the same order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts import test_rpm_transaction as dnf4
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.rpm import DNF5, make_rpm_host

untouched = dnf4.untouched
globals().update({name: test for name, test in vars(dnf4).items() if name.startswith("test_")})


class Dnf5Host(dnf4.RpmHost):
    programs = ("/usr/bin/dnf5",)


@pytest.fixture(scope="module")
def rpm_host(lab: Lab, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Dnf5Host:
    repository = dnf4.make_repository(tmp_path_factory.mktemp("rpm"))
    (host,) = lab.start(["dnf5-txn"], repository=repository, recipe=DNF5)
    dnf5 = ["dnf5", "--quiet", "--assumeyes"]
    make_rpm_host(host).run([*dnf5, "install", "--setopt=obsoletes=0", *dnf4.INSTALLED], check=True)
    host.run([*dnf5, "mark", "dependency", "follower", "kept", "olddep"], check=True)
    return Dnf5Host(host, pack_host_code(collection_root))
