# SPDX-License-Identifier: Apache-2.0
"""The deadline of an opening, through reboots and changed clocks: the stricter clock decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zhengban.host.guard_open import FILE, close_guard, open_guard, read_opening, seconds_left

ENTRY: dict[str, Any] = {"minutes": 10, "at": 100_000.0, "uptime": 5_000.0, "boot": "one"}
MOMENTS = {
    "at once": (100_000, 5_000, "one", 600),
    "half-way": (100_300, 5_300, "one", 300),
    "the last second": (100_599, 5_599, "one", 1),
    "over": (100_600, 5_600, "one", 0),
    "clock set back": (90_000, 5_300, "one", 300),
    "clock set back after the end": (90_000, 5_600, "one", 0),
    "clock set forward": (100_500, 5_001, "one", 100),
    "clock set far forward": (200_000, 5_001, "one", -99_400),
    "another start, in time": (100_200, 50, "two", 400),
    "another start that has run longer": (100_001, 590, "two", 10),
    "another start, too late": (100_700, 50, "two", -100),
    "another start with the clock set back": (99_999, 5, "two", 0),
}


@pytest.mark.parametrize(("now", "uptime", "boot", "left"), MOMENTS.values(), ids=MOMENTS.keys())
def test_the_stricter_clock_decides(now: float, uptime: float, boot: str, left: float) -> None:
    assert seconds_left(ENTRY, now, uptime, boot) == left


def test_a_file_that_asks_for_a_year_gets_a_day() -> None:
    assert seconds_left({**ENTRY, "minutes": 525_600}, 100_000, 5_000, "one") == 86_400


def test_an_opening_is_written_read_and_closed(tmp_path: Path) -> None:
    assert read_opening(str(tmp_path), 1000.0) == {}
    open_guard(5, "打印机", "1000", str(tmp_path), 1000.0)
    opening = read_opening(str(tmp_path), 1001.0)
    assert (opening["reason"], opening["who"], 290 < opening["seconds_left"] <= 299) == ("打印机", "1000", True)
    assert read_opening(str(tmp_path), 1300.0) == {}
    close_guard(str(tmp_path))
    close_guard(str(tmp_path))
    assert read_opening(str(tmp_path), 1001.0) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"minutes": "5"}', "\xff"], ids=range(5))
def test_a_damaged_opening_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    assert read_opening(str(tmp_path), 1001.0) == {}
