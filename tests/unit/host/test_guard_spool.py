# SPDX-License-Identifier: Apache-2.0
"""The spool stays small, whole and printable, whatever is written into it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from zhengban.host.guard_spool import FILE, MAX_BYTES, printable, read_attempts, record_attempt


def test_hostile_text_becomes_printable(tmp_path: Path) -> None:
    command = "dpkg -i \x1b[2J\n\u202e\x00 软件"
    assert record_attempt(str(tmp_path), {"command": command}, 0) == ""
    (attempt,) = read_attempts(str(tmp_path))
    assert attempt["command"] == "dpkg -i \\x1b[2J\\n\\u202e\\x00 软件"
    assert attempt["at"] == "1970-01-01T00:00:00Z"
    assert (tmp_path / FILE).read_bytes().isascii()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert len(printable("x" * 100_000)) == 1000


def test_it_never_grows_beyond_its_bound_and_keeps_the_newest(tmp_path: Path) -> None:
    path = tmp_path / FILE
    for number in range(700):
        record_attempt(str(tmp_path), {"command": "\x00" * 900, "number": str(number)}, 0)
        assert path.stat().st_size <= MAX_BYTES
    numbers = [int(attempt["number"]) for attempt in read_attempts(str(tmp_path))]
    assert numbers == list(range(numbers[0], 700))
    assert len(numbers) > 50


def test_a_torn_line_is_dropped_and_a_foreign_one_left_out(tmp_path: Path) -> None:
    record_attempt(str(tmp_path), {"n": "1"}, 0)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"n": 2}\n\xff\n{"n": "%s"}\n{"n": "3", "at"' % (b"x" * 1001))
    record_attempt(str(tmp_path), {"n": "4"}, 0)
    assert [attempt["n"] for attempt in read_attempts(str(tmp_path))] == ["1", "4"]
    assert json.loads((tmp_path / FILE).read_bytes().splitlines()[-1])["n"] == "4"


def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert record_attempt(str(tmp_path), {"n": "1"}, 0) == f"{tmp_path / FILE}: Is a directory"
    assert read_attempts(str(tmp_path)) == []
