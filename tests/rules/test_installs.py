# SPDX-License-Identifier: Apache-2.0
"""The rules of installing and maintaining, each by its name. Source: DOMAIN I1-I4.

``test_removed`` takes each rule out of the program and sees its test here fail.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from tests.unit.run.form_office import HEAD, IT, approve, ask, make_office, plan_request
from tests.unit.run.memory_host import MemoryHost
from zhengban.model.errors import InputError, Refused
from zhengban.plan import Deployment
from zhengban.run.planning import plan_host

from .test_ledger import NOW, POLICY


def test_i1_a_personal_change_needs_the_department_and_then_it(tmp_path: Path) -> None:
    workspace = make_office(tmp_path / "workspace")
    host = MemoryHost(offers={"wps-2019": "11"})
    identity = ask(workspace)
    with pytest.raises(Refused, match="is not approved"):
        plan_request(workspace, identity, host)
    with pytest.raises(Refused, match="does not decide for the department"):
        approve(workspace, identity, IT)
    approve(workspace, identity, HEAD)
    with pytest.raises(Refused, match="is not approved"):
        plan_request(workspace, identity, host)
    approve(workspace, identity, IT)
    assert [action.cause for action in plan_request(workspace, identity, host).actions] == [f"request:{identity}"]


def test_i2_a_unified_deployment_names_its_notice(tmp_path: Path) -> None:
    workspace = make_office(tmp_path / "workspace")
    computer = workspace.register.computer_by_number["PC-0001"]
    host = MemoryHost(offers={"p7zip": "23"})
    with pytest.raises(InputError, match="notice"):
        plan_host(workspace, computer, host, now=NOW, check=False, deployment=Deployment(install=("FREE-1",)))
    order = Deployment(install=("FREE-1",), notice="2026-031")
    plan = plan_host(workspace, computer, host, now=NOW, check=False, deployment=order).plan
    # No request is asked for.
    assert plan is not None
    assert [action.cause for action in plan.actions] == ["deployment"]


@pytest.mark.parametrize(("begins", "kinds"), [("2026-11-01", ["upgrade"]), ("2027-11-01", [])])
def test_i4_an_upgrade_is_deployed_by_its_plan_and_no_earlier(tmp_path: Path, begins: str, kinds: list[str]) -> None:
    workspace = make_workspace(tmp_path / "workspace", POLICY.replace("2026-11-01", begins))
    computer = workspace.register.computer_by_number["PC-0001"]
    host = MemoryHost("wps", "kav", offers={"wps": "2.1"})
    plan = plan_host(workspace, computer, host, now=NOW, check=True).plan
    assert plan is not None
    assert [action.kind for action in plan.actions] == kinds
