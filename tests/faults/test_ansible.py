# SPDX-License-Identifier: Apache-2.0
"""ansible-playbook is killed at any moment of a run over several hosts; afterwards books = hosts.

Source: DESIGN, "no record, no change"; DESIGN 6.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import LabUnavailable

from .conftest import LANES, Report
from .kill import TOKEN, Kill, draw_kills, processes_of, send, wait_until
from .office import Fleet, build_fleet, start_lab
from .soundness import assert_books_equal_hosts

SIZE = 3
ENFORCE = "zhengban.baseline.enforce"
RECOVER = "zhengban.baseline.recover"
TRIES = 10
# Of one computer, in the order it goes through them.
PHASES = ("armed", "intended", "changing", "changed", "recording", "settled")
UNDER_WAY = frozenset({"intended", "changing", "changed", "recording"})


@pytest.fixture
def fleet(tmp_path: Path, ansible_environment: dict[str, str]) -> Iterator[Fleet]:
    try:
        lab = start_lab()
    except LabUnavailable as err:
        pytest.fail(f"the fault tests need hosts: {err}", pytrace=False)
    with lab:
        yield build_fleet(lab, tmp_path, ansible_environment, size=SIZE)


class Watch:
    """Looks at one armed run from outside, as cheaply as files can be read."""

    def __init__(self, fleet: Fleet, run: str) -> None:
        self._fleet = fleet
        self._run = run
        self._ledger = fleet.root / "ledger"

    def phase(self, number: str) -> str:
        intent = f"{self._run}/{number}"
        # A ledger file is read after what makes it change, so that a phase is never missed.
        if not (self._ledger / "pending" / f"{number}.json").exists():
            needle = f'"run": "{self._run}", "computer": "{number}"'.encode()
            runs = self._ledger.glob("runs/*.yml")
            return "settled" if any(needle in path.read_bytes() for path in runs) else "armed"
        if any(f'"id": "{intent}/'.encode() in path.read_bytes() for path in self._ledger.glob("books/*.yml")):
            return "recording"
        journal = [line for line in self._fleet.journal(number).splitlines() if f'"{intent}"'.encode() in line]
        if any(b'"state": "done"' in line for line in journal):
            return "changed"
        return "changing" if journal else "intended"

    def has_reached(self, number: str, phase: str) -> bool:
        return PHASES.index(self.phase(number)) >= PHASES.index(phase)


def armed_runs(fleet: Fleet) -> set[str]:
    return {path.stem for path in (fleet.root / "plans" / "armed").glob("*.json") if not path.name.startswith(".")}


def start_armed(fleet: Fleet, token: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start an enforcement; returns with the run's id once it is armed and before any host was touched."""
    before = armed_runs(fleet)
    process = fleet.start(ENFORCE, **{TOKEN: token})

    def is_armed() -> bool:
        assert process.poll() is None, f"the run ended before it was armed:\n{fleet.said()}"
        return armed_runs(fleet) > before

    wait_until(is_armed, seconds=60, what="the run was armed")
    (run,) = armed_runs(fleet) - before
    return process, run


def aim_and_send(kill: Kill, fleet: Fleet, process: subprocess.Popen[bytes], run: str, number: str, token: str) -> None:
    watch = Watch(fleet, run)
    if kill.aim != "any":
        # A run may end without this computer (its host refuses, or the run gives it nothing to do).
        wait_until(
            lambda: watch.has_reached(number, kill.aim) or process.poll() is not None,
            seconds=60,
            what=f"{number} was {kill.aim}",
            pause=0.0005,
        )
    time.sleep(kill.delay)
    send(kill, process.pid, token)


def has_ended(token: str) -> bool:
    """Whether every process of a run is gone; ssh's own, which keep connections open for the next run, do not count."""
    return not processes_of(token, program=b"ansible-playbook")


def end(process: subprocess.Popen[bytes], token: str) -> bool:
    """Wait until a killed ``ansible-playbook`` has ended; returns whether it had to be ended by hand.

    A worker that is killed while it holds the lock of Ansible's queue of results takes it along: the playbook, and each
    worker with a result, then wait for ever, and whoever started them ends them.
    """
    try:
        process.wait(timeout=120)
    except subprocess.TimeoutExpired:
        send(Kill(aim="any", delay=0, how=signal.SIGKILL, scope="everyone"), process.pid, token)
        process.wait(timeout=60)
        return True
    return False


def recover(fleet: Fleet, chance: random.Random) -> int:
    """Recover until nothing is open, killing one recovery in five as well; returns how many were needed."""
    for attempt in range(TRIES):
        if not fleet.ledger.pending():
            return attempt
        token = secrets.token_hex(8)
        process = fleet.start(RECOVER, **{TOKEN: token})
        if attempt == 0 and chance.random() < 0.2:
            kill = next(draw_kills(chance, ("any",), seconds=2.0))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=kill.delay)
            send(kill, process.pid, token)
        code = process.wait(timeout=120)
        wait_until(lambda: has_ended(token), seconds=60, what="the recovery's processes ended", pause=0.02)  # noqa: B023
        assert code or not fleet.ledger.pending(), fleet.said()
    raise AssertionError(f"still open after {TRIES} recoveries:\n{fleet.said()}")


def measure(fleet: Fleet) -> float:
    """Let one run end; returns how long it took from its arming on, in seconds."""
    fleet.aim_for("2019")
    process, _run = start_armed(fleet, "measured")
    begun = time.monotonic()
    assert process.wait(timeout=120) == 0, fleet.said()
    assert_books_equal_hosts(fleet)
    return time.monotonic() - begun


@pytest.mark.parametrize("lane", range(LANES))
def test_killed_runs_of_ansible(fleet: Fleet, lane: int, runs: int, seed: int, report: Report) -> None:
    chance = random.Random(f"ansible {seed} {lane}")
    kills = draw_kills(chance, PHASES[1:-1], seconds=measure(fleet))
    landed: Counter[str] = Counter()
    for number in range(runs):
        kill, target = next(kills), chance.choice(list(fleet.hosts))
        fleet.aim_for(fleet.choose_goal(chance))
        token = secrets.token_hex(8)
        process, run = start_armed(fleet, token)
        aim_and_send(kill, fleet, process, run, target, token)
        phases = {Watch(fleet, run).phase(computer) for computer in fleet.hosts}
        landed.update([*phases, "mid-unit kills"] if phases & UNDER_WAY else phases)
        landed[kill.how.name] += 1
        landed["ended by hand"] += end(process, token)
        if chance.random() < 0.25:
            # Beside workers that may have lived on: it settles nothing they still work on.
            fleet.run(RECOVER)
        wait_until(lambda: has_ended(token), seconds=120, what="the run's workers ended", pause=0.02)  # noqa: B023
        try:
            landed["recoveries"] += recover(fleet, chance)
            assert_books_equal_hosts(fleet)
        except AssertionError as err:
            err.add_note(f"seed {seed}, lane {lane}, run {number} ({run}): {kill}; phases {sorted(phases)}")
            raise
    report("ansible", runs, landed)
    needed = set(PHASES) - ({"recording"} if runs < 50 else set())
    assert needed <= landed.keys(), f"no kill landed in {sorted(needed - landed.keys())}: {landed}"
    assert landed["mid-unit kills"] >= runs / 2, landed
    assert landed["ended by hand"] <= runs / 50, landed
