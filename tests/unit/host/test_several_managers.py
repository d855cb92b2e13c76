# SPDX-License-Identifier: Apache-2.0
"""A computer with two package managers: facts as one table, an order with a transaction of each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.orders import AFTER, MARKS, SIMULATED, STEPS, Computer
from tests.unit.host.systems import Script
from zhengban.host import changers, managers
from zhengban.host.changer import Changer, Executed, Find, ManagerError, Present
from zhengban.host.command import Run, run_command
from zhengban.host.database import DatabaseError, Reading
from zhengban.host.facts import collect
from zhengban.host.manager import Manager
from zhengban.host.steps import Step
from zhengban.model.facts import facts_from_plain

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="an order is for root")
SHELF_STEP = {"kind": "install", "name": "app", "arch": "x", "old": "", "new": "2"}


class Shelf(Manager, Changer):
    """A manager in memory. ``ends`` is what its transaction answers, ``leaves`` what is there afterwards."""

    name = "shelf"
    program = "shelfctl"

    def __init__(self) -> None:
        self.apps = {"app-data": "1"}
        self.ends = Executed("", "", "shelved\n")
        self.leaves = {"app": "2", "app-data": "1"}
        self.started = 0
        self.simulated: list[Step] = [SHELF_STEP]

    def is_here(self, root: str) -> bool:
        return True

    def read(self, root: str) -> Reading:
        if "broken" in self.apps:
            raise DatabaseError("the shelf is broken")
        names = sorted(self.apps)
        keys = [[self.name, name, self.apps[name], "x", True, False] for name in names]
        rows = [
            [*key[:4], None, None, True, False, "", False, None, [names.index("app-data")], [], []]
            if key[1] == "app"
            else [*key[:4], None, None, True, False, "", False, None, [], [], []]
            for key in keys
        ]
        return Reading(keys, lambda: rows, lambda: [[self.name, "old", "x", "1", "2026-11-20T00:00:00Z"]], "x")

    def simulate(self, request: dict[str, Any], root: str, run: Run) -> dict[str, Any]:
        return {"request": request, "steps": self.simulated, "brings": [], "unavailable": [], "error": ""}

    def finder(self, root: str) -> Find:
        def find(name: str, arch: str) -> Present | None:
            if "broken" in self.apps:
                raise AssertionError("a broken shelf is not looked into")
            return Present(self.apps[name]) if name in self.apps else None

        if "broken" in self.apps:
            raise ManagerError("the shelf is broken")
        return find

    def prepare(
        self, steps: Sequence[Step], request: dict[str, Any], state_dir: str, root: str
    ) -> Callable[[Run, Sequence[int]], Executed]:
        def start(run: Run, inherited: Sequence[int]) -> Executed:
            self.started += 1
            self.apps = dict(self.leaves)
            return self.ends

        return start


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf()
    monkeypatch.setattr(managers, "MANAGERS", (shelf, *managers.MANAGERS))
    monkeypatch.setattr(changers, "CHANGERS", (shelf, *changers.CHANGERS))
    return shelf


@pytest.fixture
def computer(tmp_path: Path, shelf: Shelf) -> Computer:
    """Its order has a transaction of dpkg, then one of the shelf."""
    computer = Computer(tmp_path)
    request = {"manager": "shelf", "install": [{"name": "app", "versions": ""}], "upgrade": [], "remove": []}
    computer.order["transactions"].append({"request": request, "steps": [SHELF_STEP]})
    return computer


def test_facts_are_one_table_whose_edges_count_all_rows(computer: Computer, shelf: Shelf) -> None:
    shelf.apps = {"app": "2", "app-data": "1"}
    document = collect(str(computer.root))
    assert [row[:2] for row in document["packages"]] == [
        ["dpkg", "dpkg"],
        ["dpkg", "openssh-server"],
        ["dpkg", "tool"],
        ["dpkg", "unlisted"],
        ["shelf", "app"],
        ["shelf", "app-data"],
    ]
    assert document["packages"][4][-3:] == [[5], [], []]
    assert {name: (state["read"], state["arch"]) for name, state in document["managers"].items()} == {
        "dpkg": (True, "amd64"),
        "shelf": (True, "x"),
    }
    assert document["removed"] == [["shelf", "old", "x", "1", "2026-11-20T00:00:00Z"]]
    facts = facts_from_plain(document, source="test")
    assert [facts.native_arch(manager) for manager in ("dpkg", "shelf", "other")] == ["amd64", "x", "amd64"]
    before = document["digest"]
    shelf.apps["app"] = "3"
    assert collect(str(computer.root))["digest"] != before


def test_a_manager_that_cannot_be_read_hides_no_other(computer: Computer, shelf: Shelf) -> None:
    shelf.apps = {"broken": ""}
    document = collect(str(computer.root))
    assert {name: (state["read"], state["why"]) for name, state in document["managers"].items()} == {
        "dpkg": (True, ""),
        "shelf": (False, "the shelf is broken"),
    }
    assert {row[0] for row in document["packages"]} == {"dpkg"}


def test_a_request_goes_to_its_manager(computer: Computer) -> None:
    request = computer.order["transactions"][1]["request"]
    assert changers.simulate(request, str(computer.root), run_command)["steps"] == [SHELF_STEP]
    unknown = changers.simulate({**request, "manager": "slackpkg"}, str(computer.root), run_command)
    assert (unknown["steps"], unknown["error"]) == (
        [],
        "changes through slackpkg are not carried out on this computer",
    )


def outcomes(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["package"], one["state"], one["reason"]) for one in result["outcomes"]]


DONE = [("dpkg:newdep:amd64", "done", ""), ("dpkg:unlisted:all", "done", ""), ("dpkg:tool:all", "done", "")]


@needs_root
def test_the_transactions_are_carried_out_one_after_the_other(computer: Computer) -> None:
    script = Script(*SIMULATED, computer.apt(*AFTER), MARKS)
    result = computer.apply(script)
    script.finish()
    assert (result["state"], result["reason"], result["output"]) == ("done", "", "fine\n\nshelved\n")
    assert outcomes(result) == [*DONE, ("shelf:app:x", "done", "")]
    assert computer.settle()["outcomes"] == result["outcomes"]


@needs_root
@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        (Executed("", "shelfctl ended with 1: full", ""), "shelfctl ended with 1: full"),
        (Executed("", "", ""), "shelf:app:x: installed is nothing"),
        (Executed("shelfctl was stopped", "", ""), "shelfctl was stopped"),
    ],
)
def test_what_the_second_does_not_do_takes_nothing_from_the_first(
    computer: Computer, shelf: Shelf, ends: Executed, reason: str
) -> None:
    shelf.ends, shelf.leaves = ends, shelf.apps
    result = computer.apply(Script(*SIMULATED, computer.apt(*AFTER), MARKS))
    assert (result["state"], result["reason"]) == ("failed", reason)
    assert outcomes(result) == [*DONE, ("shelf:app:x", "not_done", "installed is nothing")]


@needs_root
@pytest.mark.parametrize(("verdict", "state"), [("", "failed"), ("not planned: install extra:all 6.6", "refused")])
def test_after_a_transaction_that_failed_the_next_is_not_started(
    computer: Computer, shelf: Shelf, verdict: str, state: str
) -> None:
    result = computer.apply(Script(*SIMULATED, computer.apt(verdict=verdict, stdout="E: boom\n", returncode=100)))
    assert (result["state"], shelf.started) == (state, 0)
    assert {one["state"] for one in result["outcomes"]} == {"not_done"}
    assert outcomes(result)[-1] == (
        "shelf:app:x",
        "not_done",
        "not started, because the changes through apt failed",
    )
    assert len(result["outcomes"]) == len(STEPS) + 1


@needs_root
def test_a_refusal_by_one_manager_comes_before_any_is_started(computer: Computer, shelf: Shelf) -> None:
    shelf.simulated = []
    result = computer.apply(Script(*SIMULATED))
    assert (result["state"], shelf.started) == ("refused", 0)
    assert result["reason"] == "shelfctl would do something else now: planned and missing: install app:x 2"
    assert computer.settle()["state"] == "never"


@needs_root
def test_a_manager_that_cannot_be_read_afterwards_leaves_the_order_open(computer: Computer, shelf: Shelf) -> None:
    shelf.leaves = {"broken": ""}
    result = computer.apply(Script(*SIMULATED, computer.apt(*AFTER), MARKS))
    assert (result["state"], result["outcomes"]) == ("failed", [])
    assert "what happened cannot be read: the shelf is broken" in result["reason"]
    assert computer.settle()["state"] == "interrupted"
