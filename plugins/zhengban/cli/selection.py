# SPDX-License-Identifier: Apache-2.0
"""The workspace and the computers that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zhengban.model.errors import InputError, Problem
from zhengban.model.register import Computer

if TYPE_CHECKING:
    from zhengban.run.workspace import Workspace

ComputersArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="COMPUTER",
        help="Computer numbers or Ansible host names.",
        show_default="every computer in use",
    ),
]


def open_workspace(context: typer.Context) -> Workspace:
    """The workspace the global options name.

    Raises:
        InputError: it is not one.
    """
    from zhengban.run.workspace import Workspace

    return Workspace(context.obj)


def select_computers(workspace: Workspace, names: list[str] | None) -> tuple[Computer, ...]:
    """The named computers of the register, each once, sorted by number; without names every one in use.

    Raises:
        InputError: with every name that is not in the register.
    """
    if not names:
        return workspace.register.in_use
    found: dict[str, Computer] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            computer = workspace.computer_named(name)
        except InputError as err:
            problems += err.problems
        else:
            found[computer.number] = computer
    if problems:
        raise InputError(problems)
    return tuple(found[number] for number in sorted(found))
