# SPDX-License-Identifier: Apache-2.0
"""Where facts come from when a list is made of them: a computer's stored ones, or documents in files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem
from zhengban.model.facts import Facts, read_facts
from zhengban.run.workspace import Workspace


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One facts document that is there: what it is called in messages and comments, and its file."""

    name: str
    path: Path

    def read(self) -> Facts:
        """Read it.

        Raises:
            FactsError: it is not a facts document.
            OSError: it has gone or cannot be read.
        """
        return read_facts(self.path.read_bytes(), source=self.name)


def find_sources(workspace: Workspace, named: Iterable[str]) -> tuple[Source, ...]:
    """Find facts documents, reading none.

    Args:
        named: computer numbers, Ansible host names, files, or directories of files; a computer's name wins over a
            file of the same name. Empty: every computer in use of which facts are stored.

    Returns:
        Each document once, in the order named; those of a directory sorted by name.

    Raises:
        InputError: with everything named that is none of these, and every computer without stored facts.
    """
    names = tuple(named)
    if not names:
        return _all_stored(workspace)
    found: dict[Path, Source] = {}
    problems: list[Problem] = []
    for name in names:
        for item in _find(workspace, name):
            if isinstance(item, Problem):
                problems.append(item)
            else:
                found.setdefault(item.path, item)
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def _all_stored(workspace: Workspace) -> tuple[Source, ...]:
    paths = ((computer.number, workspace.facts_file(computer.number)) for computer in workspace.register.in_use)
    stored = tuple(Source(name=number, path=path) for number, path in paths if path.is_file())
    if not stored:
        raise InputError(
            [
                Problem(
                    file=str(workspace.root / "facts"),
                    message="holds facts of no computer in use",
                    hint="collect them with the playbook zhengban.baseline.collect, or name files with --from",
                )
            ]
        )
    return stored


def _find(workspace: Workspace, name: str) -> Iterator[Source | Problem]:
    register = workspace.register
    computer = register.computer_by_number.get(name) or register.computer_by_ansible_name.get(name)
    if computer is not None:
        path = workspace.facts_file(computer.number)
        if path.is_file():
            yield Source(name=computer.number, path=path.resolve())
        else:
            hint = "collect them with the playbook zhengban.baseline.collect"
            yield Problem(file=name, message="no facts of this computer are stored", hint=hint)
        return
    path = Path(name)
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if not files:
            yield Problem(file=name, message="holds no facts document (*.json)")
        yield from (Source(name=str(file), path=file.resolve()) for file in files)
    elif path.is_file():
        yield Source(name=name, path=path.resolve())
    else:
        numbers = (*register.computer_by_number, *register.computer_by_ansible_name)
        yield Problem(
            file=name, message="is neither a computer of the register nor a file", hint=suggest(name, numbers)
        )
