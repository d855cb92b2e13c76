# SPDX-License-Identifier: Apache-2.0
"""Form 11 as it was filled in and signed, as confirmations. Source: DOMAIN I3, DESIGN 6, 8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from zhengban.forms.copies import Copy, names_of, read_copies
from zhengban.forms.description import form
from zhengban.forms.opening import open_books
from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import InputError, Problem
from zhengban.model.request import RequestKind
from zhengban.run.workspace import Workspace

from .confirming import Signed, confirm_each
from .waiting import Page, waiting_pages

FORM = 11


def confirm_forms(
    workspace: Workspace, path: Path, *, maintainer: str, reference: str, now: dt.datetime
) -> tuple[tuple[Confirmation, ...], tuple[str, ...]]:
    """Write down what every form 11 in a workbook says: 完成, or 未完成 with its reason.

    A form says which change it is about by the records that are printed on it, else by computer, kind and software.
    Its user is who can sign for that change; whose name stands on it has to be the same.

    Returns:
        The confirmations, and notes about forms that are left out: empty ones, and those signed for already.

    Raises:
        InputError, Refused: with everything that is wrong, each with its place; nothing was written.
        LedgerError: what was written before stands, and the command does the rest.
    """
    (book,) = open_books([path])
    copies, oddities = read_copies(book, form(FORM))
    problems = [Problem(file=str(item.place), message=item.message) for item in oddities]
    if not copies:
        problems.append(Problem(file=str(path), message=f"holds no form {FORM} ({form(FORM).title})"))
    waiting = _Waiting(waiting_pages(workspace, now=now))
    # What was not done still waits: it is on file when the same was said of it under the same reference.
    known = {(item.records, item.reason, item.reference) for item in workspace.ledger.confirmations() if not item.done}
    found: list[Signed] = []
    done: set[tuple[str, ...]] = set()
    notes: list[str] = []
    for copy in copies:
        if not copy.text("computer"):
            notes.append(f"{copy.place}: an empty form: left out")
            continue
        page = waiting.page_of(copy)
        if page is None or page.records in done:
            notes.append(f"{copy.place}: nothing it is about waits for signatures: left out")
        elif message := _why_not(copy, page):
            problems.append(Problem(file=str(copy.place), message=message))
        elif not _is_done(copy) and (page.records, copy.text("reason"), reference) in known:
            notes.append(f"{copy.place}: the same is on file: left out")
        else:
            found.append((page, None if _is_done(copy) else copy.text("reason")))
            if _is_done(copy):
                done.add(page.records)
    if problems:
        raise InputError(problems)
    written = confirm_each(workspace, found, maintainer=maintainer, reference=reference, now=now) if found else ()
    return written, tuple(notes)


class _Waiting:
    """The pages that wait, to be found by what a form says."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._by_records: dict[tuple[str, ...], Page] = {}
        self._by_change: dict[tuple[str, RequestKind], list[Page]] = {}
        for page in pages:
            self._by_records.setdefault(page.records, page)
            self._by_change.setdefault((page.computer, page.kind), []).append(page)

    def page_of(self, copy: Copy) -> Page | None:
        if copy.text("records"):
            return self._by_records.get(tuple(copy.text("records").split("、")))
        kind = copy.values.get("kind")
        if kind is None:
            return None
        names = [name for name, _version in names_of(copy, kind)]
        found = [
            page
            for page in self._by_change.get((copy.text("computer"), kind), ())
            if [software.name for software in (page.before, page.after) if software] == names
        ]
        return found[0] if len(found) == 1 else None


def _why_not(copy: Copy, page: Page) -> str:
    named = copy.text("user").split()
    if _is_done(copy) is None:
        return "neither or both of 完成 and 未完成 are ticked: tick one"
    if not _is_done(copy) and not copy.text("reason"):
        return "未完成, and no 未完成原因 says why"
    if not page.user:
        return "nobody is there to sign as its user"
    if named and page.user not in named and page.user_name not in named:
        return f"it names {copy.text('user')!r}, and {page.user} {page.user_name} signs for this change"
    return ""


def _is_done(copy: Copy) -> bool | None:
    done: bool | None = copy.values.get(f"{copy.values.get('kind')}_done")
    return done
