# SPDX-License-Identifier: Apache-2.0
"""People who leave, and departments that change: who and what depends on them comes along or is named first.

Source: DESIGN 8, DOMAIN C9 (people and departments change, licences stay).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from zhengban.model.errors import InputError, Refused
from zhengban.model.register import Department, Person, Register
from zhengban.policy.load import read_policy
from zhengban.register.changes import leave, merge_departments, rename_department

from .living import LifeDraft

# Further back it is a slip of the pen, and the day goes into the register for good.
_LONGEST_AGO = dt.timedelta(days=366)


def draft_leave(draft: LifeDraft, person: Person, day: dt.date) -> None:
    """A person leaves: the person's computers become spares, each a unit of its own, then the day is written.

    Cut off in between and given again, it goes on with the computers that are left.

    Raises:
        Refused: the person has left, the day is to come, or a server is in the person's name: it goes on working, so
            somebody else has to answer for it.
    """
    change = leave(person, day)
    if day > draft.today:
        raise Refused([f"{person.id}: {day} is still to come; give the command on that day"])
    if draft.today - day > _LONGEST_AGO:
        raise Refused([f"{person.id}: {day} is more than {_LONGEST_AGO.days} days ago; look at the year of --on"])
    computers = [
        computer
        for computer in draft.register.computers
        if computer.user == person.id and computer.status != "scrapped"
    ]
    servers = [
        f"{computer.number}: a server in the name of {person.id}; first: zhengban computer assign {computer.number} "
        "--user PERSON"
        for computer in computers
        if computer.kind == "server"
    ]
    if servers:
        raise Refused(servers)
    for computer in computers:
        draft.return_(computer, is_wiped=False)
    numbers = [computer.number for computer in computers]
    says = f"{person.id} ({person.name}): left on {day}"
    draft.change_rows(
        [change], what="person_left", says=says, data={"person": person.id, "computers": numbers, "on": day}
    )
    draft.notes += _offices(draft.register, person)


def draft_rename(draft: LifeDraft, department: Department, name: str) -> None:
    """A department gets another name.

    Raises:
        Refused: a scope would mean another department.
    """
    data = {"department": department.id, "name": name, "name_before": department.name}
    says = f"{department.id}: {department.name} is called {name}"
    draft.change_rows([rename_department(department, name)], what="department_renamed", says=says, data=data)
    _require_same_policy(draft)


def draft_merge(draft: LifeDraft, source: Department, target: Department) -> None:
    """A department becomes part of another: its people move, its names lead there.

    Raises:
        Refused: a scope names it, so it would mean more computers; people decide what it is to say.
        InputError: the organisation's file names it.
    """
    changes = merge_departments(draft.register, source, target)
    _require_unnamed(draft, source)
    people = [change.identity for change in changes if change.file == "people"]
    says = f"{source.id} ({source.name}): is part of {target.id} ({target.name}), with {len(people)} people"
    data = {"from": source.id, "into": target.id, "name": source.name, "head": source.head, "people": people}
    draft.change_rows(changes, what="department_merged", says=says, data=data)
    _require_same_policy(draft)
    if source.head:
        name = draft.register.person_by_id[source.head].name
        draft.notes.append(f"{source.head} ({name}) was its head; {target.id} keeps {target.head or 'none'}")


def _require_unnamed(draft: LifeDraft, department: Department) -> None:
    """Read the policy as if the department had never been: every scope that names it is then a problem."""
    others = tuple(other for other in draft.register.departments if other.id != department.id)
    without = msgspec.structs.replace(draft.register, departments=others)
    _policy, problems = read_policy(draft.workspace.root, without)
    places = [f"{problem.file}:{problem.line}:{problem.column}: {problem.path}" for problem in problems]
    if places:
        raise Refused(
            [
                *(f"{place}: names {department.id} ({department.name})" for place in places),
                f"decide for whom these are once {department.id} is part of another, and write that there first",
            ]
        )


def _require_same_policy(draft: LifeDraft) -> None:
    policy, problems = read_policy(draft.workspace.root, draft.register)
    if policy is None:
        raise InputError(problems)
    if policy != draft.workspace.policy:
        raise Refused(
            ["a scope of the policy would mean another department then; write the department's id there first"]
        )


def _offices(register: Register, person: Person) -> Iterator[str]:
    """Where somebody who left is still named, and somebody else is needed."""
    organisation = register.organisation
    for department in register.departments:
        if department.head == person.id:
            yield f"{person.id} is still the head of {department.id} ({department.name}): departments.yml"
    for role, people in sorted(organisation.approvers.items()):
        if person.id in people:
            yield f"{person.id} still approves as {role}: organisation.yml"
    if any(member.person == person.id for member in organisation.leadership):
        yield f"{person.id} is still in the leadership group: organisation.yml"
    if organisation.filled_by == person.id:
        yield f"{person.id} still fills in the forms (filled_by): organisation.yml"
