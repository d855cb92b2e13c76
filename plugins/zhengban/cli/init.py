# SPDX-License-Identifier: Apache-2.0
"""``zhengban init``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from zhengban.model.errors import InputError, Problem

from .output import write_line
from .starter import starter_files


def init(
    context: typer.Context,
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to make it.", show_default="the workspace")
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="ORG", help="The organisation's name.")] = "本单位",
) -> None:
    """Make a new workspace with cautious settings: audit only, every action "report", 30 days of grace.

    Nothing that exists is overwritten: when a file is there already, it is named and nothing is written.
    """
    _require_name(name)
    root = directory if directory is not None else context.obj
    files = starter_files(name)
    write_new_files(root, files)
    for path in files:
        write_line(f"wrote {root / path}")
    write_line("Next: list departments, people and computers in inventories/register/, software in policies/,")
    write_line("make policies/bases/debian-12.yml as policies/platforms.yml explains, and run `zhengban validate`.")


def write_new_files(root: Path, files: Mapping[str, str]) -> None:
    """Write files that do not exist yet, all or none.

    Raises:
        InputError: with every one that exists.
        OSError: a file cannot be written; those written before it are gone again.
    """
    there = [path for path in files if (root / path).exists() or (root / path).is_symlink()]
    if there:
        hint = "nothing was written; choose another directory, or move it away"
        raise InputError(Problem(file=str(root / path), message="exists already", hint=hint) for path in there)
    written: list[Path] = []
    try:
        for path, text in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as stream:
                written.append(target)
                stream.write(text)
    except OSError:
        for target in written:
            target.unlink()
        raise


def _require_name(name: str) -> None:
    from zhengban.documents.schemas import validator_for

    if not name.isprintable() or not validator_for("organisation").is_valid({"organisation": {"name": name}}):
        raise typer.BadParameter(
            f"{name!r}: expected one line of text, at most 200 characters, without spaces around it",
            param_hint="--name",
        )
