# SPDX-License-Identifier: Apache-2.0
"""``zhengban request``: form 10."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhengban.model.errors import InputError
from zhengban.model.request import RequestKind

from .exits import FINDINGS
from .output import Format, FormatOption, write_error, write_json, write_line
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.papers.decision import Decision
    from zhengban.papers.requesting import Draft, Filed
    from zhengban.run.workspace import Workspace

app = typer.Typer(
    help="Requests (form 10): a personal change needs one, approved by the department, then by IT.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

IdArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="The id of the request.")]
ExpiresOption = Annotated[
    dt.datetime | None,
    typer.Option(
        "--expires",
        metavar="DAY",
        formats=["%Y-%m-%d"],
        help="The last day the approval is good for.",
        show_default="approvals.valid_days from today",
    ),
]
ByOption = Annotated[str, typer.Option("--by", metavar="PERSON", help="Who decides: an id of people.yml.")]
EvidenceOption = Annotated[str, typer.Option("--evidence", metavar="OA-…", help="The outside approval this one cites.")]
RecordedByOption = Annotated[
    str, typer.Option("--recorded-by", metavar="PERSON", help="Who recorded that outside approval.")
]
KeyOption = Annotated[
    Path | None, typer.Option("--sign", metavar="KEY", help="Sign with this SSH key, or its public half (agent).")
]


@app.command("new")
def new(
    context: typer.Context,
    computer: Annotated[str, typer.Option("--computer", metavar="COMPUTER", help="The computer it is about.")],
    applicant: Annotated[str, typer.Option("--applicant", metavar="PERSON", help="Who applies: an id of people.yml.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is needed.")],
    install: Annotated[str, typer.Option("--install", metavar="NUMBER", help="The software number to install.")] = "",
    remove: Annotated[str, typer.Option("--remove", metavar="NUMBER", help="The software number to remove.")] = "",
    upgrade: Annotated[str, typer.Option("--upgrade", metavar="NUMBER", help="The number to upgrade to.")] = "",
    old_number: Annotated[
        str,
        typer.Option("--from", metavar="NUMBER", help="The number an upgrade starts from.", show_default="on record"),
    ] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Apply for one installation, removal or upgrade on one computer.

    Who approves: the head of the applicant's department, then one of organisation.approvers.it; never the applicant,
    never one person twice. Where the head cannot (is the applicant, has left, or approves for IT), one of
    organisation.approvers.leader can stand in. What is asked for already and still open is not asked for twice.

    Another request that was altered is named on standard error, and the exit code is 1: this one is written all the
    same.

    JSON: {id, is_new}.
    """
    from zhengban.papers.requesting import Draft, apply_for
    from zhengban.run.requests import find_unreadable

    given: dict[RequestKind, str] = {"install": install, "remove": remove, "upgrade": upgrade}
    asked = [(kind, number) for kind, number in given.items() if number]
    if len(asked) != 1:
        raise typer.BadParameter("name one of --install, --remove and --upgrade", param_hint="--install")
    ((kind, number),) = asked
    draft = Draft(
        computer=computer, kind=kind, number=number, old_number=old_number, applicant=applicant, reason=reason
    )
    workspace, now = open_workspace(context), dt.datetime.now(dt.UTC)
    (filed,) = apply_for(workspace, [draft], now=now)
    if format is Format.JSON:
        write_json(filed)
    else:
        _say_filed(filed)
    stop_for_unreadable(find_unreadable(workspace, history=workspace.history(now)))


@app.command("import")
def import_requests(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON, or form 10 (.xlsx, .xls, .ods).")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Apply for everything a file lists, or for nothing when anything in it is wrong.

    The file: requests: [{computer, kind: install|remove|upgrade, number, from, applicant, reason}], "from" only for an
    upgrade; `zhengban policy schema requests` describes it to an editor. What is asked for already and still open is
    not asked for twice, so a file can be imported again.

    Of a workbook each form 10 in it, as people fill it in: the applicant is known by name in the department, software
    by name and version. Approvals on paper are not taken over: `zhengban request approve`, perhaps with --evidence.

    JSON: a list of {id, is_new}, in the order of the file.
    """
    from zhengban.papers.requesting import apply_for
    from zhengban.run.requests import find_unreadable

    workspace, now = open_workspace(context), dt.datetime.now(dt.UTC)
    filed = apply_for(workspace, _read_drafts(workspace, file, now), now=now)
    if format is Format.JSON:
        write_json(filed)
    else:
        for item in filed:
            _say_filed(item)
    stop_for_unreadable(find_unreadable(workspace, history=workspace.history(now)))


def stop_for_unreadable(reasons: tuple[str, ...]) -> None:
    """Name requests that are not as they were written: what was done stands, and is not all there is to do."""
    for reason in reasons:
        write_error(reason)
    if reasons:
        raise typer.Exit(FINDINGS)


def _read_drafts(workspace: Workspace, file: Path, now: dt.datetime) -> list[Draft]:
    from zhengban.documents.document import load_document
    from zhengban.forms.opening import WORKBOOKS
    from zhengban.papers.form_requests import read_request_forms
    from zhengban.papers.requesting import Draft

    if file.suffix.lower() in WORKBOOKS:
        drafts, notes = read_request_forms(workspace, file, now=now)
        for note in notes:
            write_error(note)
        return list(drafts)

    document, problems = load_document(file, shown_as=str(file), schema="requests")
    if document is None or problems:
        raise InputError(problems)
    return [
        Draft(
            computer=item["computer"],
            kind=item["kind"],
            number=item["number"],
            old_number=item.get("from", ""),
            applicant=item["applicant"],
            reason=item["reason"],
            file=str(file),
            line=document.place(("requests", index)).line,
            path=f"requests[{index}]",
        )
        for index, item in document.items("requests")
    ]


def _say_filed(filed: Filed) -> None:
    write_line(f"{filed.id}: applied" if filed.is_new else f"{filed.id}: the same is asked for there already")


@app.command("approve")
def approve(
    context: typer.Context,
    request: IdArgument,
    by: ByOption,
    evidence: EvidenceOption = "",
    recorded_by: RecordedByOption = "",
    key: KeyOption = None,
    signature: Annotated[
        Path | None, typer.Option("--signature", metavar="FILE", help="A signature over `zhengban request bytes`.")
    ] = None,
    expires: ExpiresOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Approve a request in the role whose turn it is: the department first, then IT.

    A signature is verified now and again when the change is made, against the trusted signers in $ZHENGBAN_SIGNERS or
    /etc/zhengban/signers, outside the workspace: a line for each person, PERSON-ID namespaces="zhengban-approval" KEY.
    With approvals.signatures: required (policies/baseline.yml) an approval without one does not count.

    JSON: as `zhengban request show`.
    """
    if key is not None and signature is not None:
        raise typer.BadParameter("sign here with --sign, or bring the signature with --signature", param_hint="--sign")
    from zhengban.papers.decision import Decision
    from zhengban.run.signatures import read_signature

    decision = Decision(
        kind="approved",
        by=by,
        evidence=evidence,
        recorded_by=recorded_by,
        key=key,
        signature=read_signature(signature) if signature else "",
        expires=expires.date() if expires else None,
    )
    _decide(context, request, decision, format)


@app.command("reject")
def reject(
    context: typer.Context,
    request: IdArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why not.")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Reject a request, by whoever could approve it now; IT can still reject what it has approved.

    JSON: as `zhengban request show`.
    """
    from zhengban.papers.decision import Decision

    _decide(context, request, Decision(kind="rejected", by=by, reason=reason), format)


@app.command("withdraw")
def withdraw(
    context: typer.Context,
    request: IdArgument,
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="The applicant.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Take a request back, by its applicant.

    JSON: as `zhengban request show`.
    """
    from zhengban.papers.decision import Decision

    _decide(context, request, Decision(kind="withdrawn", by=by, reason=reason), format)


def _decide(context: typer.Context, identity: str, decision: Decision, format: Format) -> None:
    from zhengban.papers.deciding import decide

    request = decide(open_workspace(context), identity, decision, now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(request)
    else:
        until = f", good until {request.expires}" if request.state == "approved" else ""
        write_line(f"{request.id}: {request.state}{until}")
