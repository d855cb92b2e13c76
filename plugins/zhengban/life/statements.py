# SPDX-License-Identifier: Apache-2.0
"""What adoption states about one install that is on a computer. Pure. Source: DESIGN 8, DOMAIN L3, N2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal

import msgspec

from zhengban.model.record import UNASSIGNED, UNLISTED, Holding
from zhengban.run.presence import Present

from .stating import Statement


def move_to_book(present: Present, holding: Holding, book: str) -> Iterator[Statement]:
    """What has no number of its own goes where there is one for it now; that is no change on the computer."""
    if holding.number in (UNLISTED, UNASSIGNED) and book not in (holding.number, UNLISTED):
        yield state_install("uninstall", holding.number, present, holding.version, holding.quantity, "lot_move")
        yield state_install("install", book, present, holding.version, present.quantity, "lot_move")


def join_stated(present: Present, stated: str, holding: Holding) -> Iterator[Statement]:
    """What a form stated is this package: the same install, which goes on under its own name in the same book."""
    leaves = state_install("uninstall", holding.number, present, holding.version, holding.quantity, "lot_move")
    yield msgspec.structs.replace(leaves, package=stated)
    yield state_install("install", holding.number, present, present.version, holding.quantity, "lot_move")


def state_install(
    action: Literal["install", "uninstall"],
    book: str,
    present: Present,
    version: str,
    quantity: int,
    cause: str,
    *,
    day: dt.date | None = None,
) -> Statement:
    return Statement(
        book=book,
        action=action,
        package=present.package,
        version=version,
        quantity=quantity,
        cause=cause,
        day=day,
    )
