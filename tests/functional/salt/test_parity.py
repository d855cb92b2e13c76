# SPDX-License-Identifier: Apache-2.0
"""The same inputs give the same plan hash through Salt, Ansible and what is stored for the command line."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ansible_collections.zhengban.baseline.plugins.plugin_utils.host import HostOverAnsible
from saltext.zhengban.modules import zhengban as module
from saltext.zhengban.utils.minions import HostOverSalt, Minions
from tests.golden.answering import AnsweringHost
from tests.golden.case import Case, case_folders, read_plain
from tests.golden.facts import facts_document
from tests.golden.test_plan import make_plan
from zhengban.model.plan import SimulationRequest
from zhengban.plan import Deployment
from zhengban.run.host import Host
from zhengban.run.planning import plan_host, plan_stored

MINION = "pc-0001.office.local"


class Machine:
    """What the host code of one case answers, as plain documents."""

    def __init__(self, folder: Path) -> None:
        plain = read_plain(folder / "facts.yml")
        self.document = facts_document({key: value for key, value in plain.items() if key != "computer"})
        self._script = AnsweringHost(read_plain(folder / "simulations.yml") or [])

    def collect(self, known_digest: str = "", outside: object = None) -> dict[str, Any]:
        return dict(self.document)

    def simulate(self, request: Mapping[str, Any]) -> Any:
        answer = self._script.simulate(msgspec.convert(request, SimulationRequest))
        return msgspec.json.decode(msgspec.json.encode(answer))


class MinionsOf(Minions):
    """Jobs that run the execution module in this process, their arguments and answers through JSON as on the bus."""

    def _client(self) -> Any:
        return self

    def cmd(self, minions: list[str], function: str, kwarg: dict[str, Any], **_: object) -> dict[str, Any]:
        name = function.removeprefix("zhengban.")
        return {minion: {"ret": getattr(module, name)(**json.loads(json.dumps(kwarg)))} for minion in minions}


class HostInThisProcess(HostOverAnsible):
    """Answers what an action's program would be asked."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(None, {})
        self._machine = machine

    def _ask(self, question: str, **arguments: Any) -> dict[str, Any]:
        if question == "facts":
            return self._machine.collect()
        assert question == "simulate"
        return {"result": self._machine.simulate(json.loads(json.dumps(arguments["request"]))), "is_root": True}


def plan_hash(case: Case, host: Host) -> str:
    order = case.run.get("deployment")
    deployment = msgspec.convert(order, Deployment) if order is not None else None
    planned = plan_host(
        case.workspace,
        case.computer,
        host,
        now=moment(case),
        check=False,
        mode=case.run.get("mode"),
        deployment=deployment,
        history=case.history,
    )
    assert planned.plan is not None
    return planned.plan.hash


def moment(case: Case) -> dt.datetime:
    return dt.datetime.combine(case.today, dt.time(12), dt.UTC)


@pytest.mark.parametrize("folder", case_folders("plan"), ids=lambda folder: folder.name)
def test_hashes_are_equal(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Orders that nobody can have meant are refused before this; here they only have to be planned alike.
    monkeypatch.setattr("zhengban.run.planning.settle_order", lambda _policy, order: order)
    expected = make_plan(
        Case(folder, tmp_path / "core"), AnsweringHost(read_plain(folder / "simulations.yml") or [])
    ).hash

    monkeypatch.setattr(module.transaction, "STATE_DIR", str(tmp_path / "state"))
    machine = Machine(folder)
    monkeypatch.setattr(module.facts, "collect", machine.collect)
    monkeypatch.setattr(module.changers, "simulate", machine.simulate)
    by_salt = Case(folder, tmp_path / "salt")
    minions = MinionsOf({}, timeout_seconds=1)
    (header,) = minions.ask([MINION], "software_info", {"header_only": True, "test": True}).values()
    assert isinstance(header, Mapping) and "packages" not in header
    assert plan_hash(by_salt, HostOverSalt(minions, MINION, header=header)) == expected

    by_ansible = Case(folder, tmp_path / "ansible")
    assert plan_hash(by_ansible, HostInThisProcess(Machine(folder))) == expected

    if "deployment" not in by_salt.run:
        stored, _request = plan_stored(
            by_salt.workspace,
            by_salt.computer,
            history=by_salt.history,
            now=moment(by_salt),
            mode=by_salt.run.get("mode"),
        )
        assert stored.plan is not None
        assert stored.plan.hash == expected
