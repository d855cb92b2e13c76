# SPDX-License-Identifier: Apache-2.0
"""``zhengban facts``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .exits import ACTION_FAILED, FINDINGS
from .output import encode_json, write_error, write_json
from .selection import open_workspace

app = typer.Typer(help="What computers say about themselves.", no_args_is_help=True, rich_markup_mode=None)


@app.command("collect")
def collect(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the document there, not to the terminal.")
    ] = None,
    hosts: Annotated[
        str | None,
        typer.Option("--hosts", metavar="PATTERN", help="Collect from these hosts of the Ansible inventory instead."),
    ] = None,
) -> None:
    """Read what this machine has installed and print it: one JSON document "zhengban.facts/1".

    It needs no workspace and no root. Exit code 1 when a package manager was found and could not be read, or none was
    found: what that machine has is unknown.

    With --hosts, run the playbook zhengban.baseline.collect, which keeps the facts of those hosts in the workspace;
    exit code 3 when it failed on any of them.
    """
    if hosts is None:
        _collect_here(output)
        return
    from .playbook import run_playbook

    if output is not None:
        raise typer.BadParameter(
            "it is for this machine's facts; those of --hosts go to the workspace", param_hint="--output"
        )
    if not hosts.strip():
        raise typer.BadParameter("the pattern is empty; 'all' means every host", param_hint="--hosts")
    if run_playbook(open_workspace(context), "zhengban.baseline.collect", hosts):
        raise typer.Exit(ACTION_FAILED)


def _collect_here(output: Path | None) -> None:
    from zhengban.host import facts as host_facts

    document = host_facts.collect()
    if output is None:
        write_json(document)
    else:
        output.write_bytes(encode_json(document))
    managers = document["managers"]
    for name in sorted(managers):
        if not managers[name]["read"]:
            write_error(f"{name} was not read: {managers[name]['why']}")
    if not managers:
        write_error("no package manager was found on this machine")
    if not managers or not all(manager["read"] for manager in managers.values()):
        raise typer.Exit(FINDINGS)
