# SPDX-License-Identifier: Apache-2.0
"""The command ``zhengban``: its global options and where each command lives. Source: DESIGN 9."""

from __future__ import annotations

import io
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from . import (
    assess,
    computer,
    confirm,
    department,
    facts,
    guard,
    init,
    ledger,
    ledger_adopt,
    ledger_correct,
    ledger_import,
    ledger_merge,
    ledger_refresh,
    ledger_release,
    licence,
    licence_buy,
    licence_dispose,
    licence_renew,
    need,
    person,
    plan,
    policy,
    policy_match,
    policy_replay,
    purchase,
    register,
    report,
    request,
    request_show,
    salt,
    upgrade,
    urgent,
    validate,
)
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
policy.app.command("match")(policy_match.match)
policy.app.command("explain")(policy_replay.explain)
policy.app.command("impact")(policy_replay.impact)
policy.app.command("test")(policy_replay.test)
app.add_typer(policy.app, name="policy")
ledger.app.command("merge")(ledger_merge.merge)
ledger.app.command("release")(ledger_release.release)
ledger.app.command("checkpoint")(ledger_merge.checkpoint)
ledger.app.command("adopt")(ledger_adopt.adopt)
ledger.app.command("correct")(ledger_correct.correct)
ledger.app.command("import")(ledger_import.import_)
ledger.app.command("refresh")(ledger_refresh.refresh)
app.add_typer(ledger.app, name="ledger")
licence.app.command("buy")(licence_buy.buy)
licence.app.command("renew")(licence_renew.renew)
licence.app.command("dispose")(licence_dispose.dispose)
app.add_typer(licence.app, name="licence")
request.app.command("list")(request_show.list_requests)
request.app.command("show")(request_show.show)
request.app.command("bytes")(request_show.show_bytes)
app.add_typer(request.app, name="request")
app.add_typer(need.app, name="need")
app.add_typer(purchase.app, name="purchase")
app.add_typer(register.app, name="register")
app.add_typer(computer.app, name="computer")
app.add_typer(person.app, name="person")
app.add_typer(department.app, name="department")
app.command("confirm")(confirm.confirm)
app.add_typer(report.app, name="report")
app.add_typer(upgrade.app, name="upgrade")
app.add_typer(urgent.app, name="urgent")
app.add_typer(urgent.limit, name="limit")
app.add_typer(guard.app, name="guard")
app.add_typer(salt.app, name="salt")


def main() -> None:
    """Run the command line of this process; leaves by ``SystemExit``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show Chinese gets escapes, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="zhengban")


if __name__ == "__main__":
    main()
