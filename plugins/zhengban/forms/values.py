# SPDX-License-Identifier: Apache-2.0
"""How values stand on a form: the one place that turns them into what people read. Source: DOMAIN 1, 3."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from zhengban.model.policy import Term

from .description import words

TICKED, UNTICKED = "☑", "☐"
NONE = "—"
"""Where the form says that there is nothing to state: the quantity of OEM and free software in form 7."""
PERPETUAL, UNLIMITED, EVERYBODY = "永久", "不限", "全单位"
JOIN = "、"
TEN_THOUSAND = Decimal(10_000)
UNWRITTEN_DAY = "        年    月    日"

Cell = str | int | Decimal | dt.date | None
"""What a cell holds: a text, a number, a day or nothing."""

_NUMBERS = frozenset(("index", "count"))
_LISTS = frozenset(("versions", "serials"))
_TEXTS = frozenset(("text", "code", "box"))


def show(type: str, value: object) -> Cell:
    """What stands in a cell of a type for a value of the model; None where there is none.

    Raises:
        TypeError: the value is none of the type's: the caller is wrong.
    """
    if value is None:
        return UNWRITTEN_DAY if type == "written_day" else None
    if type in _TEXTS and isinstance(value, str):
        return value
    if type in _NUMBERS and isinstance(value, int):
        return value
    if type in _LISTS and isinstance(value, tuple):
        return JOIN.join(value)
    if type == "departments" and isinstance(value, tuple):
        return JOIN.join(value) or EVERYBODY
    if isinstance(value, Decimal):
        if type == "money":
            return value
        if type == "ten_thousand":
            return (value / TEN_THOUSAND).normalize()
    if isinstance(value, dt.date):
        if type == "day":
            return value
        if type == "written_day":
            return f"{value.year}年{value.month}月{value.day}日"
    return _show_licence(type, value)


def _show_licence(type: str, value: object) -> Cell:
    if type == "quantity":
        if value in ("unlimited", "none"):
            return UNLIMITED if value == "unlimited" else NONE
        if isinstance(value, int):
            return value
    elif type == "term":
        if value == "perpetual":
            return PERPETUAL
        if isinstance(value, Term):
            return f"{value.start}至{value.until}"
    elif isinstance(value, str):
        try:
            known = words(type)
        except KeyError:
            known = {}
        if value in known:
            return known[value][0]
        if not value and known:
            return None
    raise TypeError(f"{value!r} is no {type}")


def text_of(value: Cell) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
