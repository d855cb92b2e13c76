# SPDX-License-Identifier: Apache-2.0
"""What an exported list would change in the register, collected line by line. Source: DESIGN 8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping
from typing import Any, Literal

import msgspec

from zhengban.documents.schemas import accepts_text, read_schema
from zhengban.documents.yamlline import Value
from zhengban.forms.extract import Line
from zhengban.forms.oddity import Level, Oddity
from zhengban.model.register import Computer
from zhengban.register.changes import File, RowChange


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between list and register: a row that is ``new``, a value that is ``changed`` with what it ``was``
    and is ``now``, or a row the list does not have (``missing``), which no import takes away.
    """

    kind: Literal["new", "changed", "missing"]
    file: File
    identity: str
    field: str = ""
    was: str = ""
    now: str = ""
    where: str = ""

    def __str__(self) -> str:
        what = f"{self.file} {self.identity}"
        if self.kind == "changed":
            return f"{what}: {self.field} {self.was!r} becomes {self.now!r} ({self.where})"
        return f"{what}: new, {self.now} ({self.where})" if self.kind == "new" else f"{what}: not in the list"


class Changes:
    """Row changes, the differences they are, and what is odd. A file, a key and a ``column`` of the list each name the
    same value in their own words.
    """

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self.oddities: list[Oddity] = []
        self._added: list[RowChange] = []
        self._set: dict[tuple[File, str], dict[str, Value | None]] = {}

    def rows(self, *, without_users_of: Container[str]) -> tuple[RowChange, ...]:
        """Everything, in the order of the list, but who uses those computers."""
        changed = []
        for (file, identity), row in self._set.items():
            is_kept = file != "computers" or identity not in without_users_of
            values = {key: value for key, value in row.items() if is_kept or key not in ("user", "status")}
            if values:
                changed.append(RowChange(file=file, identity=identity, values=values))
        return (*changed, *self._added)

    def add(self, line: Line, file: File, identity: str, row: Mapping[str, Value | None]) -> None:
        """A row the register does not have."""
        for key, value in row.items():
            self._require_accepted(line, file, key, value)
        self._added.append(RowChange(file=file, identity=identity, kind="add", values=dict(row)))
        now = ", ".join(f"{key} {_shown(value)}" for key, value in row.items() if value not in (None, identity))
        self.differences.append(Difference(kind="new", file=file, identity=identity, now=now, where=str(line.place)))

    def change(
        self, line: Line, column: str, file: File, identity: str, key: str, was: Value | None, now: Value
    ) -> None:
        """Another value in a row that is there: a question to whoever imports."""
        row = self._set.setdefault((file, identity), {})
        if key in row:
            if row[key] != now:
                message = f"{identity}: {key} {_shown(now)} here, {_shown(row[key])} in a line above"
                self.say(line, column, "two_values", message, "error")
            return
        self._require_accepted(line, file, key, now)
        row[key] = now
        place = line.at(column)
        self.differences.append(
            Difference(
                kind="changed",
                file=file,
                identity=identity,
                field=key,
                was=_shown(was),
                now=_shown(now),
                where=str(place),
            )
        )
        message = f"{identity}: {key} is {_shown(was) or 'empty'} in the register, becomes {_shown(now)}"
        self.say(line, column, "changed", message, "question")

    def hand_over(self, line: Line, there: Computer, user: str) -> None:
        """Another user of a computer, which is in use from then on."""
        self.change(line, "person", "computers", there.number, "user", there.user, user)
        if there.status == "spare":
            self._set["computers", there.number]["status"] = "in_use"

    def say(self, line: Line, column: str, code: str, message: str, level: Level) -> None:
        place = line.at(column) if column else line.place
        self.oddities.append(Oddity(place=place, code=code, message=message, level=level))

    def _require_accepted(self, line: Line, file: File, key: str, value: Value | None) -> None:
        """Say what the register's schema would, at the place in the list where it comes from."""
        schema: dict[str, Any] = read_schema(file)["properties"][file]["items"]["properties"][key]
        parts = [(schema, value)]
        if isinstance(value, Mapping):
            parts = [(schema["properties"][name], item) for name, item in value.items()]
        for part, item in parts:
            if isinstance(item, str) and not accepts_text(part, item):
                message = f"{key} {item!r} is not {part.get('x-expects', 'what the register takes')}"
                self.say(line, "", "bad_value", message, "error")


def _shown(value: Value | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_shown(item)}" for key, item in value.items())
    return value.isoformat() if isinstance(value, dt.date) else str(value)
