# SPDX-License-Identifier: Apache-2.0
"""Whom a unified deployment is announced to. Source: DOMAIN I2."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from zhengban.model.plan import Plan
from zhengban.model.register import Register


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice is about, every list sorted: ids of the departments whose people use the computers, the computers,
    and the software numbers that are installed, upgraded or removed by name.
    """

    notice: str
    departments: tuple[str, ...]
    computers: tuple[str, ...]
    numbers: tuple[str, ...]


def notices_of(plans: Iterable[Plan], register: Register) -> tuple[Notice, ...]:
    """The notices that plans rest on, sorted, each with everything that is done under it."""
    by_notice: dict[str, list[Plan]] = {}
    for plan in plans:
        if plan.notice and plan.actions:
            by_notice.setdefault(plan.notice, []).append(plan)
    return tuple(_notice(notice, found, register) for notice, found in sorted(by_notice.items()))


def _notice(notice: str, plans: list[Plan], register: Register) -> Notice:
    computers = sorted({plan.computer for plan in plans})
    rows = (register.computer_by_number.get(number) for number in computers)
    departments = (register.department_of(row) for row in rows if row is not None)
    named = (action for plan in plans for action in plan.actions if action.role == "named")
    return Notice(
        notice=notice,
        departments=tuple(sorted({department.id for department in departments if department is not None})),
        computers=tuple(computers),
        numbers=tuple(sorted({number for action in named for number in (action.number, action.old_number) if number})),
    )
