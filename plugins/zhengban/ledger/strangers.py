# SPDX-License-Identifier: Apache-2.0
"""Files that lie in the ledger's folders and that no reader of the ledger would open. Source: DESIGN 6."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zhengban.model.errors import Problem

from .files import names_in
from .ids import number_of
from .papers import FOLDERS, kind_of

_WHAT_BELONGS: Mapping[str, str] = {
    "books": "not a book: its name is no software number",
    "confirmations": "not a writer's confirmations: its name is no writer's id",
    "events": "not a writer's events: its name is no writer's id",
    "needs": "not a need: its name is no need's id",
    "purchases": "not a purchase plan: its name is no plan's id",
    "requests": "not a request: its name is no request's id",
    "runs": "not a writer's commit lines: its name is no writer's id",
}
_HINT = "move it out of the ledger; what it holds counts nowhere"


def find_strangers(root: Path) -> tuple[Problem, ...]:
    """Name the YAML files whose name does not say what they would be of, by folder and name.

    A copy such as ``COM-0001 (2).yml`` looks like a book to people and is none.
    """
    return tuple(
        Problem(file=f"{root.name}/{folder}/{stem}.yml", message=message, hint=_HINT)
        for folder, message in _WHAT_BELONGS.items()
        for stem in names_in(root / folder, ".yml")
        if number_of(stem) is None or not _is_in_its_place(folder, stem)
    )


def _is_in_its_place(folder: str, stem: str) -> bool:
    """Whether a paper lies where its id says; nothing else has an id of that kind."""
    return folder not in FOLDERS.values() or FOLDERS[kind_of(stem)] == folder
