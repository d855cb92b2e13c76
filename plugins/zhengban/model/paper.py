# SPDX-License-Identifier: Apache-2.0
"""Needs of departments (form 3) and purchase plans (form 4), and what people decided about them.

Source: DESIGN 6, DOMAIN C1-C4, D2.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

PaperRole = Literal["it", "asset", "finance", "leader"]
PaperState = Literal[
    "applied", "it_approved", "asset_approved", "finance_approved", "approved", "rejected", "withdrawn"
]
NeedCategory = Literal["os", "office", "antivirus", "other"]

NEED_ROLES: tuple[PaperRole, ...] = ("it", "asset")
PLAN_ROLES: tuple[PaperRole, ...] = ("it", "asset", "finance", "leader")
"""Who decides, in this order, each under its key of ``organisation.approvers``: the lower parts of forms 3 and 4."""


class NeedRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of form 3: software of a category for a purpose, for so many."""

    category: NeedCategory
    purpose: str
    functions: str = ""
    quantity: int
    note: str = ""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Form 3: what a department needs. Names are those of the day."""

    department: str
    department_name: str
    handled_by: str
    handled_by_name: str
    phone: str = ""
    rows: tuple[NeedRow, ...]

    @property
    def label(self) -> str:
        """``财务处: 5 office, 1 antivirus``."""
        return f"{self.department_name}: {', '.join(f'{row.quantity} {row.category}' for row in self.rows)}"


class CoveredRow(msgspec.Struct, frozen=True, kw_only=True):
    """The ``row`` of a need (from 1) that free seats covered whole ``on`` a day: how many of each of ``lots``."""

    row: int
    lots: dict[str, int]
    on: dt.date


class PlanRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of form 4: ``quantity`` licences at a ``price`` in yuan each. ``needed`` were asked for in ``needs``
    (``NED-2026-a3f01c-0001#1``: its first row), of which ``free`` seats cover some: so many of each of ``lots``.
    """

    name: str
    version: str = ""
    price: Decimal
    quantity: int
    needed: int
    free: int = 0
    needs: tuple[str, ...] = ()
    note: str = ""
    lots: dict[str, int] = {}


class PurchasePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Form 4: what is to be bought."""

    handled_by: str
    handled_by_name: str
    phone: str = ""
    rows: tuple[PlanRow, ...]

    @property
    def amount(self) -> Decimal:
        """What all of it comes to, in yuan."""
        return sum((row.price * row.quantity for row in self.rows), Decimal(0))

    @property
    def label(self) -> str:
        """``6 WPS Office 2019; 3480.00 yuan``."""
        rows = ", ".join(f"{row.quantity} {row.name} {row.version}".strip() for row in self.rows)
        return f"{rows}; {self.amount} yuan"


class PaperEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of ``needs/<id>.yml`` or ``purchases/<id>.yml``, as :class:`~.request.RequestEntry` is one of a request.

    The first says what is asked for, each other what somebody decided. An approval may cite an outside one as
    ``evidence``, with the person who recorded it, and may have an SSH ``signature``.
    """

    seq: int
    prev: str
    at: dt.datetime
    kind: Literal["applied", "approved", "rejected", "withdrawn", "covered"]
    by: str
    date: dt.date
    account: str
    role: PaperRole | Literal[""] = ""
    reason: str = ""
    evidence: str = ""
    recorded_by: str = ""
    signature: str = ""


class NeedEntry(PaperEntry, frozen=True, kw_only=True, omit_defaults=True):
    """A line about a need; one that is approved may turn out to be ``covered`` by seats that are free, row by row."""

    need: Need | None = None
    covered: tuple[CoveredRow, ...] = ()

    @property
    def content(self) -> Need | None:
        """What the first line asks for."""
        return self.need


class PlanEntry(PaperEntry, frozen=True, kw_only=True, omit_defaults=True):
    """A line about a purchase plan."""

    plan: PurchasePlan | None = None

    @property
    def content(self) -> PurchasePlan | None:
        """What the first line asks for."""
        return self.plan


class PaperDecision(msgspec.Struct, frozen=True, kw_only=True):
    """An entry after the first, and why it does not count; ``objection`` is empty when it does."""

    entry: PaperEntry
    objection: str = ""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A need or a purchase plan as its entries leave it.

    ``sha256`` is that of the first entry's line; ``next_role`` who decides next, empty when nobody does; ``plan`` the
    purchase plan that a need went into, ``covered`` its rows that need no purchase, ``lots`` the numbers of those that
    were bought under each row of a plan.
    """

    id: str
    state: PaperState
    content: Need | PurchasePlan
    date: dt.date
    by: str
    sha256: str
    next_role: PaperRole | Literal[""] = ""
    decisions: tuple[PaperDecision, ...] = ()
    plan: str = ""
    covered: tuple[CoveredRow, ...] = ()
    lots: tuple[tuple[str, ...], ...] = ()

    def approver(self, role: PaperRole) -> PaperEntry | None:
        """The approval in a role that counts."""
        found = (item.entry for item in self.decisions if item.entry.kind == "approved" and not item.objection)
        return next((entry for entry in found if entry.role == role), None)


def describe_seats(lots: Mapping[str, int]) -> str:
    """``COM-0001 (5), COM-0002 (1)``."""
    return ", ".join(f"{number} ({count})" for number, count in lots.items())
