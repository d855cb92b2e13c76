# SPDX-License-Identifier: Apache-2.0
"""The forms about the organisation and its people: 1, 2 and the head of all. Source: DOMAIN 3, D7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from zhengban.model.register import Department, Register

from .page import Page

_ROLES = ("leader", "deputy", "member")


def head(register: Register, as_of: dt.date) -> Mapping[str, object]:
    """What stands above most forms: the organisation, who filled it in, and the day."""
    organisation = register.organisation
    person = register.person_by_id.get(organisation.filled_by)
    return {
        "organisation": organisation.name,
        "filled_by": person.name if person else None,
        "phone": (person.phone or None) if person else None,
        "filled_on": as_of,
    }


def leadership_page(register: Register, *, as_of: dt.date) -> Page:
    """Form 1: the leadership group."""
    members = sorted(register.organisation.leadership, key=lambda member: _ROLES.index(member.role))
    rows = []
    for member in members:
        person = register.person_by_id.get(member.person)
        department = register.department_by_id.get(person.department) if person else None
        rows.append(
            {
                "role": member.role,
                "name": person.name if person else member.person,
                "department": department.name if department else None,
                "title": member.title or (person.title if person else ""),
                "phone": person.phone if person else None,
            }
        )
    return Page(sheet="领导小组成员", fields=head(register, as_of), tables={"members": rows})


def pledge_pages(register: Register, *, department: Department | None, as_of: dt.date) -> Iterator[Page]:
    """Form 2: a pledge for each person who is there, by department, with the day where one was signed.

    Args:
        department: only of this one.
    """
    for place in register.departments:
        if department is not None and place.id != department.id:
            continue
        for person in register.people:
            if person.department == place.id and (person.left_on is None or person.left_on > as_of):
                yield Page(
                    sheet=place.name,
                    fields={"signed_by": f"{'＿' * 6}（{person.name}）", "signed_on": person.pledge},
                )
