# SPDX-License-Identifier: Apache-2.0
"""Seats from the arming to the books: handed out, booked, free again. Source: DESIGN 5, 6, DOMAIN S3, C9."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.errors import Refused
from zhengban.model.plan import Plan
from zhengban.plan import Armed
from zhengban.run.applying import Applied, apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.planning import plan_host
from zhengban.run.workspace import Workspace

from .conftest import NOW, RUN
from .memory_host import ConnectionLost, MemoryHost

POLICY = """\
software:
- name: WPS
  version: "2019"
  type: commercial
  category: office
  state: required
  lots:
  - {number: COM-0001, quantity: 1, licence_type: site}
  - {number: COM-0002, quantity: 1}
  packages: [{manager: dpkg, name: wps}]
"""
COMPUTERS = "computers:\n" + "".join(
    f"- {{number: PC-000{index}, kind: desktop, identity: {{machine_id: '{index:032}'}}}}\n" for index in (1, 2, 3)
)
NUMBERS = ("PC-0001", "PC-0002", "PC-0003")


# A minute to midnight where the organisation is.
LATE = dt.datetime(2026, 11, 23, 15, 59, tzinfo=dt.UTC)


class Office:
    """Three computers that lack the required WPS, for which there are two seats."""

    def __init__(self, root: Path, policy: str = POLICY) -> None:
        self.workspace = make_workspace(root, policy, COMPUTERS)
        self.hosts = {number: MemoryHost("tar", offers={"wps": "11"}) for number in NUMBERS}
        for number, host in self.hosts.items():
            host.machine_id = host.machine_id[:-1] + number[-1]
        self.hashes: dict[str, str] = {}

    def plan(self, *, check: bool = False, now: dt.datetime = NOW) -> dict[str, Plan]:
        plans = {}
        for number, host in self.hosts.items():
            computer = self.workspace.register.computer_by_number[number]
            plan = plan_host(self.workspace, computer, host, now=now, check=check).plan
            assert plan is not None
            plans[number] = plan
        return plans

    def arm(self, *, run: str = RUN, check: bool = False, now: dt.datetime = NOW) -> Armed:
        plans = self.plan(check=check, now=now)
        self.hashes = {number: plan.hash for number, plan in plans.items()}
        offered = {number.lower(): plan for number, plan in plans.items()}
        return arm_run(self.workspace, offered, run=run, now=now, check=check)

    def apply(self, number: str, *, run: str = RUN, now: dt.datetime = NOW) -> Applied:
        computer = self.workspace.register.computer_by_number[number]
        return apply_plan(self.workspace, computer, self.hashes[number], self.hosts[number], run=run, now=now)

    def seats(self, now: dt.datetime = NOW) -> set[tuple[str, str]]:
        return set(Workspace(self.workspace.root).history(now).seats)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "workspace")


def test_the_dry_run_shows_the_same(office: Office) -> None:
    shown, armed = office.arm(check=True), office.arm()

    assert shown == armed
    assert list(armed.computers) == ["PC-0001", "PC-0002"]
    assert armed.moved == {"PC-0002": {"COM-0001": "COM-0002"}}
    assert list(armed.without_seat) == ["PC-0003"]


def test_a_moved_seat_is_booked_in_its_lot(office: Office) -> None:
    office.arm()

    assert [office.apply(number).state for number in NUMBERS] == ["done", "done", "left_out"]

    booked = {(item.book, item.record.computer) for item in office.workspace.ledger.all_records()}
    assert booked == {("COM-0001", "PC-0001"), ("COM-0002", "PC-0002")} == office.seats()
    assert office.hosts["PC-0003"].packages == {"tar": "1.0"}
    assert "apply" not in office.hosts["PC-0003"].questions()


def test_a_run_that_leaves_everybody_out_fails_nobody(office: Office) -> None:
    """Another run took the seats after this one had planned."""
    plans = office.plan()
    office.arm()

    run = "20261123T093001Z-bbbbbb"
    armed = arm_run(office.workspace, {"pc-0003": plans["PC-0003"]}, run=run, now=NOW, check=False)

    assert (armed.computers, list(armed.without_seat)) == ({}, ["PC-0003"])
    applied = office.apply("PC-0003", run=run)
    assert (applied.state, applied.changed, applied.reason) == ("left_out", False, armed.without_seat["PC-0003"])


def test_an_install_that_failed_frees_its_seat_at_once(office: Office) -> None:
    """C9: a seat that nobody sits on is nobody's."""
    office.arm()
    reserved = {("COM-0001", "PC-0001"), ("COM-0002", "PC-0002")}
    assert office.seats() == reserved
    office.hosts["PC-0001"].answers["apply"] = {
        "state": "failed",
        "reason": "apt failed",
        "outcomes": [{"package": "dpkg:wps:amd64", "state": "not_done", "version": "", "reason": "apt failed"}],
        "facts": office.hosts["PC-0001"].document(),
    }

    assert office.apply("PC-0001").state == "failed"

    assert office.seats() == reserved - {("COM-0001", "PC-0001")}


def test_a_seat_stays_reserved_until_it_is_settled_or_the_arming_is_over(office: Office) -> None:
    armed = office.arm()
    later = armed.expires + dt.timedelta(minutes=1)
    office.hosts["PC-0002"].cut["apply"] = "before"
    with pytest.raises(ConnectionLost):
        office.apply("PC-0002")

    # Nobody came to PC-0001 in time; what became of PC-0002 is not known, so its seat is kept.
    assert office.seats(later) == {("COM-0002", "PC-0002")}


def test_the_next_run_does_the_rest_of_a_plan_that_can_have_no_seat(office: Office) -> None:
    """A computer without a licence must not keep forbidden software because of that."""
    office.arm()
    for number in NUMBERS:
        office.apply(number)
    office.hosts["PC-0003"].packages["game"] = "1.0"

    armed = office.arm(run="20261123T100000Z-bbbbbb")

    assert (list(armed.computers), armed.without_seat) == (["PC-0003"], {})
    assert office.apply("PC-0003", run="20261123T100000Z-bbbbbb").state == "done"
    assert office.hosts["PC-0003"].packages == {"tar": "1.0"}


def test_an_altered_arming_books_into_no_other_lot(office: Office) -> None:
    office.arm()
    path = office.workspace.armed_dir / f"{RUN}.json"
    path.write_bytes(path.read_bytes().replace(b'{"COM-0001":"COM-0002"}', b'{"COM-0001":"COM-0009"}'))

    with pytest.raises(Refused, match="is not what the ledger says was armed for PC-0002"):
        office.apply("PC-0002")
    assert "apply" not in office.hosts["PC-0002"].questions()


def test_a_lot_that_ends_before_its_turn_comes_covers_nothing(tmp_path: Path) -> None:
    """N2: the arming was before midnight, the apply is after it."""
    ended = POLICY.replace(
        "quantity: 1, licence_type: site", "quantity: 2, term: {from: 2026-01-01, until: 2026-11-23}"
    )
    office = Office(tmp_path / "workspace", ended)
    office.arm(now=LATE)
    assert office.apply("PC-0001", now=LATE).state == "done"

    with pytest.raises(Refused, match="COM-0001 ended on 2026-11-23: plan and arm again"):
        office.apply("PC-0002", now=LATE + dt.timedelta(hours=1))
    assert "apply" not in office.hosts["PC-0002"].questions()
    # A lot without an end is not concerned.
    assert office.apply("PC-0003", now=LATE + dt.timedelta(hours=1)).state == "done"
