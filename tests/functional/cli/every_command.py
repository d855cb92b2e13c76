# SPDX-License-Identifier: Apache-2.0
"""All commands there are, by the words they are called with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from zhengban.cli.main import app


def every_command() -> dict[tuple[str, ...], Any]:
    return dict(_below(typer.main.get_command(app)))


def _below(command: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, item in command.commands.items():
        words = (*prefix, name)
        yield from _below(item, words) if hasattr(item, "commands") else [(words, item)]
