# SPDX-License-Identifier: Apache-2.0
"""The command ``zhengban``: its global options and where each command lives. Source: DESIGN 9."""

from __future__ import annotations

import io
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from . import assess, facts, init, ledger, plan, policy, policy_replay, validate
from .exits import Commands

app = typer.Typer(
    name="zhengban",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        try:
            typer.echo(f"zhengban {version('zhengban')}")
        except PackageNotFoundError:
            typer.echo("zhengban (not installed, run from its source)")
        raise typer.Exit


@app.callback()
def read_global_options(
    context: typer.Context,
    workspace: Annotated[
        Path,
        typer.Option(
            "--workspace",
            envvar="ZHENGBAN_WORKSPACE",
            metavar="DIR",
            help="The directory of the organisation's files.",
            show_default="the current one",
        ),
    ] = Path(),
    _is_version_wanted: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Keep an organisation's computers on its approved software, and keep its software ledger.

    Exit codes: 0 all is well, 1 something was found or could not be read, 2 wrong input or usage, 3 an action was
    refused or failed.
    """
    context.obj = workspace


app.command("init")(init.init)
app.command("validate")(validate.validate)
app.add_typer(facts.app, name="facts")
app.command("assess")(assess.assess)
app.command("plan")(plan.plan)
policy.app.command("explain")(policy_replay.explain)
policy.app.command("impact")(policy_replay.impact)
policy.app.command("test")(policy_replay.test)
app.add_typer(policy.app, name="policy")
app.add_typer(ledger.app, name="ledger")


def main() -> None:
    """Run the command line of this process; leaves by ``SystemExit``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show Chinese gets escapes, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="zhengban")


if __name__ == "__main__":
    main()
