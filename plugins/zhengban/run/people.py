# SPDX-License-Identifier: Apache-2.0
"""People that a command names: who attests, and who may correct the books. Source: DESIGN 2 (people by id), 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.register import Department, Person, Register
from zhengban.register.changes import require_present


def unknown_people(register: Register, named: Mapping[str, str]) -> tuple[Problem, ...]:
    """A problem for every id nobody has; ``named`` maps the option it was written in to the id."""
    known = register.person_by_id
    return tuple(
        Problem(file=option, message=f"no person has the id {person!r}", hint=suggest(person, known))
        for option, person in named.items()
        if person not in known
    )


def require_person(register: Register, person: str, *, option: str, today: dt.date, role: str = "") -> Person:
    """The person with an id, who has not left.

    Args:
        option: where the id was written, for messages.
        role: the person has to be under this key of ``organisation.approvers``; empty asks for none.

    Raises:
        InputError: nobody has the id, they have left, or lack the role.
    """
    known = register.person_by_id.get(person)
    approvers = register.organisation.approvers.get(role, ())
    if known is None:
        message = f"no person has the id {person!r} (inventories/register/people.yml)"
        hint = suggest(person, approvers if role else register.person_by_id)
    elif known.left_on is not None and known.left_on <= today:
        message, hint = f"{person} {known.name} left on {known.left_on}", "name somebody who is there"
    elif role and person not in approvers:
        message = f"{person} {known.name} is not under organisation.approvers.{role}"
        hint = suggest(person, approvers) or "name approvers in inventories/register/organisation.yml"
    else:
        return known
    raise InputError([Problem(file=option, message=message, hint=hint)])


def require_it(register: Register, person: str, *, why: str) -> Person:
    """The person with an id, who approves for IT or is of the responsible department.

    Args:
        why: what IT has to do with it, for the message.

    Raises:
        InputError: nobody has the id.
        Refused: the person has left, or is not of IT.
    """
    organisation = register.organisation
    known = require_present(register, person)
    if person not in organisation.approvers.get("it", ()) and known.department != organisation.responsible_department:
        raise Refused(
            [
                f"{person} ({known.name}) is not of IT, {why}: name one of organisation.approvers.it, or somebody of "
                "the responsible department"
            ]
        )
    return known


def find_department(register: Register, name: str) -> Department:
    """The department with an id, a name or a former name.

    Raises:
        InputError: there is none.
    """
    known: dict[str, Department] = {}
    for item in register.departments:
        known |= dict.fromkeys((item.id, item.name, *item.formerly), item)
    if name not in known:
        message = f"there is no department {name!r}"
        raise InputError([Problem(file="--department", message=message, hint=suggest(name, known))])
    return known[name]
