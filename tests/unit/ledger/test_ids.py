# SPDX-License-Identifier: Apache-2.0
"""Numbers become file names that are never a path, never hidden and always the same."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhengban.ledger import new_run_id
from zhengban.ledger.ids import file_stem, index_of, number_of
from zhengban.ledger.lines import plain_text
from zhengban.model.errors import LedgerError

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def test_run_ids_are_utc_and_differ() -> None:
    now = dt.datetime(2026, 11, 23, 17, 30, tzinfo=SHANGHAI)
    first, second = new_run_id(now), new_run_id(now)
    assert re.fullmatch(r"20261123T093000Z-[0-9a-f]{6}", first)
    assert first != second
    assert first < new_run_id(now + dt.timedelta(seconds=1))


@pytest.mark.parametrize(
    ("number", "stem"),
    [
        ("COM-0001", "COM-0001"),
        ("a/b", "a%2Fb"),
        ("..", "%2E."),
        (".", "%2E"),
        (".hidden", "%2Ehidden"),
        ("软件", "%E8%BD%AF%E4%BB%B6"),
        ("a b", "a%20b"),
        ("a\0b", "a%00b"),
    ],
)
def test_file_stem(number: str, stem: str) -> None:
    assert file_stem(number) == stem
    assert number_of(stem) == number


@given(st.text(min_size=1, max_size=12))
def test_file_stem_is_a_name_and_comes_back(number: str) -> None:
    stem = file_stem(number)
    assert re.fullmatch(r"[A-Za-z0-9_~%-][A-Za-z0-9_.~%-]*", stem)
    assert number_of(stem) == plain_text(number)


@pytest.mark.parametrize("stem", ["a b", "%zz", "%41", ".hidden", "a%2fb", "%FF"])
def test_names_the_ledger_would_not_make_are_no_numbers(stem: str) -> None:
    assert number_of(stem) is None


@pytest.mark.parametrize("number", ["", "正" * 300])
def test_numbers_without_a_file_name_are_refused(number: str) -> None:
    with pytest.raises(LedgerError, match="number"):
        file_stem(number)


@pytest.mark.parametrize(("record", "index"), [("r/c/0", 0), ("r/a/b/12", 12), ("r/c/x", -1), ("", -1), ("r/c/²", -1)])
def test_index_of(record: str, index: int) -> None:
    assert index_of(record) == index
