# SPDX-License-Identifier: Apache-2.0
"""``zhengban salt``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from zhengban.model.errors import InputError, Problem

from .output import write_line

app = typer.Typer(help="The Salt extension.", no_args_is_help=True, rich_markup_mode=None)

UTILS = "_utils"


@app.command("install")
def install(
    file_root: Annotated[
        Path,
        typer.Option("--file-root", metavar="DIR", help="One of the master's file_roots."),
    ],
) -> None:
    """Lay out what minions need in a file root of the master, for minions where pip installs nothing.

    Writes zhengban.py in _modules, _states and _beacons, _utils/zhengban_host/ and zhengban/ (reactor files and
    examples of configuration). Then `salt '*' saltutil.sync_all`; after an update restart the minions, which keep what
    they have loaded. A file that is as it should be stays untouched, another version of it is replaced.
    """
    from zhengban.ledger.files import make_directory, replace_file
    from zhengban.run.hostcode import PACKAGE

    if not file_root.is_dir():
        hint = "make it, or name a directory that file_roots has"
        raise InputError([Problem(file=str(file_root), message="is not a directory", hint=hint)])
    wanted = dict(_layout())
    for path, content in wanted.items():
        target = file_root / path
        if target.is_file() and target.read_bytes() == content:
            continue
        make_directory(target.parent)
        replace_file(target, content)
        target.chmod(0o644)
        write_line(f"wrote {target}")
    for stale in sorted({*(file_root / UTILS / PACKAGE).glob("*.py")} - {file_root / path for path in wanted}):
        stale.unlink()
        write_line(f"removed {stale}")
    write_line("Next: salt '*' saltutil.sync_all, and the examples in zhengban/examples for master and pillar.")


def _layout() -> Iterator[tuple[str, bytes]]:
    """(path below the file root, content), sorted by path."""
    from zhengban.run.hostcode import PACKAGE, host_code

    extension = files("saltext.zhengban")
    found = {f"_{kind}/zhengban.py": extension / kind / "zhengban.py" for kind in ("beacons", "modules", "states")}
    for folder, suffix in (("reactor", ".sls"), ("examples", "")):
        found |= {f"zhengban/{folder}/{file.name}": file for file in _files(extension / folder, suffix)}
    content = {path: file.read_bytes() for path, file in found.items()}
    content |= {f"{UTILS}/{PACKAGE}/{name}": text for name, text in host_code().items()}
    yield from sorted(content.items())


def _files(folder: Traversable, suffix: str) -> Iterator[Traversable]:
    return (file for file in folder.iterdir() if file.is_file() and file.name.endswith(suffix))
