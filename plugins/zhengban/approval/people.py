# SPDX-License-Identifier: Apache-2.0
"""Who may decide about a request, and who may sign for a change. Source: DOMAIN I1, I3; DESIGN 11."""

from __future__ import annotations

import datetime as dt

from zhengban.model.confirmation import ChangeMade
from zhengban.model.register import Person, Register
from zhengban.model.request import Application, ApprovalRole

_NAME_ANOTHER = "name another person under organisation.approvers.it (inventories/register/organisation.yml)"
ROLE_NAMES: dict[ApprovalRole, str] = {"department": "the department", "it": "IT"}


def describe_person(register: Register, person: str) -> str:
    """``E0007 张三``, or the id alone."""
    known = register.person_by_id.get(person)
    return f"{person} {known.name}" if known else person


def absence(register: Register, person: str, day: dt.date) -> str:
    """Why somebody can sign nothing on a day; empty when they can."""
    known = register.person_by_id.get(person)
    if known is None:
        return f"{person} is not in the register (inventories/register/people.yml)"
    if known.left_on is not None and known.left_on <= day:
        return f"{person} {known.name} left on {known.left_on}"
    return ""


def deciders(register: Register, application: Application, role: ApprovalRole, day: dt.date) -> tuple[str, ...]:
    """The persons who may decide about a request in a role on a day, sorted; perhaps nobody.

    For IT those of ``organisation.approvers.it``. For the department its head; where the department has none, or the
    head is the applicant, has left, or approves for IT (nobody decides twice), also those of
    ``organisation.approvers.leader``. Never the applicant.
    """
    approvers = register.organisation.approvers
    it = approvers.get("it", ())
    persons = it
    if role == "department":
        department = register.department_by_id.get(application.department)
        head = department.head if department else ""
        is_free = bool(head) and head != application.applicant and head not in it and not absence(register, head, day)
        persons = (head,) if is_free else (head, *approvers.get("leader", ()))
    return tuple(
        sorted(
            {
                person
                for person in persons
                if person and person != application.applicant and not absence(register, person, day)
            }
        )
    )


def object_to_decider(
    register: Register,
    application: Application,
    *,
    role: ApprovalRole,
    person: str,
    earlier: str,
    day: dt.date,
) -> str:
    """Why a person may not decide about a request in a role on a day; empty when they may.

    Args:
        earlier: who approved for the department, when the role is IT.
    """
    if gone := absence(register, person, day):
        return gone
    name = describe_person(register, person)
    if person == application.applicant:
        return f"{name} is the applicant: nobody decides about their own request"
    if role == "it" and person == earlier:
        others = [other for other in deciders(register, application, role, day) if other != earlier]
        hint = "" if others else f"; {_NAME_ANOTHER}"
        return f"{name} has approved for the department already, IT's approval is another person's{hint}"
    allowed = deciders(register, application, role, day)
    if person not in allowed:
        return f"{name} does not decide for {ROLE_NAMES[role]}: {_who(register, application, role, allowed)}"
    return ""


def _who(register: Register, application: Application, role: ApprovalRole, allowed: tuple[str, ...]) -> str:
    if allowed:
        return f"{' or '.join(describe_person(register, person) for person in allowed)} does"
    if role == "it":
        return f"nobody can; {_NAME_ANOTHER}"
    return (
        f"nobody can; give {application.department} a head who is not the applicant "
        "(inventories/register/departments.yml), or name organisation.approvers.leader"
    )


def object_to_user(register: Register, change: ChangeMade, person: str, day: dt.date) -> str:
    """Why a person cannot sign for a change as the computer's user; empty when they can.

    Its user at the time can, and its user now (who may have left since); for a computer that has no user, the head of
    the responsible department.
    """
    if gone := absence(register, person, day):
        return gone
    users = users_of(register, change)
    if person in users:
        return ""
    who = " or ".join(describe_person(register, user) for user in users) or "nobody; give it a user"
    return f"{describe_person(register, person)} is not the user of {change.computer}: {who}"


def users_of(register: Register, change: ChangeMade) -> tuple[str, ...]:
    """Who signs for a change as the computer's user, the most likely one first."""
    computer = register.computer_by_number.get(change.computer)
    users = tuple(dict.fromkeys(filter(None, (change.user, computer.user if computer else ""))))
    if users:
        return users
    responsible = register.department_by_id.get(register.organisation.responsible_department)
    return (responsible.head,) if responsible and responsible.head else ()


def object_to_maintainer(register: Register, person: str, day: dt.date) -> str:
    """Why a person cannot sign as the maintainer of changes; empty when they can.

    Those of ``organisation.approvers.it`` can, and everybody of the responsible department: they do the work.
    """
    if gone := absence(register, person, day):
        return gone
    organisation = register.organisation
    known: Person = register.person_by_id[person]
    if person in organisation.approvers.get("it", ()) or known.department == organisation.responsible_department:
        return ""
    return (
        f"{person} {known.name} does not maintain computers: neither of the responsible department "
        f"({organisation.responsible_department or 'none is named'}) nor under organisation.approvers.it"
    )
