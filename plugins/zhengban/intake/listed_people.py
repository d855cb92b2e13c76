# SPDX-License-Identifier: Apache-2.0
"""Who the people and departments of an exported list are: those of the register, or new ones. Source: DESIGN 2, 8."""

from __future__ import annotations

from collections.abc import Iterator

from zhengban.documents.yamlline import Value
from zhengban.forms.extract import Line
from zhengban.model.register import Person, Register

from .drafting import next_ids
from .listing_changes import Changes, Difference

_COMPARED = ("name", "department", "title", "phone", "pledge")


class ListedPeople:
    """Finds people and departments by id and name, and collects what is new or says something else."""

    def __init__(self, register: Register, changes: Changes, lines: tuple[Line, ...]) -> None:
        self._register = register
        self._changes = changes
        self._seen: set[str] = set()
        self._departments: dict[str, str] = {}
        for item in register.departments:
            self._departments |= dict.fromkeys((item.id, item.name, *item.formerly), item.id)
        self._department_ids = iter(next_ids([item.id for item in register.departments], "D", 2))
        given = [line.get("person_id") for line in lines]
        self._person_ids = iter(next_ids([*register.person_by_id, *(item for item in given if item)], "E", 4))
        # Also those the list brings: id -> (name, department).
        self._people = {person.id: (person.name, person.department) for person in register.people}
        # In the order in which they are there.
        self._ids_of: dict[str, list[str]] = {}
        for person in register.people:
            self._ids_of.setdefault(person.name, []).append(person.id)
        self._gone = {person.id for person in register.people if person.left_on}

    def department(self, line: Line) -> str:
        """The id of the department a line names, empty where it names none."""
        name = line.get("department", "")
        if name and name not in self._departments:
            self._departments[name] = identity = next(self._department_ids)
            self._changes.add(line, "departments", identity, {"id": identity, "name": name})
        return self._departments.get(name, "")

    def person(self, line: Line) -> str:
        """The id of the person a line names; empty where it names nobody, or it cannot be said whom."""
        identity: str = line.get("person_id", "")
        name, department = line.get("person", ""), self.department(line)
        if not identity and not name:
            return ""
        if not identity:
            found = list(self._named(name, department))
            if len(found) > 1:
                message = f"{len(found)} people are called {name!r} ({', '.join(found)}): give their ids in a column"
                self._changes.say(line, "person", "several_people", message, "error")
                return ""
            if not found and not department:
                message = f"nobody is called {name!r}, and a new person needs a department"
                self._changes.say(line, "person", "unknown_person", message, "error")
                return ""
            identity = found[0] if found else next(self._person_ids)
        elif identity not in self._people and not (name and department):
            message = f"nobody has the id {identity!r}, and a new person needs a name and a department"
            self._changes.say(line, "person_id", "unknown_person", message, "error")
            return ""
        self._seen.add(identity)
        known = self._register.person_by_id.get(identity)
        if known is not None:
            self._compare(line, known, department)
        elif identity not in self._people:
            self._people[identity] = (name, department)
            self._ids_of.setdefault(name, []).append(identity)
            row: dict[str, Value | None] = {"id": identity, "name": name, "department": department}
            row |= {key: line.get(key) for key in ("title", "phone", "pledge")}
            self._changes.add(line, "people", identity, row)
        elif (name or self._people[identity][0], department or self._people[identity][1]) != self._people[identity]:
            was = " of ".join(self._people[identity])
            message = f"{identity} is {was} in a line above"
            self._changes.say(line, "person_id", "two_people", message, "error")
        return identity

    def missing(self) -> Iterator[Difference]:
        """People of the register who have not left and are in no line."""
        for person in self._register.people:
            if person.left_on is None and person.id not in self._seen:
                yield Difference(kind="missing", file="people", identity=person.id, now=person.name)

    def is_gone(self, identity: str) -> bool:
        """Whether the register says that somebody has left."""
        return identity in self._gone

    def _named(self, name: str, department: str) -> Iterator[str]:
        for identity in self._ids_of.get(name, ()):
            if identity not in self._gone and department in ("", self._people[identity][1]):
                yield identity

    def _compare(self, line: Line, known: Person, department: str) -> None:
        given = {"name": line.get("person"), "department": department or None}
        given |= {key: line.get(key) for key in ("title", "phone", "pledge")}
        for key in _COMPARED:
            was, now = getattr(known, key), given[key]
            if now is not None and now != was:
                column = {"name": "person"}.get(key, key)
                self._changes.change(line, column, "people", known.id, key, was, now)
