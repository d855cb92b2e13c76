# SPDX-License-Identifier: Apache-2.0
"""Load the register of a workspace: the four files below ``inventories/register/``, all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from zhengban.documents.document import Document, load_document
from zhengban.model.errors import InputError, Problem
from zhengban.model.register import Computer, Department, Organisation, Person, Register

from .check import check_register

FOLDER = "inventories/register"
FILES = ("organisation", "departments", "people", "computers")

NO_EDITS: Mapping[str, str] = MappingProxyType({})

_Row = TypeVar("_Row", Department, Person, Computer)


def load_register(workspace: Path) -> Register:
    """Load and check the register of a workspace.

    Args:
        workspace: the directory that holds ``inventories/register/``.

    Returns:
        The register, every tuple sorted by number or id.

    Raises:
        InputError: with every problem of every file.

    Source: DESIGN 2 (``inventories/register/``).
    """
    register, problems = read_register(workspace)
    if register is None:
        raise InputError(problems)
    return register


def read_register(
    workspace: Path, *, edited: Mapping[str, str] = NO_EDITS
) -> tuple[Register | None, tuple[Problem, ...]]:
    """Load the register as :func:`load_register` does, with the problems as values.

    Args:
        edited: what files are to hold, by their names in :data:`FILES`; they are read so instead of from the disk.

    Returns:
        The register, ``None`` when there are problems; and the problems, sorted by place.
    """
    problems: list[Problem] = []
    documents: dict[str, Document] = {}
    for name in FILES:
        path = workspace / FOLDER / f"{name}.yml"
        shown_as = f"{FOLDER}/{name}.yml"
        if name not in edited and not path.is_file():
            problems.append(Problem(file=shown_as, message="is missing", hint="`zhengban init` writes one"))
            continue
        document, found = load_document(path, shown_as=shown_as, schema=name, edited=edited.get(name))
        problems += found
        if document is not None:
            documents[name] = document
    problems += check_register(documents)
    if problems:
        return None, tuple(sorted(problems))
    register = Register(
        organisation=msgspec.convert(documents["organisation"].plain["organisation"], Organisation),
        departments=_rows(documents["departments"], Department, lambda department: department.id),
        people=_rows(documents["people"], Person, lambda person: person.id),
        computers=_rows(documents["computers"], Computer, lambda computer: computer.number),
    )
    return register, ()


def _rows(document: Document, row: type[_Row], order: Callable[[_Row], str]) -> tuple[_Row, ...]:
    (listed,) = document.plain.values()
    rows: list[Any] = msgspec.convert(listed, list[row])  # type: ignore[valid-type]
    return tuple(sorted(rows, key=order))
