# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger merge`` and ``checkpoint``: the ledger beyond this one copy of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from .output import Format, FormatOption, write_error, write_json, write_lines
from .selection import open_workspace


def merge(
    context: typer.Context,
    other: Annotated[
        Path | None,
        typer.Argument(
            metavar="OTHER", help="Another workspace, or its ledger.", show_default="what git merged into this one"
        ),
    ] = None,
    unrelated: Annotated[
        bool, typer.Option("--unrelated", help="Merge OTHER though it and this ledger have nothing in common.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Say what would be done, and write nothing.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Take over what another copy of this ledger has and this one lacks: another clone, a backup, a USB stick.

    All of it or nothing: when a line of the other copy was altered, has no commit line or is still under way there, or
    when both have something else in one place, every such line is named with its file and line, nothing is written,
    and the exit code is 2. Merging again adds nothing; after a crash it adds the rest. The other copy is only read.

    Before a copy of a workspace writes (cp -r), remove ledger/.writer and ledger/.heads in it: two copies that write
    under one id cannot be merged. A copy made by git clone has none. A ledger that shares neither a commit line nor an
    event with this one is refused unless --unrelated is given: it is perhaps another office's.

    Requests that were decided about in both copies are taken over with the decisions of both, and named: such a one
    counts as rejected, and is applied for anew.

    Without OTHER: put right what a merge by git left. git keeps the lines of both branches (merge=union in the
    .gitattributes that "zhengban init" writes); where branches were merged in both directions at once, or rebased, it
    can write lines twice or out of order. Each is put in its place once; nothing else is changed.

    JSON: {books, commits, events, confirmations, requests, tidied}: how many lines were added, by software number, by
    writer (three times) and by request; and the files put in order.
    """
    from zhengban.ledger.forks import find_contradictions
    from zhengban.ledger.merge import Additions, merge_copy, plan_merge, read_copy
    from zhengban.ledger.related import require_related
    from zhengban.ledger.tidy import plan_tidy, tidy

    ledger, now = open_workspace(context).ledger, dt.datetime.now(dt.UTC)
    added, tidied = Additions(), tuple[Path, ...]()
    if unrelated and other is None:
        raise typer.BadParameter("it is for merging OTHER", param_hint="--unrelated")
    if other is not None and not unrelated:
        require_related(ledger.root, ledger.snapshot(), read_copy(other))
    if other is None:
        tidied = tuple(plan_tidy(ledger.root, ledger.snapshot())) if check else tidy(ledger, at=now)
    elif check:
        added = plan_merge(ledger.root, ledger.snapshot(), read_copy(other))
    else:
        added = merge_copy(ledger, read_copy(other), at=now)
    counts = {
        kind: {name: len(lines) for name, lines in files.items() if lines}
        for kind, files in msgspec.structs.asdict(added).items()
    }
    paths = [str(path.relative_to(ledger.root.parent)) for path in tidied]
    for problem in find_contradictions(ledger.snapshot().papers):
        write_error(str(problem))
    if format is Format.JSON:
        write_json({**counts, "tidied": paths})
        return
    lines = [
        *(
            f"{kind}/{name}: {count} lines {'to add' if check else 'added'}"
            for kind, files in counts.items()
            for name, count in files.items()
        ),
        *(f"{path}: {'lines twice or out of order' if check else 'put in order'}" for path in paths),
    ]
    write_lines(lines or ["nothing to merge" if other else "every line is in its place"])


def checkpoint(
    context: typer.Context,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", help="Sign it with this SSH key, into OUTPUT.sig.", show_default="unsigned"
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A new file for it.", show_default="print it")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write down, in a few bytes, what the ledger holds now: to be kept where nobody who can write here can.

    The hashes of the last lines stand for everything before them (JSON, canonical as RFC 8785 says). With --key it is
    signed by "ssh-keygen -Y sign" for the purpose zhengban-seal; a key with a passphrase needs ssh-agent and its .pub
    file here. Later, "zhengban ledger verify --checkpoint FILE" says whether anything was cut away or rewritten since.

    A ledger that is not as it was written gets no checkpoint.

    JSON: the checkpoint itself where it is printed; with --output {files}, the names of what was written.
    """
    from zhengban.ledger.checkpoint import encode_checkpoint, take_checkpoint
    from zhengban.ledger.snapshot import Store
    from zhengban.run.sealing import write_checkpoint

    ledger, now = open_workspace(context).ledger, dt.datetime.now(dt.UTC)
    if output is not None:
        written = write_checkpoint(ledger, output, key=key, at=now)
        if format is Format.JSON:
            write_json({"files": [str(path) for path in written]})
        else:
            write_lines(f"wrote {path}" for path in written)
    elif key is not None:
        raise typer.BadParameter("a signature needs a file beside it: give --output too", param_hint="--key")
    else:
        # What is printed may be signed by other means: these bytes and no more.
        typer.echo(encode_checkpoint(take_checkpoint(Store(ledger.root), ledger.snapshot(), at=now)), nl=False)
