# SPDX-License-Identifier: Apache-2.0
"""An upgrade plan on a real host: the old package leaves for the new one, in one transaction and two books.

Source: DESIGN 6, DOMAIN I4, L4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import install
from tests.lab.repository import Deb, build_repository

DEBS = (
    Deb(name="draw-2019", version="19.1", relations={"Depends": "libdraw"}),
    Deb(name="draw-2023", version="23.0", relations={"Depends": "libdraw, draw-fonts", "Conflicts": "draw-2019"}),
    Deb(name="libdraw", version="1.0"),
    Deb(name="draw-fonts", version="1.0"),
)
SOFTWARE = """\
software:
- name: 制图软件
  version: "2019"
  type: commercial
  category: other
  lots: [{number: COM-1901, quantity: 5}]
  packages: [{manager: dpkg, name: draw-2019}]
- name: 制图软件
  version: "2023"
  type: commercial
  category: other
  lots: [{number: COM-2301, quantity: 5}]
  packages: [{manager: dpkg, name: draw-2023}]
"""
UPGRADES = """\
upgrades:
- {software: 制图软件, from: "2019", to: "2023", request: REQ-2026-0001, rollout: [{percent: 100, from: 2026-01-01}]}
"""


def test_a_package_gives_way_to_its_successor(
    lab: Lab, tmp_path: Path, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    (host,) = lab.start(("pc-0001",), repository=build_repository(tmp_path / "repository", DEBS))
    install(host, "draw-2019")
    before = host.packages()
    here = office(lab, {"PC-0001": host})
    here.set_baseline(actions={"upgrade_due": "upgrade"})
    (here.workspace / "policies" / "draw.yml").write_text(SOFTWARE, encoding="utf-8")
    (here.workspace / "policies" / "upgrades.yml").write_text(UPGRADES, encoding="utf-8")

    check = here.run("zhengban.baseline.enforce", "--check")
    enforce = here.run("zhengban.baseline.enforce")

    assert enforce.code == 0, enforce.output
    assert check.hashes == enforce.hashes
    del before["draw-2019"]
    assert host.packages() == {**before, "draw-2023": "23.0", "draw-fonts": "1.0"}
    booked = {
        (item.book, item.record.action, item.record.package, item.record.quantity) for item in here.records("PC-0001")
    }
    assert booked == {
        ("COM-1901", "uninstall", "dpkg:draw-2019:all", 1),
        ("COM-2301", "install", "dpkg:draw-2023:all", 1),
        ("COM-2301", "install", "dpkg:draw-fonts:all", 0),
    }
    assert here.ledger.verify() == ()
    assert "upgrade_due" not in {
        finding["code"] for finding in here.run("zhengban.baseline.audit").plans["pc-0001"]["findings"]
    }
    host.stop()
