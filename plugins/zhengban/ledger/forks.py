# SPDX-License-Identifier: Apache-2.0
"""Requests, needs and plans that two copies of the ledger decided about: neither is wrong, and nobody can rest on them.

Source: DESIGN 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zhengban.model.errors import Problem

from .chain import START
from .lines import hash_line
from .reading import Content, Line

CONTRADICTORY = "two copies of the ledger decided about it without knowing of each other"
WAY_OUT = (
    "it can never be used; apply anew (zhengban request new, need import, purchase plan), and decide in one copy only"
)


def lines_of_fork(lines: Iterable[Line[Any]]) -> tuple[Line[Any], ...]:
    """The lines of a request that was decided about twice, each once, by place; none of one that was not.

    That is: there is one application, every other line was chained to one that is there, and two to the same.
    """
    distinct = {line.raw: line for line in lines}
    places = {START: 0}
    ordered: list[Line[Any]] = []
    for entry, line in sorted(
        ((line.value, line) for line in distinct.values() if line.value is not None), key=lambda pair: pair[0].seq
    ):
        if places.get(entry.prev) != entry.seq - 1 or (entry.seq == 1 and ordered):
            return ()
        places[hash_line(line.raw)] = entry.seq
        ordered.append(line)
    is_forked = len(ordered) == len(distinct) > max(places.values())
    return tuple(ordered) if is_forked else ()


def find_contradictions(requests: Mapping[str, Content[Any]]) -> Iterator[Problem]:
    """Name every request that was decided about twice."""
    for content in requests.values():
        if lines := lines_of_fork(content.lines):
            number = max(line.number for line in lines)
            yield Problem(file=content.file, line=number, message=f"contradictory: {CONTRADICTORY}", hint=WAY_OUT)
