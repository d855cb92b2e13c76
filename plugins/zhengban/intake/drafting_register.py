# SPDX-License-Identifier: Apache-2.0
"""People, departments and computers of imported forms, as rows of the register. Source: DOMAIN L5, DESIGN 2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from zhengban.documents.yamlline import Value
from zhengban.forms.booked import Compared
from zhengban.forms.extract import Line
from zhengban.forms.intake import Ledgers
from zhengban.forms.oddity import Place
from zhengban.model.register import Computer

from .drafting import Draft, next_ids

DEPARTMENTS, PEOPLE = "inventories/register/departments.yml", "inventories/register/people.yml"
COMPUTERS, ORGANISATION = "inventories/register/computers.yml", "inventories/register/organisation.yml"

Who = tuple[str, str]
"""A department's name and a person's: all that a form says of who somebody is."""


class People:
    """Ids of departments and people by the names on the forms; those nobody had are new."""

    def __init__(self, draft: Draft, ledgers: Ledgers) -> None:
        self._draft = draft
        self._ledgers = ledgers
        register = draft.workspace.register
        self._departments: dict[str, str] = {}
        for item in register.departments:
            self._departments |= dict.fromkeys((*item.formerly, item.name), item.id)
        # By the department's id: its former names are the same department.
        self._people = {(person.department, person.name): person.id for person in register.people}
        self._department_ids = iter(next_ids([item.id for item in register.departments], "D", 2))
        self._person_ids = iter(next_ids([*(person.id for person in register.people), *self._chosen()], "E", 4))
        self.new_departments: list[Mapping[str, Value]] = []
        self.new_people: list[Mapping[str, Value]] = []

    def department(self, name: str) -> str:
        """The id of a department."""
        if name not in self._departments:
            self._departments[name] = next(self._department_ids)
            self.new_departments.append({"id": self._departments[name], "name": name})
        return self._departments[name]

    def person(self, who: Who) -> str:
        """The id of a person."""
        place = self.department(who[0])
        return self._people.get((place, who[1])) or self._new_person(who, place)

    def named(self, name: str) -> str:
        """The id of the one person who has a name; empty where nobody or several have it."""
        found = {known for (_department, person), known in self._people.items() if person == name}
        return found.pop() if len(found) == 1 else ""

    def _new_person(self, who: Who, place: str) -> str:
        line = self._ledgers.people.get(who)
        row: dict[str, Value] = {"id": "", "name": who[1], "department": place}
        if line is not None:
            row |= {key: line.get(key) for key in ("title", "phone", "pledge") if line.get(key) is not None}
        row["id"] = str(line.get("id")) if line is not None and line.get("id") else next(self._person_ids)
        identity = self._people[place, who[1]] = str(row["id"])
        self.new_people.append(row)
        return identity

    def _chosen(self) -> Iterator[str]:
        return (str(line.get("id")) for line in self._ledgers.people.values() if line.get("id"))


def draft_register(draft: Draft, ledgers: Ledgers, compared: Compared) -> People:
    """Add who and what the forms name to the draft; what the register has stays as it is."""
    people = People(draft, ledgers)
    rows: list[Mapping[str, Value]] = []
    seen: dict[str, Line] = {}
    for line in ledgers.installs:
        number = line.get("computer")
        if number is None:
            draft.say(line.at("computer"), "no_computer", "no computer in this line", "error", "L5")
        elif number not in seen:
            seen[number] = line
            rows += _computer(draft, ledgers, compared, people, number, line)
        else:
            _require_same(draft, seen[number], line)
    for who in ledgers.people:
        people.person(who)
    for number, line in ledgers.computers.items():
        if number not in seen:
            seen[number] = line
            rows += _computer(draft, ledgers, compared, people, number, line)
    for number, steps in compared.steps.items():
        if number not in seen:
            rows += _computer(draft, ledgers, compared, people, number, steps[-1].line)
    for free in ledgers.free.values():
        for name in free.get("departments", ()):
            people.department(name)
    _draft_head(draft, ledgers, people)
    draft.append(DEPARTMENTS, ("departments",), people.new_departments)
    draft.append(PEOPLE, ("people",), people.new_people)
    draft.append(COMPUTERS, ("computers",), rows)
    return people


def _computer(
    draft: Draft, ledgers: Ledgers, compared: Compared, people: People, number: str, line: Line
) -> Iterable[Mapping[str, Value]]:
    there = draft.workspace.register.computer_by_number.get(number)
    user = people.person((line.get("department"), line.get("person"))) if _is_somebody(line) else ""
    if there is not None:
        _compare(draft, there, line, user)
        return
    added = ledgers.computers.get(number)
    status = added.get("status") if added is not None else None
    if (
        status is None
        and line.get("number") is None
        and number not in compared.holders
        and "person" not in line.columns
    ):
        # Only in old records, and nothing is on it any more.
        status = "scrapped"
        draft.say(
            line.place,
            "gone_computer",
            f"{number} is only in records that ended: entered as scrapped",
            "question",
            "L5",
        )
    kind = added.get("kind") if added is not None else None
    if kind is None:
        place = added.at("kind") if added is not None else line.at("computer")
        draft.say(place, "incomplete", f"{number}: no form says its kind (服务器, 台式机, 便携机)", "error")
    row: dict[str, Value] = {"number": number}
    if added is not None and added.get("host"):
        row["names"] = {"ansible": added.get("host")}
    if brand := line.get("brand") or (added.get("brand") if added is not None else ""):
        row["brand"] = brand
    row["kind"] = kind or "desktop"
    if user:
        row["user"] = user
    if status not in (None, "in_use"):
        row["status"] = status
    if oem := compared.preinstalled.get(number):
        row["oem"] = oem
    yield row


def _is_somebody(line: Line) -> bool:
    return "person" in line.columns and line.get("person") is not None and line.get("department") is not None


def _compare(draft: Draft, there: Computer, line: Line, user: str) -> None:
    if user and user != there.user:
        message = f"{there.number} belongs to {there.user or 'nobody'} in the register, which stays"
        draft.say(line.at("person"), "other_user", message, "question", "L5")


def _require_same(draft: Draft, first: Line, line: Line) -> None:
    for key in ("person", "department", "brand"):
        if line.get(key) is not None and line.get(key) != first.get(key):
            message = f"{line.get('computer')}: {line.get(key)!r} here, {first.get(key)!r} in {first.place.cell}"
            draft.say(line.at(key), "two_users" if key != "brand" else "two_brands", message, "error", "L5")


def _draft_head(draft: Draft, ledgers: Ledgers, people: People) -> None:
    """The organisation's name and who filled the forms in."""
    register = draft.workspace.register
    organisation, head = register.organisation, Place(file="import")
    name = ledgers.fields.get("organisation")
    if name and not register.people:
        # Nobody has filled the register in: its name is the one `zhengban init` writes.
        draft.set(ORGANISATION, ("organisation", "name"), name)
    elif name not in (None, organisation.name):
        message = f"the forms are of {name!r}, the register of {organisation.name!r}, which stays"
        draft.say(head, "other_organisation", message, "question")
    if (name := ledgers.fields.get("filled_by")) is None or organisation.filled_by:
        return
    if person := people.named(name):
        draft.set(ORGANISATION, ("organisation", "filled_by"), person)
    else:
        draft.say(head, "unknown_filler", f"填表人 {name!r}: nobody, or several, have the name; left out", "question")
