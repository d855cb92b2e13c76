# SPDX-License-Identifier: Apache-2.0
"""Form 3 as departments fill it in. Source: DOMAIN 3, C1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec

from zhengban.model.paper import NeedCategory, NeedRow

from .extract import Extract, Extracted, Line
from .oddity import Oddity, Place

FORM = 3


class StatedNeed(msgspec.Struct, frozen=True, kw_only=True):
    """What one form 3 says, with names as they stand there."""

    place: Place
    department: str
    handled_by: str
    phone: str
    filled_on: dt.date | None
    rows: tuple[NeedRow, ...]


def read_needs(extracts: Iterable[Extracted]) -> tuple[tuple[StatedNeed, ...], tuple[Oddity, ...]]:
    """Every form 3 in these files, and what is odd about them."""
    oddities: list[Oddity] = []
    needs: list[StatedNeed] = []
    for extracted in extracts:
        oddities += extracted.oddities
        for table in extracted.tables:
            need = _need(table, oddities)
            if need.rows:
                needs.append(need)
            else:
                oddities.append(_oddity(table.place, "empty_form", "a form 3 without a need: left out", "note"))
    return tuple(needs), tuple(sorted(set(oddities)))


def _need(table: Extract, oddities: list[Oddity]) -> StatedNeed:
    for key, what in (("department", "申请部门"), ("handled_by", "经手人")):
        if not table.fields.get(key):
            oddities.append(_oddity(table.place, "incomplete", f"nothing beside {what}", "error"))
    return StatedNeed(
        place=table.place,
        department=table.fields.get("department", ""),
        handled_by=table.fields.get("handled_by", ""),
        phone=table.fields.get("phone", ""),
        filled_on=table.fields.get("filled_on"),
        rows=tuple(_rows(table.lines, oddities)),
    )


def _rows(lines: Iterable[Line], oddities: list[Oddity]) -> Iterator[NeedRow]:
    for line in lines:
        missing = [
            (key, what)
            for key, what in (("category", "软件类型"), ("purpose", "软件用途"), ("quantity", "申请许可数"))
            if not line.get(key)
        ]
        for key, what in missing:
            oddities.append(_oddity(line.at(key), "incomplete", f"a need without {what}", "error"))
        if missing:
            continue
        if line.get("category") not in get_args(NeedCategory):
            message = "what is asked for is none of 操作系统, 办公软件, 杀毒软件, 其他软件"
            oddities.append(_oddity(line.at("category"), "bad_category", message, "error"))
            continue
        yield NeedRow(
            category=line.get("category"),
            purpose=line.get("purpose"),
            functions=line.get("functions", ""),
            quantity=line.get("quantity"),
            note=line.get("note", ""),
        )


def _oddity(place: Place, code: str, message: str, level: str) -> Oddity:
    return msgspec.convert({"place": place, "code": code, "message": message, "level": level}, Oddity)
