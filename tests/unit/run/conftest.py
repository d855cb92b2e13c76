# SPDX-License-Identifier: Apache-2.0
"""One office workspace for each test, and the steps of a run over it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.plan import Plan
from zhengban.model.register import Computer
from zhengban.run.arming import arm_run
from zhengban.run.host import Host
from zhengban.run.planning import plan_host
from zhengban.run.workspace import Workspace

from .memory_host import MemoryHost

POLICY = """\
software:
- {name: KAV, number: FREE-3, type: free, category: antivirus, state: required, packages: [{manager: dpkg, name: kav}]}
- name: WPS
  version: "2019"
  type: commercial
  category: office
  lots: [{number: COM-0001, quantity: 1}]
  packages: [{manager: dpkg, name: wps, versions: ">=2"}]
"""
RUN = "20261123T093000Z-abc123"
NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace", POLICY)


@pytest.fixture
def computer(workspace: Workspace) -> Computer:
    return workspace.register.computer_by_number["PC-0001"]


@pytest.fixture
def host() -> MemoryHost:
    """Has something unlisted and an old WPS, and lacks the required KAV."""
    return MemoryHost("game", "wps", offers={"kav": "9", "wps": "2.1"})


@pytest.fixture
def plan(workspace: Workspace, computer: Computer) -> Callable[[Host], Plan]:
    """Plan PC-0001 against a host, outside check mode."""

    def make(host: Host) -> Plan:
        planned = plan_host(workspace, computer, host, now=NOW, check=False)
        assert planned.plan is not None
        return planned.plan

    return make


@pytest.fixture
def arm(workspace: Workspace, plan: Callable[[Host], Plan]) -> Callable[[Host], Plan]:
    """Plan PC-0001 against a host and arm the run for it."""

    def make(host: Host) -> Plan:
        made = plan(host)
        arm_run(workspace, {"pc-0001": made}, run=RUN, now=NOW, check=False)
        return made

    return make
