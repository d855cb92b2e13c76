# SPDX-License-Identifier: Apache-2.0
"""Files that a command makes for people to edit: new ones are written, others only compared."""

from __future__ import annotations

import difflib
import filecmp
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

import typer

from zhengban.documents.yamltext import read_text

from .exits import FINDINGS
from .output import write_error, write_line, write_lines


def write_text(text: str, output: Path | None, *, force: bool) -> None:
    """Print a text, or write it to a new file; one that exists is replaced only by ``force``.

    Raises:
        typer.Exit: the file exists and holds something else; the difference was printed, nothing written.
        OSError: it cannot be written.
    """
    if output is None:
        if force:
            raise typer.BadParameter("it is for the file of --output", param_hint="--force")
        # What is printed becomes a file: UTF-8 whatever the locale.
        typer.echo(text.encode(), nl=False)
        return
    if not output.exists():
        # A new workspace has no bases/ yet; a longer way that is not there is a slip.
        output.parent.mkdir(exist_ok=True)
        with output.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        write_line(f"wrote {output}")
        return
    known = read_text(output, shown_as=str(output))
    if known == text:
        write_line(f"{output} is as it would be written")
    elif force:
        _replace(output.resolve(), text)
        write_line(f"replaced {output}")
    else:
        if isinstance(known, str):
            before, after = known.splitlines(), text.splitlines()
            write_lines(difflib.unified_diff(before, after, str(output), "as it would be written", lineterm=""))
        write_error(f"{output} exists and was not changed; --force replaces it")
        raise typer.Exit(FINDINGS)


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, with the mode of the file that was there."""
    new = _temporary(path)
    with new.open("x", encoding="utf-8", newline="\n") as stream:
        os.fchmod(stream.fileno(), path.stat().st_mode & 0o7777)
        stream.write(text)
    new.replace(path)


def write_made(make: Callable[[IO[bytes]], None], output: Path, *, force: bool) -> None:
    """Write a file of any kind as :func:`write_text` writes text; what it would hold is made on disk first.

    Args:
        make: writes it to a stream.

    Raises:
        typer.Exit: the file exists and holds something else; nothing was written.
        OSError: it cannot be written.
    """
    new = _temporary(output)
    try:
        with new.open("xb") as stream:
            make(stream)
        if not output.exists():
            new.rename(output)
            write_line(f"wrote {output}")
        elif filecmp.cmp(output, new, shallow=False):
            write_line(f"{output} is as it would be written")
        elif force:
            new.chmod(output.stat().st_mode & 0o7777)
            new.replace(output.resolve())
            write_line(f"replaced {output}")
        else:
            write_error(f"{output} exists and was not changed; --force replaces it")
            raise typer.Exit(FINDINGS)
    except OSError as err:
        if err.filename == str(new):
            # What the person has named.
            err.filename = str(output)
        raise
    finally:
        # Where nothing could be written, nothing can be removed: that would be said instead, of a name nobody gave.
        if new.exists():
            new.unlink()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
