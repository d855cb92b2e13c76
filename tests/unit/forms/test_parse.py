# SPDX-License-Identifier: Apache-2.0
"""Cells as people fill them in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from zhengban.forms.grid import Day, Raw
from zhengban.forms.parse import Parsed, Unread, parse
from zhengban.model.policy import Term

JULY = dt.date(2016, 7, 1)
TERM = Term(start=dt.date(2026, 1, 4), until=dt.date(2029, 1, 3))

READ: list[tuple[str, Raw, object]] = [
    ("day", Day(day=JULY), JULY),
    ("day", "2016-07-01", JULY),
    ("day", "2016年7月1日", JULY),
    ("day", "２０１６年７月１日", JULY),
    ("day", "2016/7/1", JULY),
    ("day", "2016.7.1", JULY),
    ("day", "20160701", JULY),
    ("day", "2016-07-01 00:00:00", JULY),
    ("day", 42552, JULY),
    ("day", 42552.0, JULY),
    ("day", "42552", JULY),
    ("day", "—", None),
    ("day", None, None),
    ("count", 200, 200),
    ("count", 200.0, 200),
    ("count", "２００", 200),
    ("count", "200台", 200),
    ("count", "1,200 个", 1200),
    ("quantity", "不限", "unlimited"),
    ("quantity", "—", None),
    ("quantity", "6", 6),
    ("money", 3480, Decimal("3480.00")),
    ("money", 0.1 + 0.2, Decimal("0.30")),
    ("money", "3,480.00元", Decimal("3480.00")),
    ("money", "￥3480", Decimal("3480.00")),
    ("money", "0.348万元", Decimal("3480.00")),
    ("term", "永久", "perpetual"),
    ("term", "长期有效", "perpetual"),
    ("term", "2026-01-04至2029-01-03", TERM),
    ("term", "2026年1月4日 — 2029年1月3日", TERM),
    ("term", "2026.1.4-2029.1.3", TERM),
    ("versions", "2016、2019", ("2016", "2019")),
    ("versions", "2016，2019；2016", ("2016", "2019")),
    ("versions", 2019.0, ("2019",)),
    ("departments", "全单位", ()),
    ("departments", "办公室、财务处", ("办公室", "财务处")),
    ("serials", "vault:a/b、vault:c", ("vault:a/b", "vault:c")),
    ("code", "ＣＯＭ－０００１", "COM-0001"),
    ("code", " COM-0001 ", "COM-0001"),
    ("code", 1.0, "1"),
    ("text", "  联想\u3000M750K ", "联想 M750K"),
    ("text", 2019.0, "2019"),
    ("box", "☑", True),
    ("box", "√", True),
    ("box", "是", True),
    ("box", "☐", False),
    ("box", "□", False),
    ("box", None, None),
    ("software_type", "商业", "commercial"),
    ("software_type", "☑商业软件 ☐OEM软件 ☐免费软件", "commercial"),
    ("software_type", "oem", "oem"),
    ("licence_type", "单机版", "seat"),
    ("made_in", "国产", "domestic"),
]


@pytest.mark.parametrize(("type", "cell", "value"), READ)
def test_read(type: str, cell: Raw, value: object) -> None:
    found = parse(type, cell)
    assert isinstance(found, Parsed) and found.value == value and not found.question


@pytest.mark.parametrize(
    ("type", "cell"),
    [
        ("day", "2016年13月1日"),
        ("day", "2016-02-30"),
        ("day", "去年"),
        ("day", 7),
        ("count", "约200"),
        ("count", -1),
        ("count", 2.5),
        ("quantity", "若干"),
        ("money", "3480.005"),
        ("money", "面议"),
        ("term", "2029-01-03至2026-01-04"),
        ("term", "三年左右"),
        ("box", "见备注"),
        ("software_type", "☑商业软件 ☑免费软件"),
        ("software_type", "共享软件"),
    ],
)
def test_not_read(type: str, cell: Raw) -> None:
    assert isinstance(parse(type, cell), Unread)


@pytest.mark.parametrize(
    ("type", "cell", "value"),
    [("day", "2016年7月", JULY), ("term", "3年", 3), ("versions", "2016及以下", ("2016及以下",))],
)
def test_guesses_are_questions(type: str, cell: Raw, value: object) -> None:
    found = parse(type, cell)
    assert isinstance(found, Parsed) and found.value == value and found.question


def test_what_was_not_plain_is_noted() -> None:
    for kind, cell in (("day", "2016年7月1日"), ("count", "２００"), ("money", "0.348万元"), ("code", "ＣＯＭ－１")):
        found = parse(kind, cell)
        assert isinstance(found, Parsed) and "was read as" in found.note
    found = parse("text", 2.1)
    assert isinstance(found, Parsed) and found.note.endswith("was it longer, such as 2.10?")
    assert parse("money", "0.348", factor=10_000) == Parsed(Decimal("3480.00"), note="'0.348' was read as 3480.00 yuan")
