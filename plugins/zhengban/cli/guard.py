# SPDX-License-Identifier: Apache-2.0
"""``zhengban guard``: the doors of the computers, as they last said, and as they are when somebody tries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from .exits import ACTION_FAILED, FINDINGS
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines, write_table
from .selection import ComputersArgument, open_workspace, select_computers

app = typer.Typer(
    help="The guard: which doors are shut between runs. The playbook zhengban.baseline.guard shuts them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_COLOURS = {"shut": "green", "recorded": "cyan", "open": "red", "broken": "red", "absent": "yellow"}


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one computer said about its guard; ``facts_of`` is empty when it was never asked.

    ``doors``: those it should have. ``stale``: its table is of an older policy or older books than ours.
    """

    computer: str
    facts_of: str
    doors: tuple[str, ...]
    guard: Mapping[str, str]
    attempts: int
    stale: bool

    def door(self, name: str) -> str:
        return self.guard.get(name, "absent") if name in self.doors else ""

    @property
    def is_shut(self) -> bool:
        is_current = self.guard.get("table") == "ok" and not self.stale
        return is_current and all(self.door(name) == "shut" for name in self.doors)

    @property
    def note(self) -> str:
        if not self.facts_of:
            return "never asked"
        if "open_until" in self.guard:
            return f"open until {self.guard['open_until']}: {self.guard.get('open_reason', '')}"
        table = self.guard.get("table", "ok")
        if table != "ok":
            return table.replace("_", " ")
        return "table of an older policy or older books: run the playbook guard" if self.stale else ""


@app.command("status")
def status(context: typer.Context, computers: ComputersArgument = None, format: FormatOption = Format.TEXT) -> None:
    """Show the doors of computers by the facts last stored, asking none of them.

    shut: blocks; recorded: audit mode, only records; open: for the moment, on the host; broken: the hook was changed or
    what it calls is gone; absent: no hook. Exit code 1 unless every door is shut, by a table of this policy and these
    books.

    JSON: a list, sorted by computer, of {computer, facts_of, doors, guard, attempts, stale}; doors names those that the
    computer should have; guard is {apt, dpkg, dnf, applocker, installer, table, mode, policy, written_at, open_until,
    open_reason} as far as the host says; attempts counts those on the host.
    """
    from zhengban.guard.standing import current_digest, expected_doors
    from zhengban.run.facts import stored_facts

    workspace = open_workspace(context)
    now = dt.datetime.now(dt.UTC)
    history, today = workspace.history(now), workspace.register.organisation.today(now)
    standings = []
    for computer in select_computers(workspace, computers):
        facts = stored_facts(workspace, computer.number)
        guard = facts.guard if facts is not None else {}
        compiled = workspace.compiler.for_computer(computer)
        current = current_digest(compiled, computer, facts, history, today=today) if facts is not None else ""
        standings.append(
            _Standing(
                computer=computer.number,
                facts_of=facts.collected_at if facts is not None else "",
                doors=expected_doors(facts) if facts is not None else (),
                guard=guard,
                attempts=len(facts.attempts) if facts is not None else 0,
                stale=guard.get("table") == "ok" and guard.get("policy") != current,
            )
        )
    if format is Format.JSON:
        write_json(standings)
    elif not standings:
        write_line("the register has no computer in use")
    else:
        names = sorted({name for each in standings for name in each.doors} | {"apt", "dpkg"})
        rows = (
            (each.computer, *map(each.door, names), str(each.attempts), each.facts_of, each.note) for each in standings
        )
        write_table(("computer", *names, "attempts", "facts of", "note"), rows, styles=_COLOURS)
    if not all(each.is_shut for each in standings):
        raise typer.Exit(FINDINGS)


@app.command("applocker")
def write_applocker(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="COMPUTER", help="The number of a Windows computer.")],
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there, not to the terminal.")
    ] = None,
    is_audit: Annotated[bool, typer.Option("--audit", help="AuditOnly, also where the policy enforces.")] = False,
) -> None:
    """Print the AppLocker policy of a computer, as Set-AppLockerPolicy and Group Policy take it.

    It holds what may run: Windows' own folder, everything for administrators, and the programs the policy names for the
    products this computer may have. What is forbidden is an exception of every rule. Exit code 1 when there are
    products whose programs the policy does not name: enforced, those would not start.
    """
    from zhengban.run.guarding import windows_guard_of

    workspace = open_workspace(context)
    (computer,) = select_computers(workspace, [number])
    guard = windows_guard_of(workspace, computer, now=dt.datetime.now(dt.UTC), is_audit=is_audit)
    if output is None:
        typer.echo(guard.applocker.xml(), nl=False)
    else:
        output.write_text(guard.applocker.xml(), encoding="utf-8")
    for label in guard.unnamed:
        write_error(f"{label}: the policy does not name its programs (packages[].programs), so they would not start")
    if guard.unnamed:
        raise typer.Exit(FINDINGS)


@app.command("doors")
def doors(
    context: typer.Context,
    hosts: Annotated[list[str], typer.Argument(metavar="HOST...", help="Hosts or groups of the Ansible inventory.")],
    unguarded: Annotated[
        bool, typer.Option("--unguarded", help="Also where no guard is; the package is then there for a moment.")
    ] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Try every known way past the guard, on the computers themselves, through the playbook zhengban.baseline.doors.

    Throw-away packages are made there and taken away again; a host without a guard refuses. shut: the guard blocked it;
    detected-only: it goes through, and the next run sees it; open: nothing of ours blocks or sees it; not applicable:
    the host has no such thing; untested: it failed for another reason. What Ansible prints goes to standard error. Exit
    code 1 when a way was not found as expected, 3 when the playbook failed.

    JSON: a list, sorted by computer, of {computer, stored_at, ways, left}; ways are {way, manager, expected, result,
    reason, said} in the order they were tried, left is what could not be taken away.
    """
    from zhengban.run.doors import stored_door_tests

    from .playbook import run_playbook

    workspace = open_workspace(context)
    begun = dt.datetime.now(dt.UTC)
    failed = run_playbook(
        workspace,
        "zhengban.baseline.doors",
        ",".join(hosts),
        variables={"zhengban_unguarded": unguarded},
        is_shown=False,
    )
    tests = stored_door_tests(workspace, since=begun)
    if format is Format.JSON:
        write_json(tests)
    else:
        rows = (
            (test.computer, way.way, way.result, "" if way.is_as_expected else f"expected: {way.expected}", way.reason)
            for test in tests
            for way in test.ways
        )
        write_table(("computer", "way", "result", "", "reason"), rows, styles=_COLOURS)
        write_lines(f"{test.computer}: left behind: {', '.join(test.left)}" for test in tests if test.left)
    if failed:
        raise typer.Exit(ACTION_FAILED)
    if not all(test.is_well for test in tests):
        raise typer.Exit(FINDINGS)
