# SPDX-License-Identifier: Apache-2.0
"""``zhengban plan``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from zhengban.model.finding import Assessment, Verdict
from zhengban.model.plan import Plan, SimulationRequest
from zhengban.model.policy import Policy
from zhengban.model.record import History

from .assess import exit_code, warn_of_open_changes
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines
from .selection import ComputersArgument, open_workspace, select_computers


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """One computer of the JSON list; see the docstring of :func:`plan`."""

    computer: str
    verdict: Verdict
    plan: Plan | None
    request: SimulationRequest | None
    moved: dict[str, str] = {}
    without_seat: str = ""


def plan(
    context: typer.Context,
    computers: ComputersArgument = None,
    is_audit: Annotated[bool, typer.Option("--audit", help="Plan as for an audit: nothing would be changed.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show what an armed run would do, from the facts and simulations last stored, asking and writing nothing.

    A plan whose simulation is not stored has no hash: run the playbook zhengban.baseline.audit first. Seats are handed
    out over the computers shown as they would be over a run of them. Exit code 1 unless every computer is compliant.

    JSON: a list, sorted by computer, of {computer, verdict, plan, request, moved, without_seat}. "moved" maps a number
    of the plan to the lot it is recorded under instead, because the preferred one is full; "without_seat" says why a
    computer would be left out of the run, and is empty for the others. "plan" is null for a computer without
    facts, and when the simulation that "request" describes is not stored; otherwise {computer, mode, as_of,
    facts_digest, policy_digest, simulations, lots, actions, refusals, hash}. An action is {kind, manager, name, arch,
    old, new, role, number, old_number, old_package, lots, quantity, cause, code, because}, a refusal {package, code,
    reason}, a request {manager, install, upgrade, remove}.
    """
    from zhengban.run.planning import plan_stored

    workspace = open_workspace(context)
    now = dt.datetime.now(dt.UTC)
    history = workspace.history(now)
    assessments: list[Assessment] = []
    rows: list[_Row] = []
    for computer in select_computers(workspace, computers):
        planned, request = plan_stored(
            workspace, computer, history=history, now=now, mode="audit" if is_audit else None
        )
        assessments.append(planned.assessment)
        rows.append(
            _Row(
                computer=computer.number,
                verdict=planned.assessment.verdict,
                plan=planned.plan,
                request=request,
            )
        )
    rows = _seated(rows, workspace.policy, history)
    if format is Format.JSON:
        write_json(rows)
    elif not rows:
        write_line("the register has no computer in use")
    else:
        for row in rows:
            write_lines(_describe(row))
        if any(row.plan is None for row in rows):
            write_error(
                "facts and simulations come from: ansible-playbook -i inventories/hosts.yml zhengban.baseline.audit"
            )
    warn_of_open_changes(workspace)
    raise typer.Exit(exit_code(assessments))


def _seated(rows: list[_Row], policy: Policy, history: History) -> list[_Row]:
    """The rows with the seats that arming would hand out over those that are enforced."""
    from zhengban.plan.seats import hand_out

    acting = [row.plan for row in rows if row.plan is not None and row.plan.actions and row.plan.mode == "enforce"]
    seats = hand_out(acting, policy, history)
    return [
        msgspec.structs.replace(
            row,
            moved=seats.moved.get(row.computer, {}),
            without_seat=seats.without_seat.get(row.computer, ""),
        )
        for row in rows
    ]


def _describe(row: _Row) -> Iterator[str]:
    from zhengban.plan.describe import describe_plan

    if row.plan is not None:
        yield from describe_plan(row.plan)
        for number, lot in row.moved.items():
            yield f"  {number} is full: recorded under {lot}"
        if row.without_seat:
            yield f"  left out of the run: {row.without_seat}"
    elif row.request is None:
        yield f"{row.computer} plan: none, the computer is unread"
    else:
        yield f"{row.computer} plan: not simulated, so it has no hash; the host would be asked for"
        for sign, wants in (("^", row.request.upgrade), ("+", row.request.install)):
            for want in wants:
                yield f"  {sign} {want.name} {want.versions}".rstrip()
        for name in row.request.remove:
            yield f"  - {name}"
