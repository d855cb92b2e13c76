# SPDX-License-Identifier: Apache-2.0
"""Computers and people from another system's list: compared with the register, and taken over into it.

Understood first, written after; nothing is ever taken away. Source: DESIGN 8, DOMAIN L5, C9.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from zhengban.documents.yamlline import Value
from zhengban.forms.extract import Line
from zhengban.forms.listing import Listing, Mapped, read_listing
from zhengban.forms.oddity import Oddity
from zhengban.forms.opening import open_books
from zhengban.life.living import draft_life
from zhengban.model.register import Computer, Register
from zhengban.run.workspace import Workspace

from .listed_people import ListedPeople
from .listing_changes import Changes, Difference

REGISTERED = "register_imported"
"""The kind of the event that says which list was taken over."""

_HINT_KIND = "map a column to kind, or say `otherwise: {kind: desktop}`"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A list beside the register: what is new, changed or missing in it, what is odd, and what the register becomes.

    ``assigned`` are computers of the register that get another user.
    """

    differences: tuple[Difference, ...]
    oddities: tuple[Oddity, ...]
    changes: Changes
    assigned: dict[str, str]


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an import; ``open`` are the oddities that keep it from being written, ``texts`` the files as
    (path, before, after).
    """

    differences: tuple[Difference, ...]
    oddities: tuple[Oddity, ...]
    open: tuple[Oddity, ...]
    texts: tuple[tuple[str, str, str], ...] = ()
    is_written: bool = False


def import_list(
    workspace: Workspace,
    path: Path,
    mapped: Mapped,
    *,
    accept: Iterable[str],
    by: str,
    is_check: bool,
    now: dt.datetime,
) -> Registered:
    """Take a list over into the register if all of it is understood or accepted.

    Rows and values are one unit; a computer with software on record that gets another user is one more each, because
    the books say so too (C9). Cut off, the same command does the rest.

    Args:
        accept: places or codes of questions whose answer is yes.
        by: the id of the person who says so; empty: the account of this process does.

    Raises:
        InputError: the list cannot be read, or would make no register; nothing was written.
        Busy, Refused, LedgerError: what was written before stands.
    """
    listed, accepted = read_list(path, mapped), tuple(accept)
    with draft_life(workspace, now=now, by=by, is_check=is_check) as draft:
        compared = compare_list(draft.register, listed)
        open_ = tuple(item for item in compared.oddities if item.level != "note" and not item.is_accepted(accepted))
        if not open_:
            recorded = {number for number in compared.assigned if draft.has_records(number)}
            if rows := compared.changes.rows(without_users_of=recorded):
                data = {
                    "file": path.name,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                    "accepted": list(accepted),
                }
                draft.change_rows(rows, what=REGISTERED, says=f"{path.name}: {len(rows)} rows", data=data)
            for number in sorted(recorded):
                draft.assign(draft.register.computer_by_number[number], compared.assigned[number])
        texts = draft.texts
    return Registered(
        # What the list does not have stays; `register diff` tells it.
        differences=tuple(item for item in compared.differences if item.kind != "missing"),
        oddities=compared.oddities,
        open=open_,
        texts=texts,
        is_written=not is_check and not open_,
    )


def read_list(path: Path, mapped: Mapped) -> Listing:
    """The list in a file.

    Raises:
        InputError: it is refused, or there is none in it.
    """
    (book,) = open_books([path])
    return read_listing(book, mapped)


def compare_list(register: Register, listed: Listing) -> Compared:
    """Compare a list with the register; pure."""
    return _Comparing(register, listed).compare()


class _Comparing:
    def __init__(self, register: Register, listed: Listing) -> None:
        self._register = register
        self._listed = listed
        self._changes = Changes()
        self._people = ListedPeople(register, self._changes, listed.lines)
        named = [item for item in register.computers if item.names.ansible]
        # A name in a domain and the name alone are one computer; the whole name has the last word.
        self._hosts = {_short(item.names.ansible): item.number for item in named}
        self._hosts |= {item.names.ansible.lower(): item.number for item in named}
        self._seen: dict[str, Line] = {}
        self._assigned: dict[str, str] = {}

    def compare(self) -> Compared:
        for line in self._listed.lines:
            number = self._number(line)
            if number is None:
                continue
            if number and number in self._seen:
                self._repeated(line, number)
                continue
            # Who used what is scrapped has perhaps left since.
            user = "" if number and line.get("status") == "scrapped" else self._people.person(line)
            if number:
                self._seen[number] = line
                self._computer(line, number, user)
        differences = (*self._changes.differences, *self._missing())
        oddities = tuple(sorted({*self._listed.oddities, *self._changes.oddities}))
        return Compared(differences=differences, oddities=oddities, changes=self._changes, assigned=self._assigned)

    def _number(self, line: Line) -> str | None:
        """The number of the computer a line is about; empty for a list of people, None where it cannot be said."""
        if not self._listed.is_of_computers:
            return ""
        number, host = line.get("computer", ""), line.get("host", "")
        known = self._hosts.get(host) or self._hosts.get(_short(host))
        if number:
            if known and known != number:
                message = f"the host name {host!r} belongs to {known} in the register"
                self._changes.say(line, "host", "other_computer", message, "error")
                return None
            return str(number)
        if not host:
            self._changes.say(line, "", "no_computer", "neither number nor host name: left out", "question")
            return None
        if known:
            return known
        number = _short(host).upper()
        message = f"no asset number, and no computer has the host name {host!r}: entered as {number}"
        self._changes.say(line, "host", "no_number", message, "question")
        return number

    def _repeated(self, line: Line, number: str) -> None:
        first = self._seen[number]
        if line.values == first.values:
            self._changes.say(line, "", "repeated_row", f"{number} as in line {first.place.row}: left out", "note")
        else:
            message = f"{number} is in line {first.place.row} too, and says something else"
            self._changes.say(line, "", "two_rows", message, "error")

    def _computer(self, line: Line, number: str, user: str) -> None:
        there = self._register.computer_by_number.get(number)
        if user and self._people.is_gone(user):
            message = f"{user} has left in the register: name somebody who is there"
            self._changes.say(line, "person_id", "left", message, "error")
        elif there is None:
            self._add(line, number, user)
        else:
            self._compare(line, there, user)

    def _add(self, line: Line, number: str, user: str) -> None:
        status = line.get("status")
        if status == "scrapped":
            message = f"{number} is scrapped and not in the register: left out"
            self._changes.say(line, "status", "scrapped", message, "note")
            return
        kind = line.get("kind")
        if kind is None:
            self._changes.say(line, "kind", "incomplete", f"{number}: no kind; {_HINT_KIND}", "error")
        if status is None:
            status = "in_use" if user or kind == "server" else "spare"
        address = line.get("address")
        row: dict[str, Value | None] = {
            "number": number,
            "names": _names(line) or None,
            "brand": _brand(line),
            "kind": kind,
            "user": user or None,
            "status": None if status == "in_use" else status,
            "vars": {"ansible_host": address} if address else None,
        }
        self._changes.add(line, "computers", number, row)

    def _compare(self, line: Line, there: Computer, user: str) -> None:
        if (names := _names(line)) and (changed := dict(_other_names(names, there))):
            was: dict[str, Value] = {key: value for key, value in _names_of(there).items() if value}
            self._changes.change(line, "host", "computers", there.number, "names", was, was | changed)
        for key, now in (("brand", _brand(line)), ("kind", line.get("kind"))):
            if now is not None and now != getattr(there, key):
                self._changes.change(line, key, "computers", there.number, key, getattr(there, key), now)
        status = line.get("status")
        if status is not None and status != there.status:
            verb = {"scrapped": "scrap", "spare": "return"}.get(status, "assign")
            message = f"{there.number} is {there.status} in the register, which stays: zhengban computer {verb}"
            self._changes.say(line, "status", "other_status", message, "note")
            self._changes.differences.append(
                Difference(
                    kind="changed",
                    file="computers",
                    identity=there.number,
                    field="status",
                    was=there.status,
                    now=status,
                    where=str(line.at("status")),
                )
            )
        elif user and user != there.user and there.status != "scrapped":
            self._changes.hand_over(line, there, user)
            self._assigned[there.number] = user

    def _missing(self) -> Iterator[Difference]:
        if self._listed.is_of_computers:
            for item in self._register.computers:
                if item.status != "scrapped" and item.number not in self._seen:
                    yield Difference(kind="missing", file="computers", identity=item.number)
        else:
            yield from self._people.missing()


def _brand(line: Line) -> str | None:
    brand, model = line.get("brand", ""), line.get("model", "")
    both = model if brand and model.lower().startswith(brand.lower()) else f"{brand} {model}".strip()
    return both or None


def _names(line: Line) -> dict[str, Value]:
    return {key: line.get(column) for key, column in (("ansible", "host"), ("minion", "minion")) if line.get(column)}


def _names_of(computer: Computer) -> dict[str, str]:
    return {"ansible": computer.names.ansible, "minion": computer.names.minion}


def _other_names(names: dict[str, Value], there: Computer) -> Iterator[tuple[str, Value]]:
    for key, now in names.items():
        was, given = _names_of(there)[key].lower(), str(now).lower()
        # Two whole names have to be the same; one without a domain may stand for the other.
        is_same = given == was or (_short(given) == _short(was) and _short(given) in (given, was))
        if not is_same:
            yield key, now


def _short(host: str) -> str:
    """A host name without its domain; an address is whole."""
    host = host.lower()
    return host if host.replace(".", "").isdecimal() else host.partition(".")[0]
