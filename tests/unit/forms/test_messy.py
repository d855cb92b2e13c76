# SPDX-License-Identifier: Apache-2.0
"""Workbooks as people fill them in: what is understood of each, and every oddity of it by its cell."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from zhengban.forms.extract import Extracted, extract_book
from zhengban.forms.grid import Book
from zhengban.forms.intake import gather
from zhengban.forms.opening import open_book
from zhengban.model.policy import Term

from .messy import BOOKS

# All oddities but notes that a cell was not written in the usual way, and how many of those there are.
ODD: dict[str, tuple[int, list[str]]] = {
    "moved.xlsx": (
        5,
        [
            "moved!M5 question unknown_column",
        ],
    ),
    "merged.xlsx": (
        4,
        [
            "merged!B3 note merged_cells",
            "merged!D6 question filled_down",
        ],
    ),
    "dates.xlsx": (
        12,
        [
            "dates!I10 question unsure_cell",
            "dates!I11 error unread_cell",
            "dates!C12 error two_ticks",
        ],
    ),
    "digits.xlsx": (
        9,
        [
            "digits!K3 question unsure_cell",
            "digits!G4 error unread_cell",
            "digits!H4 error unread_cell",
        ],
    ),
    "notes.xlsx": (
        0,
        [
            "notes!B4 note duplicate_row",
            "notes!A7 note sum_row",
            "notes!B8 note trailing_note",
            "notes!K9 note trailing_note",
            "notes!B10 error no_number",
        ],
    ),
    "sheets.xlsx": (
        0,
        [
            "填表说明! question unknown_sheet",
            "汇总!D2 question N8",
            "汇总!D3 question free_versions",
            "清单! note hidden_sheet",
            "清单!C2 error other_name",
        ],
    ),
    "gbk.csv": (
        3,
        [
            "gbk!D2 question unread_field",
        ],
    ),
    "stacked.xlsx": (
        0,
        [
            "stacked!D9 note duplicate_row",
            "stacked!D20 note duplicate_row",
            "stacked!A27 question second_book",
            "stacked!D31 note duplicate_row",
        ],
    ),
}


def read(name: str, folder: Path) -> Extracted:
    BOOKS[name](folder / name)
    book = open_book(folder / name)
    assert isinstance(book, Book), book
    return extract_book(book)


@pytest.mark.parametrize("name", BOOKS)
def test_every_oddity_is_named(name: str, tmp_path: Path) -> None:
    oddities = gather([read(name, tmp_path)]).oddities
    usual = [item for item in oddities if item.code == "read_cell"]
    others = [
        f"{item.place.sheet}!{item.place.cell} {item.level} {item.code}" for item in oddities if item not in usual
    ]
    assert (len(usual), others) == ODD[name]
    assert all(item.place.file == name and item.message for item in oddities)


def test_no_two_workbooks_are_odd_alike() -> None:
    codes = Counter(line.split(" ")[2] for _count, lines in ODD.values() for line in lines)
    assert len(codes) >= 14 and len(ODD) == 8


def test_columns_that_were_moved_and_renamed(tmp_path: Path) -> None:
    (table,) = read("moved.xlsx", tmp_path).tables
    assert table.fields == {"organisation": "某省某厅", "filled_on": dt.date(2016, 12, 30)}
    assert table.lines[0].values == {
        "name": "WPS Office",
        "version": "2016",
        "number": "COM-1",
        "type": "commercial",
        "purchased_on": dt.date(2016, 3, 11),
        "amount": Decimal("3480.00"),
        "licence_type": "volume",
        "quantity": 6,
        "term": "perpetual",
    }
    assert table.lines[0].at("number").cell == "F6"


def test_merged_cells_and_cells_left_empty(tmp_path: Path) -> None:
    (table,) = read("merged.xlsx", tmp_path).tables
    who = [(line.get("person"), line.get("computer"), line.get("type")) for line in table.lines]
    assert who == [
        ("张三", "PC-1", "commercial"),
        ("张三", "PC-1", "free"),
        ("李四", "PC-2", "commercial"),
        ("李四", "PC-2", "free"),
    ]


def test_days(tmp_path: Path) -> None:
    _book, records = read("dates.xlsx", tmp_path).tables
    days = [line.get("date") for line in records.lines]
    assert days[:5] == [dt.date(2016, 7, day) for day in range(1, 6)]
    assert days[5:] == [dt.date(2016, 7, 1), None, dt.date(2016, 7, 8)]


def test_digits_and_words(tmp_path: Path) -> None:
    (table,) = read("digits.xlsx", tmp_path).tables
    first, second, third = table.lines
    assert (first.get("number"), first.get("quantity"), first.get("term")) == ("COM-1", 200, "perpetual")
    assert (first.get("purchased_on"), first.get("usable_versions")) == (dt.date(2016, 3, 11), ("2013", "2016"))
    assert (second.get("quantity"), second.get("term"), second.get("serials")) == ("unlimited", 3, ("****",))
    assert third.get("term") == Term(start=dt.date(2016, 1, 4), until=dt.date(2016, 12, 31))


def test_remarks_and_sums_are_no_lines(tmp_path: Path) -> None:
    (table,) = read("notes.xlsx", tmp_path).tables
    assert [line.get("number") for line in table.lines] == ["FREE-1", "FREE-1", "FREE-2", None]
    assert table.lines[2].get("departments") == ("办公室", "财务处")


def test_books_below_each_other(tmp_path: Path) -> None:
    ledgers = gather([read("stacked.xlsx", tmp_path)])
    assert {number: len(lines) for number, lines in ledgers.records.items()} == {"COM-1": 2, "FREE-1": 1}


def test_a_serial_number_is_in_no_message(tmp_path: Path) -> None:
    extracted = read("digits.xlsx", tmp_path)
    assert "ABCDE" not in str(gather([extracted]).oddities)
