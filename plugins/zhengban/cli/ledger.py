# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from zhengban.model.record import BookedRecord, Intent

from .exits import ACTION_FAILED, FINDINGS
from .ledger_release import describe_stale
from .output import (
    Format,
    FormatOption,
    write_error,
    write_json,
    write_line,
    write_problems,
    write_table,
)
from .selection import open_workspace

app = typer.Typer(help="The ledger: what happened.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = ("date", "book", "action", "computer", "package", "version", "quantity", "cause", "user", "department", "run")


@app.command("show")
def show(
    context: typer.Context,
    book: Annotated[str | None, typer.Option("--book", metavar="NUMBER", help="Only this software number's.")] = None,
    computer: Annotated[
        str | None, typer.Option("--computer", metavar="COMPUTER", help="Only this computer's.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only what this run wrote.")] = None,
    since: Annotated[
        dt.datetime | None,
        typer.Option("--since", metavar="DATE", formats=["%Y-%m-%d"], help="Only from this day on."),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Print records by book, in the order they were written.

    A line that cannot be read is reported on standard error, the others are printed, and the exit code is 1.

    JSON: a list of {book, record: {id, action, computer, package, brand, user, user_id, department, version, date,
    quantity, cause, evidence, run, by}}.
    """
    from zhengban.report.showing import Question, find_records

    workspace = open_workspace(context)
    question = Question(
        computer=computer or "", number=book or "", run=run or "", since=since.date() if since is not None else None
    )
    shown = find_records(workspace, question)
    if format is Format.JSON:
        write_json(shown)
    elif shown:
        write_table(COLUMNS, (_row(booked) for booked in shown))
    else:
        write_line("no records")
    problems = workspace.ledger.read_problems()
    if problems:
        write_problems(problems, to_error=True)
        raise typer.Exit(FINDINGS)


@app.command("verify")
def verify(
    context: typer.Context,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="Was anything cut away or rewritten since this checkpoint?"),
    ] = None,
    signers: Annotated[
        Path | None,
        typer.Option(
            "--signers",
            metavar="FILE",
            help="Who may have signed the checkpoint: an allowed-signers file of ssh-keygen, outside the workspace.",
            show_default="$ZHENGBAN_SIGNERS, else /etc/zhengban/signers",
        ),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Find lines that were altered, removed, reordered or added by somebody else, the first altered one first.

    By itself that is evident against accident, not against an owner of the files, who can write all of it anew; a
    checkpoint that was signed and kept elsewhere shows that too. Exit code 1 when anything is found; a checkpoint that
    is unsigned, or signed by nobody who is trusted, is such a thing.

    JSON: a list of {file, line, column, path, message, hint}, empty when all is well.
    """
    from zhengban.run.sealing import check_seal

    ledger = open_workspace(context).ledger
    if signers is not None and checkpoint is None:
        raise typer.BadParameter("it is for the signature of --checkpoint", param_hint="--signers")
    seal = check_seal(ledger, checkpoint, signers=signers) if checkpoint is not None else None
    problems = (*ledger.verify(), *(seal.problems if seal else ()))
    if format is Format.JSON:
        write_json(problems)
    elif problems:
        write_problems(problems)
    else:
        write_line(f"ok: {len(ledger.books())} books, {len(ledger.all_records())} records")
        if seal is None:
            write_line("evident against accident, not against an owner of the files: see zhengban ledger checkpoint")
        else:
            write_line(f"nothing was cut away or rewritten since {seal.at:%Y-%m-%d %H:%M} UTC; {seal.signer}")
    if problems:
        raise typer.Exit(FINDINGS)


@app.command("recover")
def recover(context: typer.Context) -> None:
    """Settle what interrupted runs left open, by asking only the hosts concerned.

    Files of the ledger that a full disk or a crash left unfinished are mended first; what was unfinished is kept beside
    them in FILE.torn-TIME. That brings no records back: exit code 1 when some are missing afterwards.

    Runs the playbook zhengban.baseline.recover. Exit code 3 while anything stays open; what has been open for more
    than 7 days can be decided by "zhengban ledger release".
    """
    from zhengban.ledger.mend import mend
    from zhengban.life.releasing import stale_intents
    from zhengban.run.settling import settle_stated

    from .playbook import run_playbook

    workspace = open_workspace(context)
    mended = mend(workspace.ledger, at=dt.datetime.now(dt.UTC))
    for name in mended:
        write_line(f"mended {name}")
    stated = [intent for intent in workspace.ledger.pending() if intent.is_stated]
    records = settle_stated(workspace)
    if stated:
        write_line(f"settled {len(stated)} changes that need no host, with {len(records)} records")
    pending = workspace.ledger.pending()
    if not pending:
        write_line("nothing is pending")
        if mended and (problems := workspace.ledger.read_problems()):
            write_problems(problems, to_error=True)
            raise typer.Exit(FINDINGS)
        return
    in_use = {computer.number: computer for computer in workspace.register.in_use}
    hosts: list[str] = []
    for intent in pending:
        write_line(_describe_intent(intent))
        computer = in_use.get(intent.computer)
        if computer is None:
            write_error(f"{intent.computer}: not a computer in use in the register, so no host can be asked")
        else:
            hosts.append(computer.names.ansible or computer.number)
    # The comma at the end keeps Ansible from cutting one name at its spaces.
    failed = run_playbook(workspace, "zhengban.baseline.recover", ",".join([*hosts, ""])) if hosts else 0
    left = workspace.ledger.pending()
    for intent in left:
        write_error(f"still pending: {_describe_intent(intent)}")
    for intent in stale_intents(workspace, now=dt.datetime.now(dt.UTC)):
        write_error(describe_stale(intent))
    if failed or left:
        raise typer.Exit(ACTION_FAILED)
    write_line("nothing is pending any more")


def _describe_intent(intent: Intent) -> str:
    since = f"{intent.at:%Y-%m-%d %H:%M} UTC"
    return f"{intent.computer}: {len(intent.changes)} changes of run {intent.run}, open since {since}"


def _row(booked: BookedRecord) -> tuple[str, ...]:
    record = booked.record
    return (
        record.date.isoformat(),
        booked.book,
        record.action,
        record.computer,
        record.package,
        record.version,
        str(record.quantity),
        record.cause,
        record.user,
        record.department,
        record.run,
    )
