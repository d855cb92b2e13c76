# SPDX-License-Identifier: Apache-2.0
"""What dpkg's own log says about packages that are gone: bounded, and never a reason not to read a host."""

from __future__ import annotations

import calendar
import gzip
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.host.systems import Pkg, make_system, write
from zhengban.host import removed
from zhengban.host.facts import collect
from zhengban.host.removed import read_removed
from zhengban.model import facts as model_facts

NOW = calendar.timegm((2026, 11, 23, 9, 30, 0))


@pytest.fixture(autouse=True)
def shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The log's local time is eight hours ahead of the rows' UTC."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def log(root: Path, text: str | bytes, name: str = "dpkg.log") -> None:
    write(root / "var/log" / name, text)


def test_the_last_removal_of_what_is_gone(tmp_path: Path) -> None:
    log(
        tmp_path,
        "2026-11-19 08:00:00 startup packages remove\n"
        "2026-11-19 08:00:01 remove wps-office:amd64 11.1.0 <none>\n"
        "2026-11-19 08:00:02 status config-files wps-office:amd64 11.1.0\n"
        "2026-11-20 07:59:59 install wps-office:amd64 11.1.0 11.1.1\n"
        "2026-11-20 08:00:00 remove wps-office:amd64 11.1.1 <none>\n"
        # Its configuration only: it was removed before.
        "2026-11-21 08:00:00 purge wps-office:amd64 11.1.1 <none>\n"
        "2026-11-20 10:00:00 disappear fonts-old:all 1.0 <none>\n"
        "2026-11-20 10:00:00 remove back-again:amd64 2 <none>\n",
    )
    assert read_removed(str(tmp_path), {("back-again", "amd64")}, NOW) == [
        ["dpkg", "fonts-old", "all", "1.0", "2026-11-20T02:00:00Z"],
        ["dpkg", "wps-office", "amd64", "11.1.1", "2026-11-20T00:00:00Z"],
    ]


def test_rotated_logs_count_newest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = "2026-11-20 08:00:00 remove a:amd64 3 <none>\n"
    log(tmp_path, newest)
    log(
        tmp_path,
        "2026-10-20 08:00:00 remove a:amd64 2 <none>\n2026-10-20 08:00:00 remove b:amd64 2 <none>\n",
        "dpkg.log.1",
    )
    log(tmp_path, gzip.compress(b"2026-09-20 08:00:00 remove c:amd64 1 <none>\n"), "dpkg.log.10.gz")
    log(tmp_path, "2026-11-22 08:00:00 remove d:amd64 1 <none>\n", "dpkg.log.bak")
    assert [row[1:4] for row in read_removed(str(tmp_path), (), NOW)] == [
        ["a", "amd64", "3"],
        ["b", "amd64", "2"],
        ["c", "amd64", "1"],
    ]
    monkeypatch.setattr(removed, "MAX_BYTES", len(newest))
    assert [row[1] for row in read_removed(str(tmp_path), (), NOW)] == ["a"]


def test_of_a_long_log_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(tmp_path, "2026-11-19 08:00:00 remove old:amd64 1 <none>\n2026-11-20 08:00:00 remove new:amd64 1 <none>\n")
    monkeypatch.setattr(removed, "MAX_BYTES", 60)
    assert [row[1] for row in read_removed(str(tmp_path), (), NOW)] == ["new"]


def test_rows_and_days_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(
        tmp_path,
        "2025-10-19 08:00:00 remove ancient:amd64 1 <none>\n"
        "2026-11-18 08:00:00 remove a:amd64 1 <none>\n"
        "2026-11-20 08:00:00 remove c:amd64 1 <none>\n"
        "2026-11-19 08:00:00 remove b:amd64 1 <none>\n"
        # The clock was wrong.
        "2027-11-19 08:00:00 remove later:amd64 1 <none>\n",
    )
    assert [row[1] for row in read_removed(str(tmp_path), (), NOW)] == ["a", "b", "c"]
    monkeypatch.setattr(removed, "MAX_ROWS", 2)
    assert [row[1] for row in read_removed(str(tmp_path), (), NOW)] == ["b", "c"]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda _path: None, id="none"),
        pytest.param(lambda path: path.mkdir(parents=True), id="folder"),
        pytest.param(lambda path: (path.parent.mkdir(parents=True), os.mkfifo(path)), id="pipe"),
        pytest.param(lambda path: write(path, b"\x1f\x8b broken"), id="no gzip"),
        pytest.param(lambda path: write(path, gzip.compress(b"2026-11-20 08:00:00 remove")[:-9]), id="cut off"),
    ],
)
def test_a_log_that_cannot_be_read_is_none(tmp_path: Path, make: object) -> None:
    make(tmp_path / "var/log/dpkg.log.2.gz")  # type: ignore[operator]
    assert read_removed(str(tmp_path), (), NOW) == []


def test_a_hostile_log_stays_within_the_format(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="a"))
    today = time.strftime("%Y-%m-%d").encode()
    log(
        tmp_path,
        b"0000-99-99 99:99:99 remove never:amd64 1 <none>\n"
        + (today + b" 00:00:00 remove " + b"\xff" * 200 + b":" + b"\xff" * 40 + b" " + b"\xff" * 9000 + b"\n")
        + (today + b" 00:00:00 remove " + b"x" * 9000 + b":amd64 1 <none>\n")
        + b"\x00" * 5000,
    )
    read = model_facts.read_facts(json.dumps(collect(str(tmp_path))), source="test")
    assert [len(row.name) for row in read.removed] == [800]


def test_the_limits_are_those_of_the_format() -> None:
    assert removed.MAX_ROWS == model_facts.MAX_REMOVED


def test_facts_say_what_is_gone_and_the_digest_does_not(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="a"))
    before = collect(str(tmp_path))
    log(tmp_path, time.strftime("%Y-%m-%d 00:00:00 ") + "remove wps-office:amd64 11.1 <none>\n")
    after = collect(str(tmp_path))
    assert before["removed"] == []
    assert [row[:4] for row in after["removed"]] == [["dpkg", "wps-office", "amd64", "11.1"]]
    assert after["digest"] == before["digest"]
    read = model_facts.read_facts(json.dumps(after), source="test")
    assert read.removed[0].ref == "dpkg:wps-office:amd64"
    assert "removed" not in collect(str(tmp_path), known_digest=after["digest"])
