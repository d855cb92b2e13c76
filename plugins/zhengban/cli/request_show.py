# SPDX-License-Identifier: Apache-2.0
"""``zhengban request list``, ``show`` and ``bytes``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from zhengban.model.paper import PaperEntry
from zhengban.model.request import Request, RequestEntry, RequestState

from .output import Format, FormatOption, write_error, write_json, write_line, write_lines, write_table
from .request import ExpiresOption, IdArgument, stop_for_unreadable
from .selection import open_workspace

COLUMNS = ("id", "state", "expires", "computer", "applicant", "asks for")


def list_requests(
    context: typer.Context,
    state: Annotated[RequestState | None, typer.Option("--state", metavar="STATE", help="Only in this state.")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """List requests by id, as they stand today.

    States: applied, department_approved, approved, rejected, withdrawn, expired, used. A signature that does not hold
    makes its approval not count. What "counts no more" has to be applied for anew: `request show` says why. One that
    was altered is named on standard error, the others are listed, and the exit code is 1.

    JSON: a list of what `zhengban request show` has.
    """
    from zhengban.run.requests import find_unreadable, read_requests

    workspace = open_workspace(context)
    now = dt.datetime.now(dt.UTC)
    history = workspace.history(now)
    requests = [
        request
        for request in read_requests(workspace, history=history, now=now)
        if state is None or request.state == state
    ]
    if format is Format.JSON:
        write_json(requests)
    elif requests:
        write_table(COLUMNS, (_row(request) for request in requests))
    else:
        write_line("no requests")
    stop_for_unreadable(find_unreadable(workspace, history=history))


def _row(request: Request) -> tuple[str, ...]:
    application = request.application
    expires = request.expires.isoformat() if request.expires else ""
    applicant = f"{application.applicant} {application.applicant_name}"
    state = f"{request.state}, counts no more" if request.is_open and request.void else request.state
    return (request.id, state, expires, application.computer, applicant, application.label)


def show(context: typer.Context, request: IdArgument, format: FormatOption = Format.TEXT) -> None:
    """Show form 10: what is asked for, and every decision with why one does not count.

    JSON: {id, state, application: {department, department_name, applicant, applicant_name, computer, brand, user,
    kind, before, after}, date, reason, application_hash, expires, void, uses: [[run, computer]],
    decisions: [{entry, objection}]};
    before and after are {number, name, version} or null, an entry is {seq, prev, at, kind, by, date, account, role,
    reason, expires, evidence, recorded_by, signature} without what is empty.
    """
    from zhengban.run.requests import judge_file, request_file

    workspace = open_workspace(context)
    now = dt.datetime.now(dt.UTC)
    history = workspace.history(now)
    found = judge_file(workspace, request_file(workspace, request), history=history, now=now)
    if format is Format.JSON:
        write_json(found)
    else:
        write_lines(_describe(found))


def _describe(request: Request) -> Iterator[str]:
    application = request.application
    until = f", good until {request.expires}" if request.expires and request.state == "approved" else ""
    yield f"{request.id}: {request.state}{until}"
    yield f"  applicant: {application.applicant} {application.applicant_name}, {application.department_name}"
    yield f"  date: {request.date}"
    yield f"  computer: {application.computer} {application.brand}".rstrip()
    yield f"  asks for: {application.label}"
    yield f"  reason: {request.reason}"
    if request.void:
        yield f"  counts no more: {request.void}"
    for item in request.decisions:
        entry = item.entry
        role = {"": "", "department": "the department"}.get(entry.role, "IT")
        until = f"until {entry.expires}" if entry.expires else ""
        yield describe_decision(entry, item.objection, role=role, until=until)
    for run, computer in request.uses:
        yield f"  used: run {run} on {computer}"


def describe_decision(entry: RequestEntry | PaperEntry, objection: str, *, role: str, until: str = "") -> str:
    """One decision about a request, a need or a plan as a line; what is empty is left out."""
    return f"  {entry.kind}{f' for {role}' if role else ''}: {entry.by} on {entry.date}" + "".join(
        f", {text}"
        for text in (
            until,
            f"citing {entry.evidence}, recorded by {entry.recorded_by}" if entry.evidence else "",
            "signed" if entry.signature else "",
            entry.reason,
            f"does not count: {objection}" if objection else "",
        )
        if text
    )


def show_bytes(
    context: typer.Context,
    request: IdArgument,
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who will approve: an id of people.yml.")],
    expires: ExpiresOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write them to a new file.", show_default="print")
    ] = None,
) -> None:
    """Print the bytes that approve a request, to be signed on another machine.

    They are RFC 8785 JSON of id, computer, kind, software, role, approver, expires and the hash of the application:

    \b
        zhengban request bytes REQ-2026-a3f01c-0001 --by E0003 --output approval.json
        ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n zhengban-approval approval.json
        zhengban request approve REQ-2026-a3f01c-0001 --by E0003 --expires DAY --signature approval.json.sig

    DAY is the day that is printed on standard error: a signature is over that very day.
    """
    from zhengban.papers.deciding import bytes_to_sign

    day = expires.date() if expires else None
    data, last = bytes_to_sign(open_workspace(context), request, by=by, expires=day, now=dt.datetime.now(dt.UTC))
    if output is None:
        typer.echo(data, nl=False)
    else:
        with output.open("xb") as file:
            file.write(data)
    write_error(f"for `zhengban request approve`: --expires {last}")
