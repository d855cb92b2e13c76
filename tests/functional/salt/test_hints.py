# SPDX-License-Identifier: Apache-2.0
"""From events to looks: what is a hint, whom it names, and what a look answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saltext.zhengban.utils import watch as watching
from saltext.zhengban.utils.hints import Hints, minion_of
from saltext.zhengban.utils.look import FleetRun, Look
from saltext.zhengban.utils.targets import Targets, select_targets
from saltext.zhengban.utils.watch import Looked, Watch
from tests.lab.workspace import copy_example
from zhengban.model.errors import InputError, LedgerError
from zhengban.run.workspace import Workspace

PC1, PC2 = "pc-0001.office.local", "pc-0002.office.local"


@pytest.mark.parametrize(
    ("tag", "minion"),
    [
        (f"salt/beacon/{PC1}/zhengban/changed", PC1),
        (f"salt/minion/{PC1}/start", PC1),
        (f"salt/beacon/{PC1}/load/changed", ""),
        (f"salt/minion/{PC1}/start/x", ""),
        ("salt/beacon/a/b/zhengban/changed", ""),
        (f"x/salt/beacon/{PC1}/zhengban/changed", ""),
        ("salt/beacon/../zhengban/changed", ".."),
    ],
    ids=["change", "start", "another beacon", "longer", "slash", "prefix", "dots"],
)
def test_which_events_are_hints(tag: str, minion: str) -> None:
    assert minion_of(tag) == minion


def test_hints_are_taken_in_the_order_they_came_and_counted() -> None:
    hints = Hints()
    for minion in ("c", "a", "c", "b", "c"):
        hints.add(minion)
    assert hints.take(2, wait_seconds=0) == {"c": 3, "a": 1}
    hints.add("c")
    assert list(hints.take(9, wait_seconds=0)) == ["b", "c"]
    assert hints.take(9, wait_seconds=0) == {}


def test_a_delayed_hint_waits_and_a_new_one_does_not() -> None:
    hints = Hints()
    hints.add("a", delay_seconds=60)
    assert hints.take(9, wait_seconds=0.01) == {}
    hints.add("a")
    assert hints.take(9, wait_seconds=0) == {"a": 2}


def test_no_hint_is_lost_between_threads() -> None:
    hints, taken = Hints(), dict.fromkeys("abc", 0)

    def add() -> None:
        for count in range(3000):
            hints.add("abc"[count % 3])

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    while sum(taken.values()) < 6000:
        got = hints.take(2, wait_seconds=5)
        assert got
        for minion, count in got.items():
            taken[minion] += count
    for thread in threads:
        thread.join()
    assert taken == dict.fromkeys("abc", 2000)


class Fleet:
    """Gives the answers of a script and notes who was looked at."""

    def __init__(self, script: Callable[[tuple[str, ...]], dict[str, str] | str]) -> None:
        self.looked: list[tuple[str, ...]] = []
        self._script = script

    def enforce(self, targets: Targets, *, test: bool) -> FleetRun:
        assert not test
        numbers = tuple(computer.number for computer in targets.computers)
        self.looked.append(numbers)
        states = self._script(numbers)
        if isinstance(states, str):
            return FleetRun(run="r", test=False, computers=(), refused=(states,))
        minions = {computer.number: computer.names.minion for computer in targets.computers}
        looks = (Look(computer=number, minion=minions[number], state=states[number]) for number in numbers)  # type: ignore[arg-type]
        return FleetRun(run="r", test=False, computers=tuple(looks))


class Office:
    def __init__(self, workspace: Workspace, fleet: Fleet) -> None:
        self.workspace = workspace
        self._fleet = fleet
        self.settings = type("Settings", (), {"batch": 10})

    def fleet(self) -> Fleet:
        return self._fleet


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Watch, Hints, list[Looked]]]:
    monkeypatch.setattr(watching, "RETRY_SECONDS", 0.0001)
    workspace = Workspace(copy_example(tmp_path / "workspace"))

    def make(fleet: Fleet, *, look_at_all: bool = False) -> tuple[Watch, Hints, list[Looked]]:
        hints, said = Hints(), list[Looked]()
        office: Any = Office(workspace, fleet)
        return Watch(hints, lambda: office, said.append, look_at_all=look_at_all), hints, said

    return make


def unchanged(numbers: tuple[str, ...]) -> dict[str, str]:
    return dict.fromkeys(numbers, "unchanged")


def test_a_batch_is_one_run_and_strangers_are_not_looked_at(watch: Any) -> None:
    fleet = Fleet(unchanged)
    step, hints, said = watch(fleet)
    for minion in (PC2, "*", PC1, PC2):
        hints.add(minion)
    step.step(wait_seconds=0)
    assert fleet.looked == [("PC-0002", "PC-0001")]
    assert (said[0].hints, said[0].unknown) == ({PC2: 2, "*": 1, PC1: 1}, ("*",))


def test_one_computer_over_its_limit_does_not_keep_the_others(watch: Any) -> None:
    fleet = Fleet(lambda numbers: "too many" if "PC-0001" in numbers else unchanged(numbers))
    step, hints, said = watch(fleet)
    hints.add(PC1)
    hints.add(PC2)
    step.step(wait_seconds=0)
    assert fleet.looked == [("PC-0001", "PC-0002"), ("PC-0001",), ("PC-0002",)]
    assert (said[0].refused, said[0].computers) == (("too many",), {"PC-0002": "unchanged"})


def test_who_was_busy_is_looked_at_again_a_few_times(watch: Any) -> None:
    fleet = Fleet(lambda numbers: dict.fromkeys(numbers, "pending"))
    step, hints, _said = watch(fleet)
    hints.add(PC1)
    for _ in range(8):
        step.step(wait_seconds=0.01)
    assert fleet.looked == [("PC-0001",)] * (1 + watching.RETRIES)


def test_hints_outlast_a_policy_that_cannot_be_read(watch: Any) -> None:
    problems = [LedgerError("the ledger cannot be read")]

    def once(numbers: tuple[str, ...]) -> dict[str, str]:
        if problems:
            raise problems.pop()
        return unchanged(numbers)

    step, hints, said = watch(Fleet(once))
    hints.add(PC1, count=3)
    step.step(wait_seconds=0)
    assert said == []
    step.step(wait_seconds=0.05)
    assert said[0].hints == {PC1: 3}


def test_a_hint_is_answered_by_the_policy_of_its_time(tmp_path: Path) -> None:
    """The engine waits for hints for a second; what was edited in that second, before the hint, has to count."""
    before, after = Fleet(unchanged), Fleet(unchanged)
    workspace = Workspace(copy_example(tmp_path / "edited"))
    opened: list[Any] = [Office(workspace, before)]
    hints = Hints()

    def edit_then_hint() -> None:
        opened[0] = Office(workspace, after)
        hints.add(PC1)

    threading.Timer(0.1, edit_then_hint).start()
    Watch(hints, lambda: opened[0], lambda _looked: None, look_at_all=False).step(wait_seconds=10)
    assert (before.looked, after.looked) == ([], [("PC-0001",)])


def test_the_first_step_looks_at_everybody(watch: Any) -> None:
    fleet = Fleet(unchanged)
    step, _hints, _said = watch(fleet, look_at_all=True)
    step.step(wait_seconds=0)
    step.step(wait_seconds=0)
    assert fleet.looked == [("NB-0001", "PC-0001", "PC-0002", "PC-0003", "PC-0004", "SRV-0001")]


@pytest.mark.parametrize(
    ("target", "numbers", "unknown"),
    [
        ("*", ["NB-0001", "PC-0001", "PC-0002", "PC-0003", "PC-0004", "SRV-0001"], ["stranger"]),
        ("PC-0002, pc-0001.office.local", ["PC-0001", "PC-0002"], []),
        ("pc-*2.office.local", ["PC-0002"], []),
        ([PC1], ["PC-0001"], []),
    ],
    ids=["all", "names", "pattern", "list"],
)
def test_targets(tmp_path: Path, target: Any, numbers: list[str], unknown: list[str]) -> None:
    register = Workspace(copy_example(tmp_path / "workspace")).register
    targets = select_targets(register, target, accepted=[PC1, "stranger"])
    assert ([computer.number for computer in targets.computers], list(targets.unknown)) == (numbers, unknown)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("PC-0009", "no computer in use has the number or the minion 'PC-0009'"),
        (["*"], "no computer in use has the number or the minion '*'"),
        ("NB-0002", "'NB-0002'"),
        ("zz*", "no computer in use has a minion like 'zz*'"),
        (" ,", "the target is empty"),
        ([], "the target is empty"),
    ],
    ids=["unknown", "a literal star", "a spare", "no match", "blank", "nothing"],
)
def test_targets_that_are_none(tmp_path: Path, target: Any, said: str) -> None:
    register = Workspace(copy_example(tmp_path / "workspace")).register
    with pytest.raises(InputError) as caught:
        select_targets(register, target, accepted=[])
    assert said in str(caught.value)
