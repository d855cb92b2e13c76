# SPDX-License-Identifier: Apache-2.0
"""ansible-playbook is killed between intent and commit; whatever lives on, each change is recorded exactly once."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.hosts.conftest import Office, Run
from tests.lab.hosts import Host, Lab
from tests.lab.office import DEBS, install
from tests.lab.repository import Deb, build_repository

pytestmark = pytest.mark.slow

NUMBERS = itertools.count(2001)
SLOW = Deb(
    name="kav-engine",
    version="9.2",
    # Long enough for the kill to land in the middle of the transaction.
    scripts={"postinst": "#!/bin/sh\nsleep 3\n"},
)


@pytest.fixture(scope="module")
def slow_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    others = (deb for deb in DEBS if deb.name != SLOW.name)
    return build_repository(tmp_path_factory.mktemp("slow") / "repository", (*others, SLOW))


@pytest.fixture
def here(
    lab: Lab,
    slow_repository: Path,
    office: Callable[[Lab, Mapping[str, Host]], Office],
) -> Office:
    """A desktop with software to remove, to upgrade and to install slowly."""
    name = f"pc-{next(NUMBERS)}"
    (host,) = lab.start((name,), repository=slow_repository)
    install(host, "wps-office=11.1.0.9000", "xunlei-thunder")
    yield office(lab, {name.upper(): host})
    host.stop()


def wait_for(happened: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def started_on_host(host: Host) -> bool:
    """Whether the host's journal shows a transaction that has begun."""
    journal = host.run(["cat", "/var/lib/zhengban/journal.jsonl"]).stdout
    return '"started"' in journal


def settle(here: Office) -> Run:
    """Enforce until nobody is at work any more: a run that meets a living worker is refused, not made to wait."""
    for _attempt in range(20):
        run = here.run("zhengban.baseline.enforce")
        if run.code == 0:
            return run
        assert "another run is working on this computer" in run.output or "is still at work" in run.output, run.output
        time.sleep(1)
    raise AssertionError("the open change was never settled")


def check_books_equal_host(here: Office, before: dict[str, str]) -> None:
    ((number, host),) = here.hosts.items()
    state = dict(before)
    seen = set()
    for booked in here.records(number):
        record = booked.record
        assert record.id not in seen
        seen.add(record.id)
        name = record.package.split(":")[1]
        if record.action == "uninstall":
            assert state.pop(name) == record.version
        else:
            assert name not in state
            state[name] = record.version
    assert state == host.packages()
    assert "kav-engine" in state
    assert here.ledger.pending() == ()
    assert here.ledger.verify() == ()
    plans = [commit for commit in here.ledger.commits() if commit.computer == number]
    assert len({(commit.run, commit.plan) for commit in plans}) == len(plans)


def end(process: subprocess.Popen[str], how: signal.Signals, *, group: bool) -> None:
    if group:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    process.communicate(timeout=60)


def end_with_workers(process: subprocess.Popen[str]) -> None:
    """Kill ansible-playbook and its workers, which have sessions of their own and would live on."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    for pid in (process.pid, *map(int, children)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=60)


@pytest.mark.parametrize("group", [False, True], ids=["parent", "group"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_killed_in_the_middle_of_the_transaction(here: Office, how: signal.Signals, group: bool) -> None:
    ((_number, host),) = here.hosts.items()
    before = host.packages()
    process = here.start("zhengban.baseline.enforce")
    wait_for(lambda: here.ledger.pending() != () and started_on_host(host))
    end(process, how, group=group)
    assert process.returncode != 0
    settle(here)
    check_books_equal_host(here, before)


def test_killed_before_the_host_was_asked(here: Office) -> None:
    """The intent is on disk and the host has never heard of it: nothing is recorded, and the next run does it all."""
    ((_number, host),) = here.hosts.items()
    before = host.packages()
    process = here.start("zhengban.baseline.enforce")
    wait_for(lambda: here.ledger.pending() != ())
    end(process, signal.SIGKILL, group=True)
    settle(here)
    check_books_equal_host(here, before)


def test_recover_playbook_settles_and_contacts_nobody_else(here: Office) -> None:
    ((number, host),) = here.hosts.items()
    before = host.packages()
    process = here.start("zhengban.baseline.enforce")
    wait_for(lambda: here.ledger.pending() != () and started_on_host(host))
    end_with_workers(process)

    check = here.run("zhengban.baseline.recover", "--check")
    assert check.code == 0, check.output
    (result,) = check.results("Settle").values()
    assert result["pending"].endswith(number)
    assert here.records(number) == []

    run = here.run("zhengban.baseline.recover")
    assert run.code == 0, run.output
    check_books_equal_host(here, before)
    host.stop()
    again = here.run("zhengban.baseline.recover")
    assert again.code == 0, "nothing is open, so a host that is away does not matter"
