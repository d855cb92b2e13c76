# SPDX-License-Identifier: Apache-2.0
"""Files of register and policy as an import would leave them: what is there stays, what is new is appended.

Source: DESIGN 2, 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from zhengban.documents.document import load_document
from zhengban.documents.edit import append_items, read_editable, set_value
from zhengban.documents.yamlline import Value
from zhengban.forms.oddity import Level, Oddity, Place
from zhengban.ledger.edits import edit_of
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Place as Place_
from zhengban.model.record import FileEdit
from zhengban.model.register import Register
from zhengban.policy.load import read_policy
from zhengban.policy.products import KEY
from zhengban.register.load import FILES, FOLDER, read_register
from zhengban.run.workspace import Workspace


class Draft:
    """The texts of the files that change, and what is odd about what they are made from."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.oddities: list[Oddity] = []
        self._was: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    def entry_at(self, place: Place_) -> int:
        """The index of the software entry that begins at a place of the policy.

        Raises:
            InputError: the file cannot be read.
        """
        document, problems = load_document(self.workspace.root / place.file, shown_as=place.file, schema="software")
        if document is None or problems:
            raise InputError(problems)
        return next(index for index, _row in document.items(KEY) if document.place((KEY, index)) == place)

    def append(self, path: str, where: Sequence[str | int], rows: Sequence[Mapping[str, Value]]) -> None:
        """Append rows to a list in a file, which is made where there is none."""
        if rows:
            text = self._text(path) or f"{where[0]}: []\n"
            self._texts[path] = append_items(text, where, rows, shown_as=path)

    def set(self, path: str, where: Sequence[str | int], value: Value) -> None:
        """Set a value in a file that is there."""
        self._texts[path] = set_value(self._text(path), where, value, shown_as=path)

    def say(self, place: Place, code: str, message: str, level: Level, clause: str = "") -> None:
        self.oddities.append(Oddity(place=place, code=code, message=message, level=level, clause=clause))

    @property
    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """(path, what it holds, what it is to hold) of every file that changes, by path."""
        return tuple(
            (path, self._was.get(path, ""), text)
            for path, text in sorted(self._texts.items())
            if text != self._was.get(path)
        )

    def edits(self) -> tuple[FileEdit, ...]:
        """What changes, each against the file as it was read."""
        root = self.workspace.root
        return tuple(edit_of(root, path, text, was=self._was.get(path)) for path, _was, text in self.texts)

    def read_register(self) -> tuple[Register | None, tuple[Problem, ...]]:
        """The register with the changes, or what is wrong with it."""
        edited = {name: text for name in FILES if (text := self._texts.get(f"{FOLDER}/{name}.yml")) is not None}
        return read_register(self.workspace.root, edited=edited)

    def problems(self, register: Register) -> tuple[Problem, ...]:
        """What would be wrong with the policy."""
        edited = {path: text for path, text in self._texts.items() if path.startswith("policies/")}
        policy, problems = read_policy(self.workspace.root, register, edited=edited)
        return problems if policy is None else ()

    def _text(self, path: str) -> str:
        if path not in self._texts:
            file = self.workspace.root / path
            if not file.exists():
                return ""
            self._was[path] = self._texts[path] = read_editable(file, shown_as=path)
        return self._texts[path]


def next_ids(known: Iterable[str], prefix: str, width: int) -> Iterable[str]:
    """Ids behind the highest of those that look like ``prefix`` and digits: E0010 after E0009."""
    found = [match for name in known if (match := re.fullmatch(rf"{prefix}(\d+)", name))]
    number = max((int(match[1]) for match in found), default=0)
    width = max([width, *(len(match[1]) for match in found)])
    while True:
        number += 1
        yield f"{prefix}{number:0{width}}"


def require_none(problems: tuple[Problem, ...]) -> None:
    """Raise what is wrong, if something is.

    Raises:
        InputError: with all of it.
    """
    if problems:
        raise InputError(problems)
