# SPDX-License-Identifier: Apache-2.0
"""The workspace and the computers that a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhengban.model.errors import InputError, Problem
from zhengban.model.register import Computer

if TYPE_CHECKING:
    from zhengban.run.workspace import Workspace

# What people write goes onto forms and into the ledger for good.
_MOST_CHARACTERS = 1_000

ComputersArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="COMPUTER",
        help="Computer numbers or Ansible host names.",
        show_default="every computer in use",
    ),
]


def open_workspace(context: typer.Context) -> Workspace:
    """The workspace the global options name, for a command whose options say something.

    Raises:
        InputError: it is not one.
        typer.BadParameter: a text is not UTF-8, or one given with an option is empty or too long; one that is not given
            is no matter.
    """
    _require_texts(context)
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


def _require_texts(context: typer.Context) -> None:
    for parameter in context.command.params:
        given = context.params.get(parameter.name or "")
        source = context.get_parameter_source(parameter.name or "")
        if source is None or source.name != "COMMANDLINE":
            continue
        is_option = parameter.param_type_name == "option"
        hint = parameter.opts[0] if is_option else parameter.metavar
        for text in given if isinstance(given, list | tuple) else (given,):
            if fault := _fault_of(text, is_option=is_option):
                raise typer.BadParameter(fault, param_hint=hint)


def _fault_of(text: object, *, is_option: bool) -> str:
    """What is wrong with a text of the command line; empty for nothing, and for what is no text."""
    # Bytes that are no UTF-8 come as lone surrogates, so does all Chinese in a locale without it.
    if isinstance(text, str) and any("\ud800" <= character <= "\udfff" for character in text):
        return "is not UTF-8; set the terminal and the locale (LANG) to UTF-8 and write it again"
    # Typer makes the current directory of an empty path, and no option of these commands names a directory.
    if is_option and (text == Path() or (isinstance(text, str) and not text.strip())):
        return "is empty; leave it out or say something"
    if is_option and isinstance(text, str) and len(text) > _MOST_CHARACTERS:
        return f"has {len(text)} characters; write at most {_MOST_CHARACTERS}"
    return ""
