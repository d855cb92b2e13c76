# SPDX-License-Identifier: Apache-2.0
"""What ``zhengban need`` and ``zhengban purchase`` share: listing, showing and deciding. Source: DOMAIN C1, C3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from zhengban.model.paper import Need, Paper, PaperState, describe_seats

from .exits import FINDINGS
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines, write_table
from .request import ByOption, EvidenceOption, KeyOption, RecordedByOption
from .request_show import describe_decision
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.ledger.papers import PaperKind

COLUMNS = ("id", "state", "date", "next", "asks for")
NOUNS: dict[str, str] = {"NED": "need", "PUR": "purchase plan"}

_SHAPE = (
    "{id, state, content, date, by, sha256, next_role, decisions: [{entry, objection}], plan, "
    "covered: [{row, lots, on}], lots};"
)
_CONTENT = {
    "NED": "{department, department_name, handled_by, handled_by_name, phone, rows: [{category, purpose, functions, "
    "quantity, note}]}",
    "PUR": "{handled_by, handled_by_name, phone, rows: [{name, version, price, quantity, needed, free, needs, "
    "note, lots}]}",
}

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id.", show_default=False)]
StateOption = Annotated[
    PaperState | None, typer.Option("--state", metavar="STATE", help="Only in this state.", show_default="all")
]


def add_commands(app: typer.Typer, kind: PaperKind) -> None:
    """Give a group of commands those about papers of a kind."""
    noun = NOUNS[kind]
    shape = f"\n\nJSON: {_SHAPE} content is {_CONTENT[kind]}."
    for name, command, says in (
        ("list", _list(kind), f"List each {noun}, as it stands today; an altered one is named, with exit code 1."),
        ("show", _show(kind), f"Show a {noun}, and every decision with why one does not count."),
        ("approve", _approve(kind), f"Approve a {noun} in the role whose turn it is."),
        ("reject", _reject(kind), f"Reject a {noun}, by whoever could approve it now, or approved it last."),
        ("withdraw", _withdraw(kind), f"Take a {noun} back, by who handed it in."),
    ):
        app.command(name, help=says + shape)(command)


def _list(kind: PaperKind) -> Callable[..., None]:
    def list_papers(context: typer.Context, state: StateOption = None, format: FormatOption = Format.TEXT) -> None:
        from zhengban.papers.papers import find_unread, read_papers

        workspace, now = open_workspace(context), dt.datetime.now(dt.UTC)
        papers = [paper for paper in read_papers(workspace, kind, now=now) if state in (None, paper.state)]
        if format is Format.JSON:
            write_json(papers)
        elif papers:
            write_table(COLUMNS, (_row(paper) for paper in papers))
        else:
            write_line(f"no {NOUNS[kind]}s")
        reasons = find_unread(workspace, kind, now=now)
        for reason in reasons:
            write_error(reason)
        if reasons:
            raise typer.Exit(FINDINGS)

    return list_papers


def _show(kind: PaperKind) -> Callable[..., None]:
    def show(context: typer.Context, identity: IdArgument, format: FormatOption = Format.TEXT) -> None:
        from zhengban.papers.papers import find_paper

        paper = find_paper(open_workspace(context), kind, identity, now=dt.datetime.now(dt.UTC))
        if format is Format.JSON:
            write_json(paper)
        else:
            write_lines(_describe(paper))

    return show


def _approve(kind: PaperKind) -> Callable[..., None]:
    def approve(
        context: typer.Context,
        identity: IdArgument,
        by: ByOption,
        evidence: EvidenceOption = "",
        recorded_by: RecordedByOption = "",
        key: KeyOption = None,
        format: FormatOption = Format.TEXT,
    ) -> None:
        _decide(context, kind, identity, "approved", by, format, evidence=evidence, recorded_by=recorded_by, key=key)

    return approve


def _reject(kind: PaperKind) -> Callable[..., None]:
    def reject(
        context: typer.Context,
        identity: IdArgument,
        by: ByOption,
        reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why not.")],
        format: FormatOption = Format.TEXT,
    ) -> None:
        _decide(context, kind, identity, "rejected", by, format, reason=reason)

    return reject


def _withdraw(kind: PaperKind) -> Callable[..., None]:
    def withdraw(
        context: typer.Context,
        identity: IdArgument,
        by: Annotated[str, typer.Option("--by", metavar="PERSON", help="Who handed it in.")],
        reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
        format: FormatOption = Format.TEXT,
    ) -> None:
        _decide(context, kind, identity, "withdrawn", by, format, reason=reason)

    return withdraw


def _decide(
    context: typer.Context,
    kind: PaperKind,
    identity: str,
    what: Literal["approved", "rejected", "withdrawn"],
    by: str,
    format: Format,
    *,
    reason: str = "",
    evidence: str = "",
    recorded_by: str = "",
    key: Path | None = None,
) -> None:
    from zhengban.papers.decision import Decision
    from zhengban.papers.papers import decide_paper

    decision = Decision(kind=what, by=by, reason=reason, evidence=evidence, recorded_by=recorded_by, key=key)
    paper = decide_paper(open_workspace(context), kind, identity, decision, now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(paper)
    else:
        write_line(f"{paper.id}: {paper.state}" + (f", {paper.next_role} decides next" if paper.next_role else ""))


def _row(paper: Paper) -> tuple[str, ...]:
    state = f"{paper.state}, in {paper.plan}" if paper.plan else paper.state
    if paper.covered:
        whole = len(paper.covered) == len(paper.content.rows)
        state += ", covered" if whole else f", {len(paper.covered)} of {len(paper.content.rows)} rows covered"
    return (paper.id, state, paper.date.isoformat(), paper.next_role, paper.content.label)


def _describe(paper: Paper) -> Iterator[str]:
    content = paper.content
    yield f"{paper.id}: {paper.state}" + (f", {paper.next_role} decides next" if paper.next_role else "")
    where = f", {content.department_name}" if isinstance(content, Need) else ""
    yield f"  handled by: {content.handled_by} {content.handled_by_name}{where}"
    yield f"  date: {paper.date}"
    if isinstance(content, Need):
        covered = {item.row: item for item in paper.covered}
        for place, need in enumerate(content.rows, 1):
            texts = [text for text in (need.purpose, need.functions, need.note) if text]
            yield f"  {need.quantity} {need.category}: {'; '.join(texts)}"
            if place in covered:
                yield f"    covered by free seats of {describe_seats(covered[place].lots)} on {covered[place].on}"
    else:
        for row, lots in zip(content.rows, paper.lots, strict=True):
            of = f"needed {row.needed}, free {row.free}; {', '.join(row.needs)}"
            yield f"  {row.quantity} {row.name} {row.version}, {row.price} yuan each: {of}"
            if lots:
                yield f"    bought: {', '.join(lots)}"
        yield f"  in all {content.amount} yuan"
    if paper.plan:
        yield f"  went into {paper.plan}"
    for item in paper.decisions:
        yield describe_decision(item.entry, item.objection, role=item.entry.role)
