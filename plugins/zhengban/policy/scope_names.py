# SPDX-License-Identifier: Apache-2.0
"""The names people write in a scope, resolved to the ids the rest of the program knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zhengban.documents.document import Document
from zhengban.documents.suggestion import Suggestions
from zhengban.model.errors import Problem
from zhengban.model.policy import EVERYONE, Scope
from zhengban.model.register import Register


class ScopeNames:
    """Resolves scopes against a register; ``problems`` collects every name the register does not know.

    Without a register (it has errors of its own) names are taken as they are and raise no false alarm.
    """

    def __init__(self, register: Register | None) -> None:
        self._register = register
        self.problems: list[Problem] = []
        self._suggestions = Suggestions()
        self._ids_by_name: dict[str, set[str]] = {}
        for department in register.departments if register else ():
            for name in (department.id, department.name):
                self._ids_by_name.setdefault(name, set()).add(department.id)
        # A current name wins over a former one: a new department may take the name another one gave up.
        current = set(self._ids_by_name)
        for department in register.departments if register else ():
            for name in set(department.formerly) - current:
                self._ids_by_name.setdefault(name, set()).add(department.id)

    def resolve(self, plain: dict[str, Any] | None, path: Sequence[str | int], document: Document) -> Scope:
        """Turn what stands under a ``for`` key into a scope with department ids.

        Args:
            plain: the value, valid by the schema; ``None`` is everyone.
            path: where it stands in the document.
            document: for the place of problems.

        Source: DESIGN 2: a scope accepts a department's id, name or former name.
        """
        if plain is None:
            return EVERYONE
        departments = (
            self._department(name, (*path, "departments", index), document)
            for index, name in enumerate(plain.get("departments", ()))
        )
        computers: list[str] = plain.get("computers", [])
        for index, number in enumerate(computers):
            self._check_computer(number, (*path, "computers", index), document)
        return Scope(
            departments=tuple(dict.fromkeys(departments)),
            kinds=tuple(plain.get("kinds", ())),
            computers=tuple(computers),
        )

    def _department(self, name: str, path: Sequence[str | int], document: Document) -> str:
        ids = sorted(self._ids_by_name.get(name, ()))
        if len(ids) > 1:
            hint = f"write an id: {', '.join(ids)}"
            self.problems.append(document.problem(path, f"{name!r} was the name of several departments", hint))
        elif not ids and self._register is not None:
            hint = self._suggestions.suggest(name, self._ids_by_name)
            self.problems.append(document.problem(path, f"no department is called {name!r}", hint))
        return ids[0] if ids else name

    def _check_computer(self, number: str, path: Sequence[str | int], document: Document) -> None:
        if self._register is not None and number not in self._register.computer_by_number:
            hint = self._suggestions.suggest(number, self._register.computer_by_number)
            self.problems.append(document.problem(path, f"no computer has the number {number!r}", hint))
