# SPDX-License-Identifier: Apache-2.0
"""Rules between the entries of the register: what is there twice, and references to what is not there."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from zhengban.documents.document import Document
from zhengban.documents.suggestion import Suggestions, suggest
from zhengban.model.errors import Problem

# The number becomes a file name, percent-encoded; file systems take 255 bytes, the ledger adds a suffix.
_LONGEST_FILE_NAME = 200

_Path = tuple[str | int, ...]


def check_register(documents: Mapping[str, Document]) -> tuple[Problem, ...]:
    """Find what is wrong between entries that the schemas accept.

    Args:
        documents: those of organisation, departments, people and computers that could be read, by name.
            References into a file that is absent or has problems are not checked: not all its names are known.

    Returns:
        Problems at the place of the later entry, or of the reference.

    Source: DESIGN 2, 4 (two in-use computers with one machine id).
    """
    hints = Suggestions()
    return (
        *_organisation_problems(documents, hints),
        *_department_problems(documents, hints),
        *_people_problems(documents, hints),
        *_computer_problems(documents, hints),
    )


def _known(documents: Mapping[str, Document], name: str) -> frozenset[str] | None:
    document = documents.get(name)
    if document is None or document.problems:
        return None
    return frozenset(row["id"] for _index, row in document.items(name))


def _reference(
    document: Document,
    path: _Path,
    written: str | None,
    known: frozenset[str] | None,
    what: str,
    hints: Suggestions,
) -> Iterator[Problem]:
    if written and known is not None and written not in known:
        yield document.problem(path, f"there is no {what} {written!r}", hints.suggest(written, known))


def _repeated(document: Document, values: Iterable[tuple[_Path, str]], what: str, hint: str) -> Iterator[Problem]:
    first: dict[str, _Path] = {}
    for path, value in values:
        if value and first.setdefault(value, path) != path:
            line = document.place(first[value]).line
            yield document.problem(path, f"the {what} {value!r} is used already in line {line}", hint)


def _organisation_problems(documents: Mapping[str, Document], hints: Suggestions) -> Iterator[Problem]:
    document = documents.get("organisation")
    if document is None or document.problems:
        return
    plain: dict[str, Any] = document.plain["organisation"]
    top = "organisation"
    zone = plain.get("timezone", "Asia/Shanghai")
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # All their names take longer to find than the whole register to read.
        hint = suggest(zone, zoneinfo.available_timezones())
        yield document.problem((top, "timezone"), f"there is no time zone {zone!r}", hint)
    departments, people = _known(documents, "departments"), _known(documents, "people")
    place = (top, "responsible_department")
    yield from _reference(document, place, plain.get("responsible_department"), departments, "department", hints)
    yield from _reference(document, (top, "filled_by"), plain.get("filled_by"), people, "person", hints)
    for index, member in enumerate(plain.get("leadership", ())):
        yield from _reference(document, (top, "leadership", index, "person"), member["person"], people, "person", hints)
    for role, ids in plain.get("approvers", {}).items():
        for index, person in enumerate(ids):
            yield from _reference(document, (top, "approvers", role, index), person, people, "person", hints)


def _department_problems(documents: Mapping[str, Document], hints: Suggestions) -> Iterator[Problem]:
    document = documents.get("departments")
    if document is None:
        return
    people = _known(documents, "people")
    rows = list(document.items("departments"))
    ids: list[tuple[_Path, str]] = [(("departments", index, "id"), row["id"]) for index, row in rows]
    names: list[tuple[_Path, str]] = [(("departments", index, "name"), row["name"]) for index, row in rows]
    yield from _repeated(document, ids, "department id", "ids never change and are never reused")
    yield from _repeated(document, names, "department name", "scopes could not tell them apart; rename one")
    for index, row in rows:
        yield from _reference(document, ("departments", index, "head"), row.get("head"), people, "person", hints)


def _people_problems(documents: Mapping[str, Document], hints: Suggestions) -> Iterator[Problem]:
    document = documents.get("people")
    if document is None:
        return
    departments = _known(documents, "departments")
    rows = list(document.items("people"))
    ids: list[tuple[_Path, str]] = [(("people", index, "id"), row["id"]) for index, row in rows]
    yield from _repeated(document, ids, "person id", "ids are never reused; people may share a name, not an id")
    for index, row in rows:
        path = ("people", index, "department")
        yield from _reference(document, path, row["department"], departments, "department", hints)


def _computer_problems(documents: Mapping[str, Document], hints: Suggestions) -> Iterator[Problem]:
    document = documents.get("computers")
    if document is None:
        return
    people = _known(documents, "people")
    rows = list(document.items("computers"))

    def column(*keys: str) -> Iterator[tuple[_Path, str]]:
        for index, row in rows:
            value: Any = row
            for key in keys:
                value = value.get(key, {} if key != keys[-1] else "")
            yield ("computers", index, *keys), value

    yield from _repeated(document, column("number"), "computer number", "every computer has its own")
    for system in ("ansible", "minion"):
        hint = "a host belongs to one computer; remove the name from the one that no longer has it"
        yield from _repeated(document, column("names", system), f"{system} name", hint)
    yield from _host_of_two_problems(document, rows)
    in_use = {index for index, row in rows if row.get("status", "in_use") == "in_use"}
    machine_ids = [(path, value) for path, value in column("identity", "machine_id") if path[1] in in_use]
    hint = "cloned images share it: run systemd-machine-id-setup on one of them, or mark it scrapped"
    yield from _repeated(document, machine_ids, "machine id", hint)
    for index, row in rows:
        yield from _reference(document, ("computers", index, "user"), row.get("user"), people, "person", hints)
        if len(quote(row["number"], safe="")) > _LONGEST_FILE_NAME:
            message = f"the number {row['number']!r} is too long for a file name"
            yield document.problem(("computers", index, "number"), message, "choose a shorter one")


def _host_of_two_problems(document: Document, rows: Iterable[tuple[int, Any]]) -> Iterator[Problem]:
    """A number that is another computer's Ansible name: a computer without such a name is that host in the inventory,
    and commands, which take either, would mean the other computer.
    """
    named = {row.get("names", {}).get("ansible"): index for index, row in rows}
    for index, row in rows:
        other = named.get(row["number"], index)
        if other == index:
            continue
        number: _Path = ("computers", index, "number")
        name: _Path = ("computers", other, "names", "ansible")
        first, later = sorted((number, name), key=lambda path: path[1])
        message = f"{row['number']!r} is the number of one computer and the ansible name of another, see line "
        hint = "one host cannot be both; choose another"
        yield document.problem(later, f"{message}{document.place(first).line}", hint)
