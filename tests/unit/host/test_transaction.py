# SPDX-License-Identifier: Apache-2.0
"""Orders: every reason to refuse, what is run, and what is believed afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.orders import (
    AFTER,
    BEFORE,
    IDENTITY,
    MADISON,
    MARKS,
    REQUEST,
    SHOW,
    SIMULATED,
    SIMULATION,
    STEPS,
    Computer,
)
from tests.unit.host.systems import Call, Pkg, Script
from zhengban.host.apt import OPTIONS
from zhengban.host.facts import collect

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an order is for root, and the tests of refusals are not")


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def states(result: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [tuple(outcome.values()) for outcome in result["outcomes"]]


def test_an_order_is_carried_out_once_and_verified(computer: Computer) -> None:
    script = Script(*SIMULATED, computer.apt(*AFTER), MARKS)
    result = computer.apply(script)
    script.finish()
    assert (result["state"], result["reason"], result["output"]) == ("done", "", "fine\n")
    assert states(result) == [
        ("dpkg:newdep:amd64", "done", "1.0", ""),
        ("dpkg:unlisted:all", "done", "", ""),
        ("dpkg:tool:all", "done", "2.0", ""),
    ]
    assert "newdep" in {row[1] for row in result["facts"]["packages"]}
    # the same order again, and recovery
    computer.order["facts_digest"] = result["facts"]["digest"]
    again = computer.apply(Script())
    assert again["state"] == "refused"
    assert "'run/PC-1' is in this host's journal as 'done'" in again["reason"]
    assert computer.settle()["state"] == "done"
    assert computer.settle()["outcomes"] == result["outcomes"]


def test_a_named_install_stays_wanted(computer: Computer) -> None:
    """apt marks what its command line names as manual; the dependency is not wanted by anybody, the named one is."""
    computer.order["transactions"][0]["request"] = {**REQUEST, "install": [{"name": "newdep", "versions": ""}]}
    offered = Call(
        argv=("apt-cache", "madison", "newdep", "tool:amd64"), stdout=MADISON.stdout + "newdep|1.0|r Packages\n"
    )
    simulation = Call(
        argv=("apt-get", "-s", *OPTIONS, "install", "newdep=1.0", "tool:amd64=2.0", "unlisted:amd64-"),
        stdout=SIMULATION.stdout,
    )
    script = Script(offered, simulation, SHOW, computer.apt(*AFTER), Call(argv=("apt-mark", "auto", "tool:amd64")))
    assert computer.apply(script)["state"] == "done"
    script.finish()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"identity": {**IDENTITY, "machine_id": "other"}},
            "the order is for machine_id 'other', this machine has '0123",
        ),
        ({"identity": {**IDENTITY, "serial_number": "S1"}}, "the order is for serial_number 'S1', this machine has ''"),
        ({"identity": {"serial_number": "", "machine_id": ""}}, "names no identity"),
        ({"facts_digest": "0" * 64}, "packages have changed since the plan was made"),
        ({"protect": ["unlisted"]}, "protected packages would be removed: dpkg:unlisted:all"),
        (
            {
                "transactions": [
                    {
                        "request": REQUEST,
                        "steps": [*STEPS, {**STEPS[1], "name": "openssh-server", "arch": "amd64"}],
                    }
                ]
            },
            "protected packages would be removed: dpkg:openssh-server:amd64",
        ),
        ({"transactions": []}, "the order has no transactions"),
        (
            {"transactions": [{"request": {**REQUEST, "manager": "slackpkg"}, "steps": STEPS}]},
            "changes through slackpkg are not carried out on this computer",
        ),
    ],
)
def test_refused_before_apt_is_asked(computer: Computer, change: dict[str, Any], reason: str) -> None:
    computer.order.update(change)
    result = computer.apply(Script())
    assert result["state"] == "refused"
    assert reason in result["reason"]
    assert result["outcomes"] == []
    assert result["facts"]["digest"] == collect(str(computer.root))["digest"]
    assert not (computer.state / "journal.jsonl").exists()


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        (
            (MADISON, Call(argv=SIMULATION.argv, stdout=SIMULATION.stdout + "Remv openssh-server [1.0]\n"), SHOW),
            "apt would do something else now: not planned: remove openssh-server:amd64 1.0",
        ),
        (
            (MADISON, Call(argv=SIMULATION.argv, stdout="Remv unlisted [1.0]\n")),
            "planned and missing: install newdep:amd64 1.0, upgrade tool:all 1.0 to 2.0",
        ),
        ((Call(argv=MADISON.argv),), "not to be had any more: tool: no repository of this host offers it"),
        (
            (MADISON, Call(argv=SIMULATION.argv, stdout="E: broken\n", returncode=100)),
            "apt would not do this now: E: broken",
        ),
    ],
)
def test_refused_when_apt_says_something_else_than_when_planning(
    computer: Computer, calls: tuple[Call, ...], reason: str
) -> None:
    script = Script(*calls)
    result = computer.apply(script)
    script.finish()
    assert result["state"] == "refused"
    assert reason in result["reason"]
    assert computer.settle()["state"] == "never"


def test_the_hooks_refusal_changed_nothing_and_is_settled(computer: Computer) -> None:
    script = Script(*SIMULATED, computer.apt(verdict="not planned: install extra:all 6.6", returncode=100))
    result = computer.apply(script)
    assert result["state"] == "refused"
    assert result["reason"] == "apt was stopped, its transaction is not the plan: not planned: install extra:all 6.6"
    assert {outcome["state"] for outcome in result["outcomes"]} == {"not_done"}
    assert computer.settle()["outcomes"] == result["outcomes"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            (),
            [
                ("not_done", "", "installed is nothing"),
                ("not_done", "1.0", "still installed"),
                ("not_done", "1.0", "installed is 1.0"),
            ],
        ),
        (
            (Pkg(name="tool", version="2.0", status="install ok half-configured"), AFTER[1], AFTER[2]),
            [("done", "1.0", ""), ("done", "", ""), ("done", "2.0", "dpkg says half-configured")],
        ),
    ],
)
def test_apts_failure_is_told_with_what_really_happened(
    computer: Computer, after: tuple[Pkg, ...], expected: list[tuple[str, str, str]]
) -> None:
    script = Script(*SIMULATED, computer.apt(*after, stdout="E: boom\n", returncode=100))
    result = computer.apply(script)
    script.finish()
    assert (result["state"], result["reason"]) == ("failed", "apt-get ended with 100: E: boom")
    assert [outcome[1:] for outcome in states(result)] == expected


def test_success_that_did_not_happen_is_a_failure(computer: Computer) -> None:
    """Verification turns success into failure: apt said 0, and the package is still there."""
    script = Script(*SIMULATED, computer.apt(*AFTER, BEFORE[1]), MARKS)
    result = computer.apply(script)
    assert (result["state"], result["reason"]) == ("failed", "dpkg:unlisted:all: still installed")


def test_an_apt_that_skipped_the_hook_is_a_failure(computer: Computer) -> None:
    result = computer.apply(Script(*SIMULATED, computer.apt(*AFTER, verdict=None), MARKS))
    assert (result["state"], result["reason"]) == ("failed", "apt did not run the check of its transaction")


def test_a_verdict_of_an_earlier_transaction_does_not_count(computer: Computer) -> None:
    computer.state.mkdir()
    (computer.state / "verdict.json").write_text('{"difference": ""}')
    result = computer.apply(Script(*SIMULATED, computer.apt(*AFTER, verdict=None), MARKS))
    assert result["state"] == "failed"


def test_a_hook_killed_while_it_writes_is_a_no(computer: Computer) -> None:
    def tear() -> None:
        (computer.state / "verdict.json").write_text('{"diff')

    result = computer.apply(Script(*SIMULATED, computer.apt(check=tear, returncode=100)))
    assert (result["state"], "the check was interrupted" in result["reason"]) == ("refused", True)


def test_what_cannot_be_read_afterwards_is_not_guessed(computer: Computer) -> None:
    def destroy() -> None:
        (computer.root / "var/lib/dpkg/status").write_text("Package: torn")

    result = computer.apply(Script(*SIMULATED, computer.apt(check=destroy, returncode=100)))
    assert (result["state"], result["outcomes"]) == ("failed", [])
    assert "what happened cannot be read" in result["reason"]
    assert computer.settle()["state"] == "interrupted"


def test_marks_that_cannot_be_put_back_are_told(computer: Computer) -> None:
    marks = Call(argv=MARKS.argv, stdout="E: disk full\n", returncode=100)
    result = computer.apply(Script(*SIMULATED, computer.apt(*AFTER), marks))
    assert (result["state"], result["reason"]) == ("failed", "the automatic marks were not put back: E: disk full")
    assert {outcome["state"] for outcome in result["outcomes"]} == {"done"}


def test_a_state_directory_apt_could_not_name_is_refused(computer: Computer, tmp_path: Path) -> None:
    computer.state = tmp_path / "with blank"
    result = computer.apply(Script(*SIMULATED))
    assert result["state"] == "refused"
    assert "cannot hold apt's hook" in result["reason"]
    assert computer.settle()["state"] == "never"


def test_only_root_may(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "run this task as root" in computer.apply(Script())["reason"]
