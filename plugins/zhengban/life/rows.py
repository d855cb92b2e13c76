# SPDX-License-Identifier: Apache-2.0
"""The computers' file, edited row by row: what an edit costs hardly grows with the register. Source: DESIGN 2, 8."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import msgspec

from zhengban.documents.document import load_document
from zhengban.documents.edit import read_editable, set_value
from zhengban.ledger.edits import edit_of, edit_of_row, require_appliable
from zhengban.model.errors import InputError
from zhengban.model.facts import Identity
from zhengban.model.record import FileEdit
from zhengban.run.workspace import Workspace

COMPUTERS_FILE = "inventories/register/computers.yml"
_KEY = "computers"


class ComputerRows(msgspec.Struct, frozen=True, kw_only=True):
    """The text of ``computers.yml`` in ``parts``: what stands before the rows, then one for each row, in lines.

    ``places`` maps a computer number to its index among the rows.
    """

    workspace: Workspace
    parts: tuple[str, ...]
    places: Mapping[str, int]

    @classmethod
    def read(cls, workspace: Workspace) -> ComputerRows:
        """The file as it is.

        Raises:
            InputError: it cannot be read or is wrong.
        """
        return cls._cut(workspace, read_editable(workspace.root / COMPUTERS_FILE, shown_as=COMPUTERS_FILE))

    @classmethod
    def _cut(cls, workspace: Workspace, text: str) -> ComputerRows:
        path = workspace.root / COMPUTERS_FILE
        document, problems = load_document(path, shown_as=COMPUTERS_FILE, schema=_KEY, edited=text)
        if document is None or problems:
            raise InputError(problems)
        numbers = [row["number"] for _index, row in document.items(_KEY)]
        lines = text.splitlines(keepends=True)
        starts = [document.place((_KEY, index)).line - 1 for index in range(len(numbers))]
        cuts = [0, *starts, len(lines)]
        parts = tuple("".join(lines[start:end]) for start, end in pairwise(cuts))
        return cls(workspace=workspace, parts=parts, places={number: at for at, number in enumerate(numbers)})

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def with_identity(self, number: str, identity: Identity) -> ComputerRows:
        """The file with the identity of one computer.

        Raises:
            InputError: it cannot be written without touching something else.
        """
        place, value = self.places[number], msgspec.to_builtins(identity)
        row = self.parts[place + 1]
        edited = _edit_row(row, value)
        if edited is not None:
            return msgspec.structs.replace(self, parts=(*self.parts[: place + 1], edited, *self.parts[place + 2 :]))
        text = set_value(self.text, (_KEY, place, "identity"), value, shown_as=COMPUTERS_FILE)
        return self._cut(self.workspace, text)

    def edits_to(self, after: ComputerRows) -> tuple[FileEdit, ...]:
        """The edit that makes of this file another, none when they are the same: of a row where only that changes."""
        if after.parts == self.parts:
            return ()
        if len(after.parts) == len(self.parts):
            changed = [at for at, part in enumerate(after.parts) if part != self.parts[at]]
            if len(changed) == 1 and all(map(_is_row, self.parts[changed[0] : changed[0] + 2])):
                return (edit_of_row(COMPUTERS_FILE, self.parts[changed[0]], after.parts[changed[0]]),)
        return (edit_of(self.workspace.root, COMPUTERS_FILE, after.text, was=self.text),)

    def require_unchanged(self) -> None:
        """Check that the file is still as it is here.

        Raises:
            LedgerError: somebody has changed it.
        """
        root = self.workspace.root
        require_appliable(root, [edit_of(root, COMPUTERS_FILE, self.text, was=self.text)])


def _edit_row(row: str, identity: dict[str, str]) -> str | None:
    """The lines of one row with its identity; None where they make no row by themselves (a list in one line, an alias,
    a dash on a line of its own).
    """
    head = _KEY + ":" + ("\r\n" if "\r\n" in row else "\n")
    try:
        edited = set_value(head + row, (_KEY, 0, "identity"), identity)
    except InputError:
        return None
    return edited.removeprefix(head) if _is_row(row) and edited.startswith(head) else None


def _is_row(part: str) -> bool:
    return part.lstrip(" ").startswith("-")
