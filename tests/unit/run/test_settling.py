# SPDX-License-Identifier: Apache-2.0
"""What an earlier run left open: settled from the host's journal and packages, guessing nothing. Source: DESIGN 6."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zhengban.model.errors import Busy, FactsError, Refused
from zhengban.model.plan import Plan
from zhengban.model.register import Computer
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.facts import stored_facts
from zhengban.run.host import Host
from zhengban.run.settling import settle_host
from zhengban.run.workspace import Workspace

from .conftest import NOW, RUN
from .memory_host import ConnectionLost, MemoryHost

LATER = "20261123T100000Z-def456"
BOOKED = {
    ("COM-0001", "install", "2.1"),
    ("COM-0001", "uninstall", "1.0"),
    ("FREE-3", "install", "9"),
    ("UNLISTED", "uninstall", "1.0"),
}


@pytest.fixture
def leave_open(
    workspace: Workspace, computer: Computer, arm: Callable[[Host], Plan], host: MemoryHost
) -> Callable[[str], None]:
    """Apply with the connection cut before or after the host did its work; what settles is another process."""

    def leave(cut: str) -> None:
        plan = arm(host)
        host.cut["apply"] = cut
        with pytest.raises(ConnectionLost):
            apply_plan(workspace, computer, plan.hash, host, run=RUN, now=NOW)

    return leave


def booked(workspace: Workspace) -> set[tuple[str, str, str]]:
    records = Workspace(workspace.root).ledger.all_records()
    found = {(item.book, item.record.action, item.record.version) for item in records}
    assert len(found) == len(records)
    return found


def test_nothing_open(workspace: Workspace, computer: Computer, host: MemoryHost) -> None:
    assert settle_host(workspace, computer, host) is None
    assert host.asked == []


def test_done(workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]) -> None:
    leave_open("after")
    later = Workspace(workspace.root)

    records = settle_host(later, computer, host)

    assert records is not None
    assert len(records) == 4
    assert booked(workspace) == BOOKED
    assert later.ledger.pending() == ()
    assert later.ledger.verify() == ()
    assert settle_host(later, computer, host) is None
    kept = stored_facts(later, "PC-0001")
    assert kept is not None
    assert [package.name for package in kept.packages] == ["kav", "wps"]


def test_done_and_moved_on(
    workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]
) -> None:
    leave_open("after")
    host.packages = {"tar": "1"}

    settle_host(Workspace(workspace.root), computer, host)

    assert booked(workspace) == BOOKED


def test_never(workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]) -> None:
    leave_open("before")
    later = Workspace(workspace.root)

    assert settle_host(later, computer, host) == ()

    assert booked(workspace) == set()
    assert later.ledger.pending() == ()
    # The order that was under way arrives after all: its intent has a tombstone.
    host.cut = {}
    assert host.apply(host.order())["state"] == "refused"


def test_interrupted(
    workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]
) -> None:
    leave_open("before")
    del host.packages["game"]
    host.packages["kav"] = "9"
    host.answers["settle"] = {"state": "interrupted", "facts": host._facts("")}

    settle_host(Workspace(workspace.root), computer, host)

    assert booked(workspace) == {("FREE-3", "install", "9"), ("UNLISTED", "uninstall", "1.0")}


def test_busy_host(
    workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]
) -> None:
    leave_open("before")
    host.answers["settle"] = {"state": "busy"}
    later = Workspace(workspace.root)

    with pytest.raises(Busy, match=f"PC-0001 is still at work on run {RUN}"):
        settle_host(later, computer, host)

    assert later.ledger.pending_of("PC-0001") is not None


def test_busy_controller(
    workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]
) -> None:
    leave_open("after")
    with workspace.ledger.lock_computer("PC-0001"), pytest.raises(Busy, match="another run is working"):
        settle_host(Workspace(workspace.root), computer, host)

    assert host.questions().count("settle") == 0


def test_unreachable(
    workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]
) -> None:
    leave_open("after")
    host.cut["settle"] = "before"
    later = Workspace(workspace.root)

    with pytest.raises(ConnectionLost):
        settle_host(later, computer, host)

    assert later.ledger.pending_of("PC-0001") is not None


def test_an_open_intent_stops_the_next_apply(
    workspace: Workspace,
    computer: Computer,
    host: MemoryHost,
    leave_open: Callable[[str], None],
    plan: Callable[[Host], Plan],
) -> None:
    leave_open("before")
    host.cut = {}
    made = plan(host)
    arm_run(workspace, {"pc-0001": made}, run=LATER, now=NOW, check=False)

    with pytest.raises(Refused, match=f"the change {RUN}/PC-0001 .* is not settled yet"):
        apply_plan(workspace, computer, made.hash, host, run=LATER, now=NOW)


def test_another_machine_answers(
    workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None]
) -> None:
    """It knows nothing of the intent and says "never": the records of the real computer were lost that way."""
    leave_open("after")
    stranger = MemoryHost("tar")
    stranger.machine_id = "f" * 32
    later = Workspace(workspace.root)

    with pytest.raises(FactsError, match=r"another machine answers .* stays open"):
        settle_host(later, computer, stranger)

    assert later.ledger.pending_of("PC-0001") is not None
    settle_host(later, computer, host)
    assert booked(workspace) == BOOKED


@pytest.mark.parametrize("facts", [None, {}], ids=["missing", "unread"])
def test_packages_that_cannot_be_read(
    workspace: Workspace, computer: Computer, host: MemoryHost, leave_open: Callable[[str], None], facts: object
) -> None:
    leave_open("after")
    unread = {**host._facts(""), "packages": [], "managers": {"dpkg": {"read": False, "why": "status is cut off"}}}
    host.answers["settle"] = {"state": "interrupted", "facts": facts if facts is None else unread}
    later = Workspace(workspace.root)

    with pytest.raises(FactsError, match="stays open until the host can be read"):
        settle_host(later, computer, host)

    assert later.ledger.pending_of("PC-0001") is not None
    assert booked(workspace) == set()
