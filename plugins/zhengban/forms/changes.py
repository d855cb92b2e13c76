# SPDX-License-Identifier: Apache-2.0
"""The forms about changes on one computer: 10 and 11. Source: DOMAIN 3, I1, I3."""

from __future__ import annotations

from collections.abc import Mapping

from zhengban.model.confirmation import Confirmation
from zhengban.model.register import Register
from zhengban.model.request import Request, RequestKind, Software

from .page import Page

_NO_DEPARTMENT = "（无部门）"


def request_page(request: Request, register: Register) -> Page:
    """Form 10: what is asked for, and who approved it when; a decision that does not count is not on it."""
    application = request.application
    fields: dict[str, object] = {
        "request": request.id,
        "department": application.department_name,
        "applicant": application.applicant_name,
        "date": request.date,
        "computer": application.computer,
        "brand": application.brand,
        "reason": request.reason,
        **software_fields(application.kind, application.before, application.after),
    }
    for item in request.decisions:
        entry = item.entry
        if entry.kind == "approved" and not item.objection and entry.role:
            person = register.person_by_id.get(entry.by)
            fields |= {f"{entry.role}_by": person.name if person else entry.by, f"{entry.role}_on": entry.date}
    return Page(sheet=application.department_name or _NO_DEPARTMENT, fields=fields)


def sheet_page(
    *,
    department: str,
    computer: str,
    brand: str,
    user: str,
    kind: RequestKind,
    before: Software | None,
    after: Software | None,
    records: tuple[str, ...],
    batch: str,
    objection: str = "",
) -> Page:
    """Form 11 to be signed, with the mark of its batch."""
    fields = {
        "department": department,
        "computer": computer,
        "brand": brand,
        "user": user,
        "records": "、".join(records),
        "batch": batch,
        "reason": objection,
        **software_fields(kind, before, after),
    }
    return Page(sheet=department or _NO_DEPARTMENT, fields=fields)


def confirmation_page(confirmation: Confirmation) -> Page:
    """Form 11 as it was signed."""
    fields: Mapping[str, object] = {
        "department": confirmation.department,
        "computer": confirmation.computer,
        "brand": confirmation.brand,
        "user": confirmation.user_name,
        "records": "、".join(confirmation.records),
        "reason": confirmation.reason,
        f"{confirmation.kind}_done": confirmation.done,
        "user_signed": confirmation.user_name,
        "user_on": confirmation.date,
        "maintainer_signed": confirmation.maintainer_name,
        "maintainer_on": confirmation.date,
        **software_fields(confirmation.kind, confirmation.before, confirmation.after),
    }
    return Page(sheet=confirmation.department or _NO_DEPARTMENT, fields=fields)


def software_fields(kind: RequestKind, before: Software | None, after: Software | None) -> Mapping[str, object]:
    """The software part that forms 10 and 11 share: the kind of change, and the names where the form has them."""
    places = {"install": (("install", after),), "remove": (("remove", before),)}
    named = places.get(kind, (("before", before), ("after", after)))
    fields: dict[str, object] = {"kind": kind}
    for place, software in named:
        if software is not None:
            fields |= {f"{place}_name": software.name, f"{place}_version": software.version}
    return fields
