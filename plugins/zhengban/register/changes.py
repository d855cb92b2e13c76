# SPDX-License-Identifier: Apache-2.0
"""What happens to computers, people and departments, as changes of rows of the register.

Pure: a register and a request give row changes, or say why not. Source: DESIGN 8, DOMAIN C8, C9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal, NoReturn

import msgspec

from zhengban.documents.edit import append_items, set_value, set_values
from zhengban.documents.numbers import number_problem
from zhengban.documents.suggestion import suggest
from zhengban.documents.yamlline import Value
from zhengban.documents.yamltext import BYTE_ORDER_MARK, Scalar, Sequence, parse_yaml
from zhengban.documents.yamltext import Mapping as MappingNode
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.register import Computer, Department, Kind, Person, Register, Status

from .load import FOLDER

File = Literal["computers", "people", "departments"]
_ID_KEYS: Mapping[File, str] = {"computers": "number", "people": "id", "departments": "id"}


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the row of a computer, person or department: keys with their new values, ``None`` removes a key.

    ``kind`` add makes a new row of the values, remove takes the whole row away.
    """

    file: File
    identity: str
    kind: Literal["set", "add", "remove"] = "set"
    values: dict[str, Value | None] = {}


def write_rows(text: str, file: File, changes: Iterable[RowChange]) -> str:
    """Edit the text of one register file; every other line stays as it is.

    Args:
        text: the file, as :func:`zhengban.documents.edit.read_editable` reads it.
        changes: of this file. Rows are changed first, then added, then removed.

    Raises:
        InputError: the text cannot be edited so; a person has to do it.
    """
    shown_as = f"{FOLDER}/{file}.yml"
    changes = tuple(changes)
    places = _places_of(text, file, (change.identity for change in changes if change.kind != "add"))
    values: list[tuple[tuple[str | int, ...], Value | None]] = [
        ((file, places[change.identity], key), value)
        for change in changes
        if change.kind == "set"
        for key, value in change.values.items()
    ]
    text = set_values(text, values, shown_as=shown_as)
    rows = [
        {key: value for key, value in change.values.items() if value is not None}
        for change in changes
        if change.kind == "add"
    ]
    text = append_items(text, (file,), rows, shown_as=shown_as) if rows else text
    # The last first: the others keep their places.
    for place in sorted((places[change.identity] for change in changes if change.kind == "remove"), reverse=True):
        text = set_value(text, (file, place), None, shown_as=shown_as)
    return text


def add_computer(
    register: Register,
    number: str,
    *,
    kind: Kind,
    brand: str,
    user: str = "",
    ansible: str = "",
    oem: tuple[str, ...] = (),
) -> RowChange:
    """A new computer: in use when somebody uses it or it is a server, else a spare.

    Raises:
        InputError: it is no number, it has no brand, there is no such person.
        Refused: the number is taken, the person has left.
    """
    expected = number_problem(number)
    if expected:
        raise InputError([Problem(file="NUMBER", message=f"{number!r} is not {expected}")])
    if not brand.strip():
        raise InputError([Problem(file="--brand", message="is empty", hint="name maker and model")])
    if number in register.computer_by_number:
        raise Refused([f"{number}: is in the register already; numbers are never reused"])
    if user:
        require_present(register, user)
    values: dict[str, Value | None] = {
        "number": number,
        "names": {"ansible": ansible} if ansible else None,
        "brand": brand,
        "kind": kind,
        "user": user or None,
        "status": None if user or kind == "server" else "spare",
        "oem": oem or None,
    }
    return RowChange(file="computers", identity=number, kind="add", values=values)


def assign_computer(register: Register, computer: Computer, user: str) -> RowChange:
    """A computer gets another user, or its first, and is in use from then on.

    Raises:
        InputError: there is no such person.
        Refused: the computer is scrapped or in use by that person already, or the person has left.
    """
    _require_not_scrapped(computer)
    require_present(register, user)
    if computer.user == user and computer.status == "in_use":
        raise Refused([f"{computer.number}: is in use by {user} already"])
    return _set_computer(computer, user=user, status="in_use")


def return_computer(computer: Computer, *, is_wiped: bool) -> RowChange:
    """A computer goes back into the store room. One that was wiped is another machine to the ledger: its identity is
    learnt again when it is adopted again.

    Raises:
        Refused: it is scrapped, or a spare already.
    """
    _require_not_scrapped(computer)
    if computer.status == "spare" and not computer.user and not is_wiped:
        raise Refused([f"{computer.number}: is a spare already; if its disk was wiped, say so with --wiped"])
    change = _set_computer(computer, user="", status="spare")
    if is_wiped and computer.is_adopted:
        return msgspec.structs.replace(change, values={**change.values, "identity": None})
    return change


def scrap_computer(computer: Computer) -> RowChange:
    """A computer is scrapped; its row stays, because the ledger names it.

    Raises:
        Refused: it is scrapped already.
    """
    _require_not_scrapped(computer)
    return _set_computer(computer, user="", status="scrapped")


def add_person(register: Register, identity: str, *, name: str, department: str) -> RowChange:
    """A new person.

    Raises:
        InputError: there is no such department.
        Refused: the id is taken.
    """
    if identity in register.person_by_id:
        raise Refused([f"{identity}: is in the register already; ids are never reused"])
    find_department(register, department)
    values: dict[str, Value | None] = {"id": identity, "name": name, "department": department}
    return RowChange(file="people", identity=identity, kind="add", values=values)


def leave(person: Person, day: dt.date) -> RowChange:
    """A person leaves; the row stays, because the ledger names the person.

    Raises:
        Refused: the person has left already.
    """
    if person.left_on:
        raise Refused([f"{person.id}: left on {person.left_on} already"])
    return RowChange(file="people", identity=person.id, values={"left_on": day})


def rename_department(department: Department, name: str) -> RowChange:
    """A department gets another name; scopes go on accepting the old one.

    Raises:
        Refused: it is called so already.
    """
    if department.name == name:
        raise Refused([f"{department.id}: is called {name!r} already"])
    formerly = [*(old for old in department.formerly if old not in (name, department.name)), department.name]
    return RowChange(file="departments", identity=department.id, values={"name": name, "formerly": formerly})


def merge_departments(register: Register, source: Department, target: Department) -> tuple[RowChange, ...]:
    """The people of one department move to another, which answers to its names too; its row goes.

    Raises:
        Refused: both are the same.
    """
    if source.id == target.id:
        raise Refused([f"{source.id}: cannot be merged into itself"])
    people = (person for person in register.people if person.department == source.id)
    known = (*target.formerly, target.name)
    names = [name for name in (*source.formerly, source.name) if name not in known]
    return (
        *(RowChange(file="people", identity=person.id, values={"department": target.id}) for person in people),
        RowChange(file="departments", identity=target.id, values={"formerly": [*target.formerly, *names]}),
        RowChange(file="departments", identity=source.id, kind="remove"),
    )


def find_person(register: Register, identity: str) -> Person:
    """The person with an id.

    Raises:
        InputError: there is none.
    """
    return register.person_by_id.get(identity) or _unknown("people", "person", identity, register.person_by_id)


def find_department(register: Register, identity: str) -> Department:
    """The department with an id.

    Raises:
        InputError: there is none.
    """
    known = register.department_by_id
    return known.get(identity) or _unknown("departments", "department", identity, known)


def require_present(register: Register, identity: str) -> Person:
    """The person with an id, who has not left.

    Raises:
        InputError: there is none.
        Refused: the person has left.
    """
    person = find_person(register, identity)
    if person.left_on:
        raise Refused([f"{identity} ({person.name}): left on {person.left_on}; name somebody who is there"])
    return person


def _unknown(file: File, what: str, identity: str, known: Iterable[str]) -> NoReturn:
    message = f"there is no {what} {identity!r}"
    raise InputError([Problem(file=f"{FOLDER}/{file}.yml", message=message, hint=suggest(identity, known))])


def _require_not_scrapped(computer: Computer) -> None:
    if computer.status == "scrapped":
        raise Refused([f"{computer.number}: is scrapped; a scrapped computer does not come back"])


def _set_computer(computer: Computer, *, user: str, status: Status) -> RowChange:
    values: dict[str, Value | None] = {}
    if user != computer.user:
        values["user"] = user or None
    if status != computer.status:
        values["status"] = status
    return RowChange(file="computers", identity=computer.number, values=values)


def _places_of(text: str, file: File, identities: Iterable[str]) -> dict[str, int]:
    """The places of rows in the file, counted from 0."""
    shown_as = f"{FOLDER}/{file}.yml"
    root, problems = parse_yaml(text.removeprefix(BYTE_ORDER_MARK), shown_as=shown_as)
    rows = root.items.get(file) if isinstance(root, MappingNode) else None
    places: dict[str, int] = {}
    for place, row in enumerate(rows.items if isinstance(rows, Sequence) else ()):
        identity = row.items.get(_ID_KEYS[file]) if isinstance(row, MappingNode) else None
        if isinstance(identity, Scalar):
            places.setdefault(identity.text, place)
    missing = [identity for identity in identities if identity not in places]
    if problems or missing:
        hint = "somebody changed the file meanwhile; run the command again"
        gone = (Problem(file=shown_as, message=f"has no row for {identity!r}", hint=hint) for identity in missing)
        raise InputError(problems or gone)
    return places
