# SPDX-License-Identifier: Apache-2.0
"""Needs that seats cover which are free: whole, so that nothing is bought, or in part. Source: DOMAIN C3, DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from zhengban.licence.shortage import Promise, promised_seats
from zhengban.licence.status import lot_statuses
from zhengban.model.paper import CoveredRow, Need, Paper, PurchasePlan, describe_seats
from zhengban.run.workspace import Workspace

from .papers import cover_need, read_papers


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """Software that free seats cover for all of these ``needs``: the seats of each lot for each row of a need."""

    software: str
    quantity: int
    needs: dict[str, dict[str, int]]

    def __str__(self) -> str:
        lots: dict[str, int] = {}
        for seats in self.needs.values():
            for number, count in seats.items():
                lots[number] = lots.get(number, 0) + count
        return (
            f"{self.software}: all {self.quantity} are covered by free seats of {describe_seats(lots)}: "
            f"{', '.join(self.needs)}"
        )


def free_seats(workspace: Workspace, *, now: dt.datetime) -> dict[str, int | None]:
    """The seats of each lot that nobody has and no need was promised; None without end."""
    today, history = workspace.register.organisation.today(now), workspace.history(now)
    promised = promised_seats(_promises(workspace, now), workspace.register, history)
    return {
        item.number: None if item.free is None else max(0, item.free - promised.get(item.number, 0))
        for item in lot_statuses(workspace.policy, history, today=today)
    }


def cover(workspace: Workspace, found: tuple[Covered, ...], *, by: str, now: dt.datetime) -> None:
    """Write into each need which of its rows are covered, a line for each need."""
    today = workspace.register.organisation.today(now)
    rows: dict[str, list[CoveredRow]] = {}
    for item in found:
        for ref, lots in item.needs.items():
            identity, _, place = ref.partition("#")
            rows.setdefault(identity, []).append(CoveredRow(row=int(place), lots=lots, on=today))
    for identity, covered in rows.items():
        cover_need(workspace, identity, tuple(covered), by=by, now=now)


def _promises(workspace: Workspace, now: dt.datetime) -> Iterator[Promise]:
    needs = {paper.id: paper for paper in read_papers(workspace, "NED", now=now)}
    for paper in needs.values():
        if paper.state == "approved":
            for row in paper.covered:
                for number, count in row.lots.items():
                    yield Promise(number=number, departments=_departments(paper), quantity=count, on=row.on)
    for plan in read_papers(workspace, "PUR", now=now):
        if plan.state in ("rejected", "withdrawn") or not isinstance(plan.content, PurchasePlan):
            continue
        for line in plan.content.rows:
            asked = {ref.partition("#")[0] for ref in line.needs}
            departments = frozenset[str]().union(*(_departments(needs[name]) for name in asked if name in needs))
            for number, count in line.lots.items():
                yield Promise(number=number, departments=departments, quantity=count, on=plan.date)


def _departments(paper: Paper) -> frozenset[str]:
    return frozenset((paper.content.department,)) if isinstance(paper.content, Need) else frozenset()
