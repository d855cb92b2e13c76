# SPDX-License-Identifier: Apache-2.0
"""Cells as people fill them in, read as values of a type. Source: DOMAIN 1, 3; DESIGN 8."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from zhengban.model.policy import Term

from .description import words
from .grid import Day, Raw
from .normal import narrow, tidy

MASKED = "****"

_EPOCH = dt.date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119
_NOTHING = frozenset(("", "-", "--", "—", "——", "―", "/", "\\", "无", "无。", "N/A", "NA"))
_PERPETUAL = frozenset(
    ("永久", "永久使用", "永久有效", "永久授权", "长期", "长期有效", "无限期", "无期限", "PERPETUAL")
)
_UNLIMITED = frozenset(("不限", "无限", "无限制", "不限量", "不限数量", "不限许可", "UNLIMITED"))
_EVERYBODY = frozenset(("全单位", "全部", "全体", "所有部门", "各部门", "全厅", "全局", "全院", "全市", "全公司"))
_TICKS = frozenset("☑√✓✔■●◆☒R") | {"是", "Y", "YES", "1", "TRUE", "V", "X", "对"}
_UNTICKED = frozenset("☐□○◇") | {"否", "N", "NO", "0", "FALSE"}
_DAY = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*月?")
_YEARS = re.compile(r"(\d{1,2})\s*年(?:期)?")
_SPLIT = re.compile(r"\s*[、,，;；\n/]\s*")
_MONEY = re.compile(r"[¥￥]?\s*([\d,]+(?:\.\d+)?)\s*(万)?\s*元?")
_COUNT = re.compile(r"(\d[\d,]*)(?:\.0+)?\s*(?:个|台|套|份|人|点|用户|许可|次)?")


class Parsed(NamedTuple):
    """A value; what was read into it (a note), or what it is a guess of (a question)."""

    value: object
    note: str = ""
    question: str = ""


class Unread(NamedTuple):
    """What was expected instead."""

    expected: str


# By type too: 1 and 1.0 are equal, and not the same text.
@lru_cache(maxsize=16_384, typed=True)
def parse(type: str, cell: Raw, *, factor: int = 1) -> Parsed | Unread:
    """Read a cell; nothing, and what people write for nothing, is None.

    Args:
        factor: 10,000 where the heading counts in 万元.
    """
    text = text_of(cell)
    if cell is None or (type != "box" and narrow(text).upper() in _NOTHING):
        return Parsed(None)
    if type == "money":
        return _money(cell, text, factor)
    reader = _READERS.get(type)
    return reader(cell, text) if reader else _word(type, text)


def text_of(cell: Raw) -> str:
    """A cell as a text, a whole number without a point."""
    if cell is None:
        return ""
    if isinstance(cell, Day):
        return cell.day.isoformat()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _plain(cell: Raw, text: str) -> Parsed | Unread:
    if isinstance(cell, float) and not cell.is_integer():
        return Parsed(text, note=f"a number was read as the text {text!r}; was it longer, such as {text}0?")
    return Parsed(tidy(text))


def _code(_cell: Raw, text: str) -> Parsed | Unread:
    narrowed = narrow(text).replace(" ", "")
    return Parsed(narrowed, note="" if narrowed == tidy(text) else f"{text!r} was read as {narrowed}")


def _host(_cell: Raw, text: str) -> Parsed | Unread:
    # Names of hosts do not tell capital letters apart; those of computers in a domain are often written so.
    return Parsed(narrow(text).replace(" ", "").rstrip(".").lower())


def _count(cell: Raw, text: str) -> Parsed | Unread:
    match = _COUNT.fullmatch(narrow(text))
    if match is None:
        return Unread("a whole number")
    value = int(match[1].replace(",", ""))
    is_usual = isinstance(cell, int | float) or text == str(value)
    return Parsed(value, note="" if is_usual else f"{text!r} was read as {value}")


def _quantity(cell: Raw, text: str) -> Parsed | Unread:
    narrowed = narrow(text).replace(" ", "").upper()
    if narrowed in _UNLIMITED:
        return Parsed("unlimited")
    found = _count(cell, text)
    return Unread("a whole number, or 不限") if isinstance(found, Unread) else found


def _money(cell: Raw, text: str, factor: int) -> Parsed | Unread:
    match = _MONEY.fullmatch(narrow(text).replace(" ", ""))
    if match is None:
        return Unread("an amount in yuan such as 3480.00")
    try:
        value = Decimal(match[1].replace(",", ""))
    except InvalidOperation:
        return Unread("an amount in yuan such as 3480.00")
    if match[2] or factor != 1:
        value *= 10_000
    fen = value.quantize(Decimal("0.01"))
    # What a spreadsheet computes is seldom exact.
    if fen != value and (not isinstance(cell, float) or abs(fen - value) > Decimal("0.001")):
        return Unread("an amount with at most two decimals of a yuan")
    is_usual = isinstance(cell, int | float) and factor == 1
    return Parsed(fen, note="" if is_usual or text == f"{fen}" else f"{text!r} was read as {fen} yuan")


def _day(cell: Raw, text: str) -> Parsed | Unread:
    if isinstance(cell, Day):
        return Parsed(cell.day)
    narrowed = narrow(text)
    if isinstance(cell, int | float) or narrowed.isdecimal():
        number = float(narrowed)
        if number.is_integer() and int(number) in _SERIALS:
            day = _EPOCH + dt.timedelta(days=int(number))
            return Parsed(day, note=f"the day number {int(number)} was read as {day}")
    match = _DAY.fullmatch(narrowed) or _COMPACT.fullmatch(narrowed)
    try:
        if match:
            day = dt.date(int(match[1]), int(match[2]), int(match[3]))
            return Parsed(day, note="" if text == day.isoformat() else f"{text!r} was read as {day}")
        if match := _MONTH.fullmatch(narrowed):
            day = dt.date(int(match[1]), int(match[2]), 1)
            return Parsed(day, question=f"{text!r} names no day; read as {day}")
    except ValueError:
        return Unread("a day that there is")
    return Unread("a day such as 2016-07-01 or 2016年7月1日")


def _term(_cell: Raw, text: str) -> Parsed | Unread:
    narrowed = narrow(text)
    if narrowed.replace(" ", "").upper() in _PERPETUAL:
        return Parsed("perpetual", note="" if narrowed == "永久" else f"{text!r} was read as 永久")
    if match := _YEARS.fullmatch(narrowed):
        return Parsed(int(match[1]), question=f"{text!r}: read as so many years from the day of purchase")
    days = [dt.date(int(y), int(m), int(d)) for y, m, d in _valid(_DAY.findall(narrowed))]
    if len(days) == 2 and days[0] <= days[1]:
        shown = f"{days[0]}至{days[1]}"
        return Parsed(Term(start=days[0], until=days[1]), note="" if shown == text else f"{text!r} was read as {shown}")
    return Unread("永久, or two days such as 2026-01-04至2029-01-03")


def _valid(found: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    def is_day(parts: tuple[str, str, str]) -> bool:
        try:
            dt.date(*map(int, parts))
        except ValueError:
            return False
        return True

    return [parts for parts in found if is_day(parts)]


def _list(cell: Raw, text: str) -> Parsed | Unread:
    items = tuple(dict.fromkeys(item for part in _SPLIT.split(tidy(text)) if (item := tidy(part))))
    unclear = [item for item in items if item.endswith(("以下", "以上", "及以前", "及以后"))]
    question = f"{unclear[0]!r} names no version: taken as it is" if unclear else ""
    note = f"a number was read as the text {text!r}" if isinstance(cell, float) and not cell.is_integer() else ""
    return Parsed(items, note=note, question=question)


def _serials(_cell: Raw, text: str) -> Parsed | Unread:
    # A reference into a vault may have a slash.
    return Parsed(tuple(item for part in re.split(r"[、,，;；\n]", text) if (item := tidy(part))))


def _departments(cell: Raw, text: str) -> Parsed | Unread:
    return Parsed(()) if narrow(text).replace(" ", "") in _EVERYBODY else _list(cell, text)


def _box(_cell: Raw, text: str) -> Parsed | Unread:
    mark = narrow(text).replace(" ", "").upper()[:3]
    if not mark or mark in _UNTICKED or mark[0] in "☐□":
        return Parsed(False)
    if mark in _TICKS or mark[0] in "☑√✓✔■":
        return Parsed(True, note="" if text == "☑" else f"{text!r} was read as ticked")
    return Unread("☑ or ☐")


def _index(_cell: Raw, text: str) -> Parsed | Unread:
    return Parsed(text)


def _word(type: str, text: str) -> Parsed | Unread:
    wanted = narrow(text).replace(" ", "").upper()
    known = {
        word: {narrow(way).replace(" ", "").upper() for way in (word, *written)}
        for word, written in words(type).items()
    }
    for word, ways in known.items():
        if wanted in ways:
            usual = words(type)[word][0]
            return Parsed(word, note="" if usual == text else f"{text!r} was read as {usual}")
    # One cell with all the boxes in it, one of them ticked.
    ticked = [part[1:] for part in re.split(r"(?=[☑√✓✔■☐□])", wanted) if part[:1] in "☑√✓✔■" and part[:1]]
    found = [word for word, ways in known.items() for part in ticked if part in ways]
    if len(found) == 1:
        return Parsed(found[0], note=f"{text!r} was read as {words(type)[found[0]][0]}")
    return Unread("one of " + "、".join(written[0] for written in words(type).values()))


_READERS: dict[str, Callable[[Raw, str], Parsed | Unread]] = {
    "text": _plain,
    "code": _code,
    "host": _host,
    "index": _index,
    "count": _count,
    "quantity": _quantity,
    "day": _day,
    "written_day": _day,
    "term": _term,
    "versions": _list,
    "serials": _serials,
    "departments": _departments,
    "box": _box,
}
