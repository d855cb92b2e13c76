# SPDX-License-Identifier: Apache-2.0
"""Needs of departments (form 3), from workbooks into the ledger. Source: DOMAIN C1, DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.forms.extract import extract_book
from zhengban.forms.needs import FORM, StatedNeed, read_needs
from zhengban.forms.oddity import Oddity
from zhengban.forms.opening import open_books
from zhengban.ledger.requests import open_papers
from zhengban.model.paper import Need, NeedEntry
from zhengban.model.register import Department, Person, Register
from zhengban.run.author import operator
from zhengban.run.workspace import Workspace

from .papers import read_papers


class FiledNeed(msgspec.Struct, frozen=True, kw_only=True):
    """A need and its id; not ``is_new`` when the same was open already, empty where nothing was written."""

    id: str
    is_new: bool
    need: Need


class Needed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an import; ``open`` are the oddities that keep it from being written."""

    filed: tuple[FiledNeed, ...]
    oddities: tuple[Oddity, ...]
    open: tuple[Oddity, ...]
    is_written: bool = False


def import_needs(
    workspace: Workspace, paths: Iterable[Path], *, accept: Iterable[str], is_check: bool, now: dt.datetime
) -> Needed:
    """File every form 3 in these workbooks if all of it is understood or accepted.

    What is asked for already, with the same words by the same person, and is still open is not filed twice.

    Raises:
        InputError: a file is refused; nothing was written.
        Busy, LedgerError: nothing was written.
    """
    stated, odd = read_needs(extract_book(book, (FORM,)) for book in open_books(paths))
    oddities = list(odd)
    needs = [need for item in stated for need in _needs(item, workspace.register, oddities)]
    accepted = tuple(accept)
    open_ = tuple(item for item in oddities if item.level != "note" and not item.is_accepted(accepted))
    if is_check or open_:
        filed = tuple(FiledNeed(id="", is_new=True, need=need) for need in needs)
        return Needed(filed=filed, oddities=tuple(sorted(oddities)), open=open_)
    with workspace.ledger.lock_workspace():
        filed = _file(workspace, needs, now=now)
    return Needed(filed=filed, oddities=tuple(sorted(oddities)), open=(), is_written=True)


def _file(workspace: Workspace, needs: Iterable[Need], *, now: dt.datetime) -> tuple[FiledNeed, ...]:
    today = workspace.register.organisation.today(now)
    needs = tuple(needs)
    there = {
        paper.content: paper.id
        for paper in read_papers(workspace, "NED", now=now)
        if paper.state not in ("rejected", "withdrawn") and not (paper.plan or paper.covered)
    }
    new = tuple(need for need in dict.fromkeys(needs) if need not in there)
    entries = [
        NeedEntry(
            seq=0,
            prev="",
            at=now.astimezone(dt.UTC).replace(microsecond=0),
            kind="applied",
            by=need.handled_by,
            date=today,
            account=operator(),
            need=need,
        )
        for need in new
    ]
    made = dict(zip(new, open_papers(workspace.ledger, "NED", entries, day=today, at=now), strict=True))
    ids = there | made
    return tuple(FiledNeed(id=ids[need], is_new=need in made, need=need) for need in needs)


def _needs(stated: StatedNeed, register: Register, oddities: list[Oddity]) -> Iterator[Need]:
    department = _department(stated, register, oddities)
    person = _person(stated, register, department, oddities)
    if department is not None and person is not None:
        yield Need(
            department=department.id,
            department_name=department.name,
            handled_by=person.id,
            handled_by_name=person.name,
            phone=stated.phone or person.phone,
            rows=stated.rows,
        )


def _department(stated: StatedNeed, register: Register, oddities: list[Oddity]) -> Department | None:
    known = {name: item for item in register.departments for name in (item.id, *item.formerly, item.name)}
    found = known.get(stated.department)
    if found is None and stated.department:
        hint = suggest(stated.department, known)
        message = f"there is no department {stated.department!r}" + (f"; {hint}" if hint else "")
        oddities.append(Oddity(place=stated.place, code="unknown_department", message=message, level="error"))
    return found


def _person(
    stated: StatedNeed, register: Register, department: Department | None, oddities: list[Oddity]
) -> Person | None:
    if not stated.handled_by:
        return None
    named = [item for item in register.people if item.name == stated.handled_by and item.left_on is None]
    own = [item for item in named if department is not None and item.department == department.id]
    found = own or named
    if len(found) == 1:
        return found[0]
    message = (
        f"{len(found) or 'no'} people are called {stated.handled_by!r} (经手人): write the name of one who is there"
    )
    oddities.append(Oddity(place=stated.place, code="unknown_person", message=message, level="error"))
    return None
