# SPDX-License-Identifier: Apache-2.0
"""The guard through Salt: the runner compiles and orders, the minion's functions obey, the state keeps."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from salt.exceptions import CommandExecutionError

from saltext.zhengban.modules import zhengban as module
from saltext.zhengban.runners import zhengban as runner
from saltext.zhengban.states import zhengban as state
from saltext.zhengban.utils.minions import Minions
from saltext.zhengban.utils.office import Office
from tests.unit.run.form_office import OFFICE, make_office
from tests.unit.run.memory_host import MemoryHost

DOORS = {"apt": "shut", "dpkg": "shut"}
DONE = {"refused": "", "test": False, "changed": True, "changes": ["/a"], "doors": DOORS}


class Bus:
    """The master's jobs; ``answers`` are what a minion says to an order, none that it is silent."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"pc-1": DONE, "pc-2": DONE}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def cmd(self, minions: list[str], function: str, kwarg: dict[str, Any], **_: object) -> dict[str, Any]:
        assert function == "zhengban.guard"
        (minion,) = minions
        self.calls.append((minion, json.loads(json.dumps(kwarg))))
        answer = self.answers[minion]
        return {} if answer is None else {minion: {"ret": module._answer(answer, packed=True)}}


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bus:
    office = OFFICE
    for number in "12":
        office = office.replace(f"{{ansible: pc-000{number}}}", f"{{minion: pc-{number}}}")
    workspace = make_office(tmp_path / "workspace", office=office)
    made = Bus()
    monkeypatch.setattr(Minions, "_client", lambda _self: made)
    monkeypatch.setattr(Office, "accepted", lambda _self: frozenset(made.answers))
    monkeypatch.setattr(Office, "_say", lambda *_: None)
    monkeypatch.setattr(runner, "__opts__", {"zhengban": {"workspace": str(workspace.root)}}, raising=False)
    return made


def test_each_minion_is_ordered_its_own_table(bus: Bus) -> None:
    answer = runner.guard()
    assert (answer["retcode"], answer["test"], answer["unknown"]) == (0, False, [])
    assert answer["computers"]["PC-0001"] == {
        "minion": "pc-1",
        "state": "done",
        "reason": "",
        "mode": "audit",
        "changes": ["/a"],
        "doors": DOORS,
    }
    orders = {minion: kwarg["order"] for minion, kwarg in bus.calls}
    tables = {minion: json.loads(order["table"]) for minion, order in orders.items()}
    assert {minion: table["computer"] for minion, table in tables.items()} == {"pc-1": "PC-0001", "pc-2": "PC-0002"}
    assert orders["pc-1"]["identity"] == {"serial_number": "", "machine_id": MemoryHost().machine_id}
    # A minion that runs with test=True in its own configuration is not overruled.
    assert all("test" not in kwarg for _minion, kwarg in bus.calls)


def test_a_test_run_and_removal_say_so_to_the_minion(bus: Bus) -> None:
    bus.answers["pc-1"] = {**DONE, "test": True}
    answer = runner.guard("PC-0001", ensure="absent", test=True)
    assert (answer["retcode"], answer["computers"]["PC-0001"]["state"]) == (0, "planned")
    ((_minion, kwarg),) = bus.calls
    assert (kwarg["order"]["state"], kwarg["order"]["table"], kwarg["test"]) == ("absent", None, True)
    assert answer["computers"]["PC-0001"]["mode"] == ""


@pytest.mark.parametrize(
    ("said", "code", "state", "reason"),
    [
        ({**DONE, "changed": False, "changes": []}, 0, "unchanged", ""),
        ({"refused": "this is for machine_id 'x'", "test": False}, 3, "refused", "this is for machine_id 'x'"),
        (None, 1, "unread", "did not answer"),
        ({"doors": DOORS}, 1, "unread", "gave no answer about its guard"),
    ],
    ids=["unchanged", "refused", "silent", "nonsense"],
)
def test_what_a_minion_says_is_what_the_run_says(bus: Bus, said: Any, code: int, state: str, reason: str) -> None:
    bus.answers["pc-1"] = said
    answer = runner.guard()
    look = answer["computers"]["PC-0001"]
    assert (answer["retcode"], look["state"], reason in look["reason"]) == (code, state, True)
    assert answer["computers"]["PC-0002"]["state"] == "done"


def test_a_misspelt_state_is_wrong_input(bus: Bus) -> None:
    answer = runner.guard(ensure="abesnt")
    assert (answer["retcode"], bus.calls) == (2, [])
    assert "present, audit, absent" in answer["errors"][0]


@pytest.fixture
def minion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A minion whose state lies in a directory of its own; returns that."""
    monkeypatch.setattr(module, "__opts__", {"id": "pc-1"}, raising=False)
    monkeypatch.setattr(module.transaction, "STATE_DIR", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def test_without_a_table_the_minion_names_the_command_that_helps(minion: Path) -> None:
    for ensure in ("present", "audit"):
        with pytest.raises(CommandExecutionError, match=r"guard.json is missing.* salt-run zhengban.guard pc-1$"):
            module.keep_guard(ensure=ensure)
    (minion / "guard.json").write_text("{", encoding="utf-8")
    with pytest.raises(CommandExecutionError, match=r"salt-run zhengban\.guard pc-1"):
        module.keep_guard(test=True)
    with pytest.raises(CommandExecutionError, match="it can be present, audit, absent"):
        module.keep_guard(ensure="gone")


def test_an_order_for_another_machine_is_refused(minion: Path) -> None:
    order = {"state": "present", "table": "{}", "identity": {"machine_id": "0" * 31 + "f"}}
    answer = module.guard(order, test=True)
    assert (answer["test"], "this is for machine_id" in answer["refused"]) == (True, True)


@pytest.mark.parametrize("is_test", [True, False])
def test_the_state_says_what_changes(is_test: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    done = {"changed": True, "changes": ["/a", "/b"], "before": "", "after": "/a\n/b\n"}

    def use(keep: Callable[..., Any]) -> None:
        monkeypatch.setattr(state, "__salt__", {"zhengban.keep_guard": keep}, raising=False)

    monkeypatch.setattr(state, "__opts__", {"test": is_test}, raising=False)
    use(lambda **kwargs: calls.append(kwargs) or done)
    answer = state.guarded("guard", ensure="audit")
    assert calls == [{"ensure": "audit", "test": is_test}]
    assert answer["result"] is (None if is_test else True)
    assert answer["changes"] == {"old": "", "new": "/a\n/b\n"}
    assert ("would change" in answer["comment"]) is is_test

    use(lambda **_: {"changed": False, "changes": [], "before": "", "after": ""})
    answer = state.guarded("guard")
    assert (answer["result"], answer["changes"]) == (True, {})

    def fail(**_: Any) -> Any:
        raise CommandExecutionError("no table; on the master: salt-run zhengban.guard pc-1")

    use(fail)
    answer = state.guarded("guard")
    assert (answer["result"], answer["changes"]) == (False, {})
    assert "salt-run zhengban.guard pc-1" in answer["comment"]
    monkeypatch.setattr(state, "__salt__", {})
    assert state.__virtual__()[0] is False
