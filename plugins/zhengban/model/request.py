# SPDX-License-Identifier: Apache-2.0
"""Requests for a change on one computer, and what people decided about them. Source: DESIGN 6, DOMAIN I1 (form 10)."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

RequestKind = Literal["install", "remove", "upgrade"]
ApprovalRole = Literal["department", "it"]
RequestState = Literal["applied", "department_approved", "approved", "rejected", "withdrawn", "expired", "used"]

ROLES: tuple[ApprovalRole, ...] = ("department", "it")


class Software(msgspec.Struct, frozen=True, kw_only=True):
    """A product as forms 10 and 11 name it: its software number, and name and version as they were on the day."""

    number: str
    name: str
    version: str = ""

    @property
    def label(self) -> str:
        return f"{self.number} {self.name} {self.version}".strip()


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: the upper half of form 10.

    ``user`` is the computer's on the day, ``before`` what leaves (remove, upgrade), ``after`` what comes (install,
    upgrade).
    """

    department: str
    department_name: str
    applicant: str
    applicant_name: str
    computer: str
    brand: str = ""
    user: str = ""
    kind: RequestKind
    before: Software | None = None
    after: Software | None = None

    @property
    def label(self) -> str:
        """``upgrade COM-0001 WPS Office 2016 to COM-0007 WPS Office 2019``."""
        return f"{self.kind} {' to '.join(item.label for item in (self.before, self.after) if item)}"


class RequestEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of ``requests/<id>.yml``; the first says what is asked for, each other what somebody decided.

    ``seq`` counts from 1 and ``prev`` is the SHA-256 of the line before (64 zeros for the first). ``by`` is the person
    who applied or decided on ``date`` (in the organisation's time zone), ``account`` who wrote the line at ``at``
    (UTC). An approval has a ``role`` and the last day it is good for, ``expires``; perhaps the outside approval it
    cites as ``evidence`` with the person who recorded it, and an SSH ``signature``. ``reason`` is why it is asked for,
    rejected or withdrawn.
    """

    seq: int
    prev: str
    at: dt.datetime
    kind: Literal["applied", "approved", "rejected", "withdrawn"]
    by: str
    date: dt.date
    account: str
    role: ApprovalRole | Literal[""] = ""
    reason: str = ""
    expires: dt.date | None = None
    evidence: str = ""
    recorded_by: str = ""
    signature: str = ""
    application: Application | None = None

    @property
    def content(self) -> Application | None:
        """What the first line asks for."""
        return self.application


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An entry after the application, and why it does not count; ``objection`` is empty when it does."""

    entry: RequestEntry
    objection: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its entries leave it on a day.

    ``application_hash`` is the SHA-256 of the application's line, ``expires`` the last day on which all approvals that
    count are good, ``uses`` the (run, computer) that used it or are armed to, sorted; ``void`` is why it allows nothing
    although nobody took it back, empty while it does not.
    """

    id: str
    state: RequestState
    application: Application
    date: dt.date
    reason: str
    application_hash: str
    expires: dt.date | None = None
    void: str = ""
    uses: tuple[tuple[str, str], ...] = ()
    decisions: tuple[Standing, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided or used, which it may be and be void."""
        return self.state in ("applied", "department_approved", "approved")

    def approver(self, role: ApprovalRole) -> str:
        """Who approved in a role, of the approvals that count; empty when nobody has."""
        found = (item.entry for item in self.decisions if item.entry.kind == "approved" and not item.objection)
        return next((entry.by for entry in found if entry.role == role), "")

    @property
    def next_role(self) -> ApprovalRole | None:
        """Who decides next; None when nobody does."""
        return {"applied": ROLES[0], "department_approved": ROLES[1]}.get(self.state)
