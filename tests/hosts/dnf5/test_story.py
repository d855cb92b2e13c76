# SPDX-License-Identifier: Apache-2.0
"""The demo's story on a host with a real dnf 5: from the plan to the ledger, and nothing to do the second time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.hosts.conftest import Office
from tests.hosts.test_rpm import AFTER, BOOKED, DESKTOP_RPMS, SIGNED, UNSIGNED, allow_rpms
from tests.lab.hosts import Host, Lab
from tests.lab.rpm import DNF5, Key, build_repository, make_rpm_host, rpms

Make = Callable[[Lab, Mapping[str, Host]], Office]


def test_from_the_plan_to_the_ledger(lab: Lab, office: Make, tmp_path_factory: pytest.TempPathFactory) -> None:
    with Key() as key:
        repository = build_repository(tmp_path_factory.mktemp("dnf5") / "repository", UNSIGNED, signed=SIGNED, key=key)
        (host,) = lab.start(("pc-0011",), repository=repository, recipe=DNF5)
        make_rpm_host(host).run(["dnf5", "--quiet", "--assumeyes", "install", *DESKTOP_RPMS], check=True)
        here = office(lab, {"PC-0011": host})
        allow_rpms(here.workspace, key)
    before = rpms(host)
    check = here.run("zhengban.baseline.enforce", "--check")
    assert (check.code, rpms(host)) == (0, before), check.output
    enforce = here.run("zhengban.baseline.enforce")
    assert (enforce.code, enforce.hashes) == (0, check.hashes), enforce.output
    assert rpms(host) == AFTER
    booked = {
        (item.book, item.record.action, item.record.package, item.record.version) for item in here.records("PC-0011")
    }
    assert booked == BOOKED
    assert here.ledger.verify() == ()
    again = here.run("zhengban.baseline.enforce")
    assert (again.code, rpms(host), len(here.records("PC-0011"))) == (0, AFTER, len(booked)), again.output
