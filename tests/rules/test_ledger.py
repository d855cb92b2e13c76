# SPDX-License-Identifier: Apache-2.0
"""The rules of the ledger, each by its name. Source: DOMAIN L1-L7.

``test_removed`` takes each rule out of the program and sees its test here fail.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.golden.workspace import make_workspace
from tests.unit.run.conftest import NOW, RUN
from tests.unit.run.memory_host import MemoryHost
from zhengban.report.refreshing import refresh_views
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.planning import plan_host
from zhengban.run.workspace import Workspace

POLICY = """\
baseline:
  name: office
  mode: enforce
  actions: {unlisted: remove, missing_required: install, upgrade_due: upgrade}
  grace_days: 0
software:
- {name: KAV, number: FREE-3, type: free, category: antivirus, state: required, packages: [{manager: dpkg, name: kav}]}
- name: WPS
  version: "2019"
  type: commercial
  category: office
  lots: [{number: COM-1}]
  packages: [{manager: dpkg, name: wps, versions: "<2"}]
- name: WPS
  version: "2023"
  type: commercial
  category: office
  lots: [{number: COM-2}]
  packages: [{manager: dpkg, name: wps, versions: ">=2"}]
upgrades:
- {software: WPS, from: "2019", to: "2023", rollout: [{percent: 100, from: 2026-11-01}]}
"""


def enforce(root: Path, *packages: str) -> Workspace:
    """An enforcement of PC-0001, which has these packages."""
    workspace = make_workspace(root / "workspace", POLICY)
    host = MemoryHost(*packages, offers={"kav": "9", "wps": "2.1"})
    computer = workspace.register.computer_by_number["PC-0001"]
    plan = plan_host(workspace, computer, host, now=NOW, check=False).plan
    assert plan is not None
    arm_run(workspace, {"pc-0001": plan}, run=RUN, now=NOW, check=False)
    assert apply_plan(workspace, computer, plan.hash, host, run=RUN, now=NOW).state == "done"
    return workspace


def lines(workspace: Workspace, book: str) -> list[tuple[str, str, str]]:
    """(action, package, version) of a book's records, read by a tool that is not ours."""
    path = workspace.root / "ledger" / "books" / f"{book}.yml"
    records = yaml.safe_load(path.read_text(encoding="utf-8"))["records"] if path.exists() else []
    return [(record["action"], record["package"], record["version"]) for record in records]


def test_l1_three_books(tmp_path: Path) -> None:
    workspace = enforce(tmp_path, "wps")
    refresh_views(workspace, now=NOW)
    ledger = workspace.root / "ledger"
    summary = yaml.safe_load((ledger / "summary.yml").read_text(encoding="utf-8"))["summary"]
    detail = yaml.safe_load((ledger / "detail.yml").read_text(encoding="utf-8"))["detail"]
    installed = {row["number"]: row["installed"] for row in summary["software"]}
    assert {number: installed[number] for number in ("COM-1", "COM-2", "FREE-3")} == {
        "COM-1": 0,
        "COM-2": 1,
        "FREE-3": 1,
    }
    on_it = {row["number"] for row in detail["installs"] if row["computer"] == "PC-0001" and "number" in row}
    assert on_it >= {"COM-2", "FREE-3"}
    assert lines(workspace, "COM-2") == [("install", "dpkg:wps:amd64", "2.1")]


def test_l2_every_number_has_one_book(tmp_path: Path) -> None:
    workspace = enforce(tmp_path, "wps")
    assert sorted(path.name for path in (workspace.root / "ledger" / "books").iterdir()) == [
        "COM-1.yml",
        "COM-2.yml",
        "FREE-3.yml",
    ]
    assert lines(workspace, "FREE-3") == [("install", "dpkg:kav:amd64", "9")]


def test_l3_every_install_and_uninstall_is_recorded(tmp_path: Path) -> None:
    workspace = enforce(tmp_path, "game")
    assert lines(workspace, "FREE-3") == [("install", "dpkg:kav:amd64", "9")]
    assert lines(workspace, "UNLISTED") == [("uninstall", "dpkg:game:amd64", "1.0")]


def test_l4_an_upgrade_of_commercial_software_is_in_both_books(tmp_path: Path) -> None:
    workspace = enforce(tmp_path, "wps")
    assert lines(workspace, "COM-1") == [("uninstall", "dpkg:wps:amd64", "1.0")]
    assert lines(workspace, "COM-2") == [("install", "dpkg:wps:amd64", "2.1")]
