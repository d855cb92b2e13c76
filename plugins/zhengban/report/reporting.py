# SPDX-License-Identifier: Apache-2.0
"""Filling a form from policy, register and ledger. Source: DESIGN 8, 9, DOMAIN 3, L1-L7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from zhengban.derive.detail import derive_detail
from zhengban.derive.statistics import derive_statistics
from zhengban.derive.summary import derive_summary
from zhengban.documents.suggestion import suggest
from zhengban.forms.changes import confirmation_page, request_page
from zhengban.forms.description import form
from zhengban.forms.office import leadership_page, pledge_pages
from zhengban.forms.page import Filled, Page, Workbook
from zhengban.forms.software import (
    book_pages,
    detail_page,
    free_page,
    needs_page,
    purchases_page,
    statistics_page,
    summary_page,
)
from zhengban.ledger.papers import PaperKind
from zhengban.model.errors import InputError, Problem
from zhengban.model.paper import Paper
from zhengban.model.record import UNASSIGNED, UNLISTED
from zhengban.model.register import Department
from zhengban.papers.papers import find_paper, read_papers
from zhengban.run.author import operator
from zhengban.run.people import find_department
from zhengban.run.requests import judge_file, read_requests, request_file
from zhengban.run.workspace import Workspace

from .doubt import describe_doubt

SHOWN = "serials_shown"
"""The kind of the event that says who had serial numbers printed, and where to."""


_WITHOUT_LEDGER = (1, 2, 6)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which form of what; empty names mean all. ``is_blank``: nothing but the form."""

    form: int
    numbers: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    department: str = ""
    is_blank: bool = False
    with_serials: bool = False


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A form to be written, and what its figures leave out, a sentence each; ``doubt``: why they may be wrong."""

    workbook: Workbook
    notes: tuple[str, ...] = ()
    doubt: str = ""


def fill_form(workspace: Workspace, wanted: Wanted, *, output: str, now: dt.datetime) -> Report:
    """Fill a form.

    Serial numbers are shown only with ``with_serials``, which is an event of the ledger before anybody sees them.

    Args:
        output: where it goes, for that event.

    Raises:
        InputError: a name of ``wanted`` is nobody's.
        LedgerError: the ledger cannot be read or, for that event, written.
    """
    today = workspace.register.organisation.today(now)
    notes: tuple[str, ...] = ()
    empty = Page(sheet=form(wanted.form).title)
    if wanted.is_blank:
        pages: Iterable[Page] = [empty]
    else:
        pages, notes = _pages(workspace, wanted, today, now)
    if wanted.with_serials and not wanted.is_blank:
        data = {"form": wanted.form, "by": operator(), "output": output}
        workspace.ledger.append_events([(SHOWN, "", "", data)], at=now)
    rest = iter(pages)
    first = next(rest, None)
    if first is None:
        notes += (f"there is nothing to fill form {wanted.form} with: this is the empty form",)
    pages = chain((first or empty,), rest)
    filled = Filled(form=form(wanted.form), pages=pages, as_of=today)
    doubt = "" if wanted.is_blank or wanted.form in _WITHOUT_LEDGER else describe_doubt(workspace.ledger)
    return Report(workbook=Workbook(parts=(filled,)), notes=notes, doubt=doubt)


def _pages(
    workspace: Workspace, wanted: Wanted, today: dt.date, now: dt.datetime
) -> tuple[Iterable[Page], tuple[str, ...]]:
    policy, register = workspace.policy, workspace.register
    place = find_department(workspace.register, wanted.department) if wanted.department else None
    if wanted.form == 1:
        return [leadership_page(register, as_of=today)], ()
    if wanted.form == 2:
        return pledge_pages(register, department=place, as_of=today), ()
    if wanted.form == 3:
        return _needs(workspace, wanted, place, now), ()
    if wanted.form == 4:
        return _plans(workspace, wanted, now), ()
    if wanted.form == 6:
        return [free_page(policy, register, as_of=today)], ()
    if wanted.form == 9:
        return _books(workspace, wanted.numbers, today), ()
    if wanted.form == 10:
        return _requests(workspace, wanted, place, now), ()
    if wanted.form == 11:
        return _confirmations(workspace, place), ()
    return _derived(workspace, wanted, place, today)


def _needs(workspace: Workspace, wanted: Wanted, place: Department | None, now: dt.datetime) -> Iterator[Page]:
    """The needs on file; without any the form to fill in."""
    papers = _papers(workspace, "NED", wanted, now)
    found = [paper for paper in papers if place is None or getattr(paper.content, "department", "") == place.id]
    for paper in found:
        yield needs_page(paper, workspace.register)
    if not found:
        yield needs_page(None, workspace.register, department=place.name if place else None)


def _plans(workspace: Workspace, wanted: Wanted, now: dt.datetime) -> Iterator[Page]:
    papers: list[Paper | None] = [*_papers(workspace, "PUR", wanted, now)]
    for paper in papers or [None]:
        yield purchases_page(paper, workspace.register)


def _papers(workspace: Workspace, kind: PaperKind, wanted: Wanted, now: dt.datetime) -> list[Paper]:
    """The papers that are named; of all those nobody rejected or took back."""
    if wanted.requests:
        return [find_paper(workspace, kind, identity, now=now) for identity in wanted.requests]
    papers = read_papers(workspace, kind, now=now)
    return [paper for paper in papers if paper.state not in ("rejected", "withdrawn")]


def _derived(
    workspace: Workspace, wanted: Wanted, place: Department | None, today: dt.date
) -> tuple[Iterable[Page], tuple[str, ...]]:
    """Forms 5, 7 and 8, which need what is on record now."""
    policy, register, standing = workspace.policy, workspace.register, workspace.ledger.standing()
    if wanted.form == 8:
        detail = derive_detail(policy, register, standing, as_of=today)
        return [detail_page(register, detail, department=place.name if place else None)], ()
    summary = derive_summary(policy, register, standing, as_of=today)
    if wanted.form == 7:
        serials = {lot.number: lot.serials for lot in policy.lot_by_number.values()} if wanted.with_serials else None
        return [summary_page(register, summary, serials=serials)], ()
    statistics = derive_statistics(policy, register, as_of=today)
    return [statistics_page(register, summary, statistics)], statistics.notes


def _books(workspace: Workspace, numbers: tuple[str, ...], today: dt.date) -> Iterable[Page]:
    known = (*_numbers_of_policy(workspace), *_numbers_of_books(workspace))
    problems = [
        Problem(file="--number", message=f"no software has the number {number!r}", hint=suggest(number, known))
        for number in numbers
        if number not in known
    ]
    if problems:
        raise InputError(problems)
    wanted = numbers or tuple(number for number in dict.fromkeys(known) if number not in (UNLISTED, UNASSIGNED))
    books = ((number, workspace.ledger.records(number)) for number in wanted)
    return book_pages(workspace.policy, workspace.register, books, as_of=today)


def _numbers_of_policy(workspace: Workspace) -> Iterator[str]:
    """Every software number has a book (L2), in the order of form 7."""
    order = ("commercial", "oem", "free")
    products = sorted(workspace.policy.products, key=lambda product: order.index(product.type))
    for kind in order:
        yield from sorted(number for product in products if product.type == kind for number in product.numbers)


def _numbers_of_books(workspace: Workspace) -> tuple[str, ...]:
    return workspace.ledger.books()


def _requests(workspace: Workspace, wanted: Wanted, place: Department | None, now: dt.datetime) -> Iterator[Page]:
    history = workspace.history(now)
    if wanted.requests:
        found = [
            judge_file(workspace, request_file(workspace, request), history=history, now=now)
            for request in wanted.requests
        ]
    else:
        found = list(read_requests(workspace, history=history, now=now))
    for request in sorted(found, key=lambda request: (request.application.department_name, request.id)):
        if place is None or request.application.department == place.id:
            yield request_page(request, workspace.register)


def _confirmations(workspace: Workspace, place: Department | None) -> Iterator[Page]:
    names = None if place is None else (place.name, *place.formerly)
    signed = sorted(
        workspace.ledger.confirmations(), key=lambda item: (item.department, item.computer, item.date, item.id)
    )
    for item in signed:
        if names is None or item.department in names:
            yield confirmation_page(item)
