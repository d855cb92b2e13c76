# SPDX-License-Identifier: Apache-2.0
"""What a computer's table says beyond single packages: its mode, its exceptions, what is on record."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.guard.table import GuardTable, compile_table, digest_policy, encode_table
from zhengban.model.record import History, Holding

POLICY = """\
baseline:
  name: office
  mode: audit
  protect: [zsh, openssh-server]
  guard: {mode: enforce, message: "联系 A"}
software:
- {name: WPS, version: "2019", type: commercial, category: office, vendor: K, made_in: domestic,
   lots: [{number: COM-0001, acquired: gift, quantity: 5}],
   packages: [{manager: dpkg, name: wps, versions: "<12"}, {manager: windows, name: WPS}]}
- {name: Banned, type: free, category: other, state: forbidden, for: {computers: [PC-0002]},
   packages: [{manager: dpkg, name: banned}]}
exceptions:
- {package: {manager: dpkg, name: wireshark}, computers: [PC-0001], until: 2026-11-23, reason: r, approved_by: E0001}
- {package: {manager: dpkg, name: nmap}, computers: [PC-0002], until: 2026-11-23, reason: r, approved_by: E0001}
"""
NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
HISTORY = History(
    holdings={
        ("PC-0001", "dpkg:wps:amd64"): Holding(number="COM-0001", version="11.1", quantity=1),
        ("PC-0001", "dpkg:dep:all"): Holding(number="COM-0001", version="1", quantity=0),
        ("PC-0002", "dpkg:other:all"): Holding(number="COM-0001", version="1", quantity=1),
    }
)


def table(tmp_path: Path, computer: str = "PC-0001", now: dt.datetime = NOON) -> GuardTable:
    workspace = make_workspace(tmp_path / now.isoformat() / computer, POLICY)
    row = workspace.register.computer_by_number[computer]
    return compile_table(workspace.compiler.for_computer(row), row, HISTORY, now=now)


def test_a_table_is_for_one_computer(tmp_path: Path) -> None:
    here = table(tmp_path)
    assert (here.computer, here.mode, here.message, here.protected) == (
        "PC-0001",
        "enforce",
        "联系 A",
        ("openssh-server", "zsh"),
    )
    assert [(one.package, one.number, one.label, one.edition) for one in here.recorded] == [
        ("dpkg:wps:amd64", "COM-0001", "WPS 2019", "WPS 2019")
    ]
    # Another computer's prohibition is not about this one; Windows has no door here.
    assert sorted((rule.manager, rule.name) for rule in here.rules if rule.manager != "platform") == [("dpkg", "wps")]
    assert [one.name for one in here.exceptions] == ["wireshark"]
    there = table(tmp_path, "PC-0002")
    assert ("banned", "forbidden") in {(rule.name, rule.fits) for rule in there.rules}
    assert [one.name for one in there.exceptions] == ["nmap"]


def test_a_computer_that_was_not_adopted_is_only_audited(tmp_path: Path) -> None:
    assert table(tmp_path, "PC-0003").mode == "audit"


@pytest.mark.parametrize(
    ("moment", "count"),
    [("2026-11-23T15:59:59+00:00", 1), ("2026-11-23T16:00:00+00:00", 0)],
    ids=["last second of the last day in Shanghai", "the day after"],
)
def test_an_exception_holds_to_the_end_of_its_last_day(tmp_path: Path, moment: str, count: int) -> None:
    exceptions = table(tmp_path, now=dt.datetime.fromisoformat(moment)).exceptions
    assert [one.ends_at for one in exceptions] == [1795449600] * count


def test_the_same_policy_gives_the_same_table_but_for_the_moment(tmp_path: Path) -> None:
    first, later = (
        json.loads(encode_table(table(tmp_path, now=now))) for now in (NOON, NOON + dt.timedelta(minutes=1))
    )
    assert later.pop("written_at") - first.pop("written_at") == 60
    assert first == later


def test_a_table_is_stale_exactly_when_something_it_depends_on_has_changed(tmp_path: Path) -> None:
    """Neither the moment nor an exception that ended makes it so: the host ends exceptions by its own clock."""

    def digest(policy: str = POLICY, computer: str = "PC-0001", history: History = HISTORY) -> str:
        workspace = make_workspace(tmp_path / str(len(list(tmp_path.iterdir()))), policy)
        row = workspace.register.computer_by_number[computer]
        return digest_policy(workspace.compiler.for_computer(row), row, history)

    usual = digest()
    assert table(tmp_path).policy == table(tmp_path, now=NOON + dt.timedelta(days=9)).policy == usual
    assert digest(POLICY.replace("mode: audit", "mode: enforce")) == usual, "the mode of runs is not the guard's"
    assert digest(POLICY.replace("nmap", "tcpdump")) == usual, "another computer's exception"
    others = {("PC-0002", "dpkg:wps:amd64"): Holding(number="COM-0001", version="11.1", quantity=1)}
    assert digest(history=History(holdings={**HISTORY.holdings, **others})) == usual
    changed = [
        digest(POLICY.replace('"<12"', '"<13"')),
        digest(POLICY.replace("联系 A", "联系 B")),
        digest(POLICY.replace("wireshark", "tshark")),
        digest(POLICY.replace("[zsh, ", "[")),
        digest(POLICY.replace("{mode: enforce, message", "{mode: audit, message")),
        digest(history=History()),
        digest(computer="PC-0002"),
    ]
    assert len({usual, *changed}) == 8


def test_a_table_is_ascii_and_says_its_mode_on_a_line_of_its_own(tmp_path: Path) -> None:
    text = encode_table(table(tmp_path))
    assert text.isascii()
    # The hook looks for it where there is no Python.
    assert ' "mode": "enforce",' in text.splitlines()
