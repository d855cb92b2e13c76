# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows of the callback ``summary``, from results as the actions give them."""

from __future__ import annotations

import pytest

from ansible_collections.zhengban.baseline.plugins.plugin_utils.summary import COLUMNS, Rows

PLAN = {
    "computer": "PC-0001",
    "verdict": "violating",
    "mode": "enforce",
    "actions": [{"package": "dpkg:a:all"}, {"package": "dpkg:b:all"}],
    "refusals": [{"package": "dpkg:c:all", "code": "unlisted", "reason": "protected"}],
}


@pytest.fixture
def rows():
    rows = Rows()
    rows.note("pc-0001", "plan", PLAN)
    return rows


def only(rows):
    columns, row = rows.cells()
    assert columns == COLUMNS
    return row


def test_a_plan(rows):
    assert only(rows) == ("PC-0001", "violating", "2", "0", "1", "0", "dpkg:c:all: protected")


def test_a_plan_that_is_audited_only():
    rows = Rows()
    rows.note("pc-0001", "plan", dict(PLAN, mode="audit", refusals=[], findings=[{}, {}]))
    assert only(rows)[-1] == "audit only; 2 findings"


def test_what_was_done(rows):
    outcomes = [{"package": "dpkg:a:all", "state": "done"}, {"package": "dpkg:b:all", "state": "done"}]
    rows.note("pc-0001", "apply", {"computer": "PC-0001", "state": "done", "outcomes": outcomes})
    assert only(rows)[2:6] == ("2", "2", "1", "0")


def test_what_was_half_done(rows):
    outcomes = [{"package": "dpkg:a:all", "state": "done"}, {"package": "dpkg:b:all", "state": "not_done"}]
    failed = {"computer": "PC-0001", "state": "failed", "outcomes": outcomes, "failed": True, "reason": "disk full"}
    rows.note("pc-0001", "apply", failed)
    rows.note_failure("pc-0001", "PC-0001: disk full")
    assert only(rows) == ("PC-0001", "violating", "2", "1", "1", "1", "PC-0001: disk full")


def test_a_computer_without_a_seat_is_left_out_with_its_whole_plan(rows):
    rows.note("pc-0009", "plan", dict(PLAN, computer="PC-0009", refusals=[]))
    rows.note("pc-0001", "arm", {"without_seat": {"PC-0009": "no lot has a seat left"}})
    rows.note("pc-0009", "apply", {"computer": "PC-0009", "state": "left_out", "reason": "no lot has a seat left"})
    assert rows.cells()[2] == ("PC-0009", "violating", "2", "0", "2", "0", "no lot has a seat left")


def test_a_host_that_was_not_reached_is_unread():
    rows = Rows()
    rows.note_failure("pc-0002", "no route to host")
    assert only(rows) == ("pc-0002", "unread", "0", "0", "0", "0", "no route to host")
    assert rows.totals() == "1 computer: 1 unread; 0 planned, 0 done, 0 left out, 0 failed"


def test_an_open_change_is_nobodys_verdict():
    rows = Rows()
    rows.note("pc-0001", "plan", {"computer": "PC-0001", "pending": "R/PC-0001", "lines": ["open"]})
    assert only(rows)[1::5] == ("unread", "still open: R/PC-0001")


def test_what_was_settled():
    rows = Rows()
    rows.note("pc-0001", "recover", {"computer": "PC-0001", "pending": "", "records": [{}, {}]})
    assert only(rows)[3] == "2"
    assert rows.totals() == "1 computer: 1 not judged; 0 planned, 2 done, 0 left out, 0 failed"


def test_other_tasks_make_no_row():
    rows = Rows()
    rows.note("localhost", "ledger_info", {"records": []})
    assert rows.totals() is None
