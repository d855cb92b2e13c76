# SPDX-License-Identifier: Apache-2.0
"""``zhengban confirm``: form 11."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
import typer

from zhengban.model.confirmation import Confirmation

from .exits import FINDINGS
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines
from .report import OutputOption, kind_of, write_form
from .selection import open_workspace

if TYPE_CHECKING:
    from zhengban.forms.page import Page as FormPage
    from zhengban.papers.waiting import Page
    from zhengban.run.workspace import Workspace


def confirm(
    context: typer.Context,
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CHANGE", help="Runs, <run>/<computer> or record ids, as `zhengban ledger show` has them."
        ),
    ] = None,
    user: Annotated[str, typer.Option("--user", metavar="PERSON", help="Who signed as the computer's user.")] = "",
    maintainer: Annotated[
        str, typer.Option("--maintainer", metavar="PERSON", help="Who signed as the maintainer.")
    ] = "",
    reference: Annotated[
        str, typer.Option("--reference", metavar="SCAN", help="Where the signed sheet, or its scan, is.")
    ] = "",
    not_done: Annotated[
        str | None, typer.Option("--not-done", metavar="REASON", help="The user says it is not done, and why.")
    ] = None,
    is_batch: Annotated[
        bool,
        typer.Option("--batch", help="Print the sheets of all that wait, or record those of --of under --reference."),
    ] = False,
    department: Annotated[
        str | None, typer.Option("--department", metavar="DEPARTMENT", help="Only this department's, with --batch.")
    ] = None,
    mark: Annotated[
        str, typer.Option("--of", metavar="MARK", help="The batch that was signed, as its sheets have it.")
    ] = "",
    sheets: Annotated[
        Path | None,
        typer.Option("--sheets", metavar="WORKBOOK", help="Record what the forms 11 in it say, done or not done."),
    ] = None,
    output: OutputOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Record that user and maintainer signed for changes (form 11), or print the sheets to sign.

    Each install, removal and upgrade is signed for once: not what came along with it, not lot moves, adoption,
    computers given to others, or new builds of commercial software under its number. The user is the computer's, then
    or now (of a computer without one, the head of the responsible department); the maintainer is of the responsible
    department or one of organisation.approvers.it; one person does not sign for both. What is signed for as not done
    stays open, with the reason, until it is signed for as done. What nobody signs for in approvals.confirm_days is the
    finding "unconfirmed".

    The sheets printed together have a mark, and the ledger notes which they are: --reference --of MARK records those
    and nothing that came later. A sheet whose user said it is not done, or whose user is another now, is left out.

    \b
        zhengban confirm RUN --user E0007 --maintainer E0006 --reference 扫描件-031
        zhengban confirm --batch --department 财务处 --output 确认单.xlsx
        zhengban confirm --batch --reference 扫描件-031 --of 3f9c0d21ab47 --maintainer E0006

    --sheets takes the sheets as they were filled in on a computer: 完成, or 未完成 with its reason. A sheet says by the
    records printed on it which change it is about, else by computer, kind and software.

    Exit code 1 when --batch leaves something of the batch unsigned.

    JSON: a list of the confirmations written {at, id, records, computer, brand, department, kind, before,
    after, user, user_name, maintainer, maintainer_name, date, done, reason, reference, account} without what is
    empty; of --batch without --reference, a list of the sheets {batch, department, computer,
    brand, user, user_name, kind, before, after, date, records, objection}.
    """
    workspace = open_workspace(context)
    now = dt.datetime.now(dt.UTC)
    if is_batch and sheets is not None:
        raise typer.BadParameter(
            "it records what the sheets say; without it --batch prints them", param_hint="--sheets"
        )
    if is_batch:
        how = _Sheets(output=output, force=force, format=format)
        _confirm_batch(workspace, changes, user, maintainer, reference, mark, not_done, department, how, now)
        return
    if sheets is not None:
        if changes or user or not_done is not None or mark or department is not None or output is not None:
            raise typer.BadParameter("the sheets say what was signed for, and by whom", param_hint="--sheets")
        if not maintainer or not reference:
            raise typer.BadParameter("name --maintainer and --reference with it", param_hint="--sheets")
        _confirm_sheets(workspace, sheets, maintainer, reference, format, now)
        return
    if output is not None or force:
        raise typer.BadParameter("it is for the sheets that --batch prints", param_hint="--output")
    if not changes or not user or not maintainer or department is not None or mark:
        raise typer.BadParameter("name what was signed for, --user and --maintainer; or use --batch")
    from zhengban.papers.confirming import confirm as record

    _say(
        record(workspace, changes, user=user, maintainer=maintainer, reference=reference, not_done=not_done, now=now),
        format,
    )


def _confirm_sheets(
    workspace: Workspace, path: Path, maintainer: str, reference: str, format: Format, now: dt.datetime
) -> None:
    from zhengban.papers.form_confirmations import confirm_forms

    written, notes = confirm_forms(workspace, path, maintainer=maintainer, reference=reference, now=now)
    for note in notes:
        write_error(note)
    _say(written, format)


class _Sheets(NamedTuple):
    """How the sheets to sign come out."""

    output: Path | None
    force: bool
    format: Format


def _confirm_batch(
    workspace: Workspace,
    changes: list[str] | None,
    user: str,
    maintainer: str,
    reference: str,
    mark: str,
    not_done: str | None,
    department: str | None,
    sheets: _Sheets,
    now: dt.datetime,
) -> None:
    from zhengban.forms.description import form
    from zhengban.forms.page import Filled, Workbook
    from zhengban.papers.confirming import confirm_pages, print_pages

    if changes or user or not_done is not None:
        raise typer.BadParameter("it takes all that wait: name no change, --user or --not-done", param_hint="--batch")
    if len({bool(maintainer), bool(reference), bool(mark)}) > 1:
        raise typer.BadParameter("recording takes --reference, --maintainer and --of", param_hint="--batch")
    if mark and department is not None:
        raise typer.BadParameter("the batch says whose sheets were signed", param_hint="--department")
    if sheets.output is not None and (reference or sheets.format is Format.JSON):
        raise typer.BadParameter("it is for the sheets to sign", param_hint="--output")
    if not reference:
        kind = kind_of(None, sheets.output) if sheets.output is not None else None
        printed, pages = print_pages(workspace, now=now, department=department)
        if sheets.format is Format.JSON:
            write_json([{"batch": printed, **msgspec.to_builtins(page)} for page in pages])
        elif not pages:
            write_line("nothing waits for signatures")
        elif kind is None:
            write_lines(_text(_as_form(pages, printed)))
        else:
            today = workspace.register.organisation.today(now)
            filled = Filled(form=form(11), pages=_as_form(pages, printed), as_of=today)
            write_form(Workbook(parts=(filled,)), kind, sheets.output, force=sheets.force)
        return
    recorded = confirm_pages(workspace, mark=mark, maintainer=maintainer, reference=reference, now=now)
    _say(recorded.confirmations, sheets.format)
    for page, why in recorded.left:
        write_error(f"{page.records[0]}: not recorded: {why}")
    if recorded.left:
        raise typer.Exit(FINDINGS)


def _say(confirmations: tuple[Confirmation, ...], format: Format) -> None:
    if format is Format.JSON:
        write_json([_without_link(item) for item in confirmations])
    elif not confirmations:
        write_line("nothing waits for signatures")
    for item in confirmations if format is Format.TEXT else ():
        what = " → ".join(software.label for software in (item.before, item.after) if software)
        done = "" if item.done else f", not done: {item.reason}"
        write_line(f"{item.id}: {item.kind} of {what} on {item.computer}, signed by {item.user}{done}")


def _without_link(confirmation: Confirmation) -> dict[str, object]:
    """The fields but for the place in the ledger's file, which is given when it is written."""
    fields = msgspec.to_builtins(confirmation)
    return {key: value for key, value in fields.items() if key not in ("seq", "prev")}


def _as_form(pages: Iterable[Page], mark: str) -> Iterator[FormPage]:
    """Form 11 for each change, a department's together."""
    from zhengban.forms.changes import sheet_page

    for page in pages:
        yield sheet_page(
            department=page.department,
            computer=page.computer,
            brand=page.brand,
            user=f"{page.user_name} {page.user}".strip(),
            kind=page.kind,
            before=page.before,
            after=page.after,
            records=page.records,
            batch=mark,
            objection=page.objection,
        )


def _text(pages: Iterable[FormPage]) -> Iterator[str]:
    from zhengban.forms.description import form
    from zhengban.forms.text import text_lines

    for page in pages:
        yield from text_lines(form(11), page)
        yield ""
