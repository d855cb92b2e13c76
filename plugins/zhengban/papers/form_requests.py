# SPDX-License-Identifier: Apache-2.0
"""Form 10 as people fill it in, as the drafts that ``request import`` files. Source: DOMAIN I1, DESIGN 8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from zhengban.documents.suggestion import suggest
from zhengban.forms.copies import Copy, names_of, read_copies
from zhengban.forms.description import form
from zhengban.forms.opening import open_books
from zhengban.licence.choose import candidate_lots
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Product
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.model.request import RequestKind
from zhengban.run.workspace import Workspace

from .requesting import Draft

FORM = 10


def read_request_forms(
    workspace: Workspace, path: Path, *, now: dt.datetime
) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """The requests of every form 10 in a workbook, and notes about those that are left out.

    People are known by name in their department, software by name and version; of several lots the first that the
    computer may use is meant. A form with the number of a request was printed from the ledger, which has it.

    Raises:
        InputError: with everything that is wrong, each with its cell.
    """
    (book,) = open_books([path])
    copies, oddities = read_copies(book, form(FORM))
    problems = [Problem(file=str(item.place), message=item.message) for item in oddities]
    if not copies:
        problems.append(Problem(file=str(path), message=f"holds no form {FORM} ({form(FORM).title})"))
    known, history = workspace.ledger.request_ids(), workspace.history(now)
    drafts: list[Draft] = []
    notes: list[str] = []
    for copy in copies:
        if copy.text("request") in known:
            notes.append(f"{copy.place}: {copy.text('request')} is on file: left out")
        elif not copy.values:
            notes.append(f"{copy.place}: an empty form: left out")
        else:
            found = tuple(_draft(workspace, copy, history, now))
            problems += (item for item in found if isinstance(item, Problem))
            drafts += (item for item in found if isinstance(item, Draft))
    if problems:
        raise InputError(problems)
    return tuple(drafts), tuple(notes)


def _draft(workspace: Workspace, copy: Copy, history: History, now: dt.datetime) -> Iterator[Draft | Problem]:
    kind: RequestKind | None = copy.values.get("kind")
    computer = workspace.register.computer_by_number.get(copy.text("computer"))
    if kind is None:
        yield _problem(copy, "no box is ticked: 安装, 卸载 or 升级")
    if computer is None:
        hint = suggest(copy.text("computer"), workspace.register.computer_by_number)
        yield _problem(copy, f"there is no computer {copy.text('computer')!r}", hint)
    people = list(_people(workspace, copy))
    if len(people) != 1:
        yield _problem(copy, f"{len(people) or 'no'} people are called {copy.text('applicant')!r} in the department")
    if kind is None or computer is None or len(people) != 1:
        return
    numbers = []
    for place, (name, version) in enumerate(names_of(copy, kind)):
        is_there = kind == "remove" or (kind == "upgrade" and place == 0)
        found = list(_products(workspace, name, version))
        if not found:
            known = {product.label for product in workspace.policy.products}
            yield _problem(copy, f"no software is called {f'{name} {version}'.strip()!r}", suggest(name, known))
            return
        numbers.append(_number(workspace, found[0], computer, history, now, is_there=is_there))
    yield Draft(
        computer=computer.number,
        kind=kind,
        number=numbers[-1],
        # Free software keeps its number in an upgrade (N7).
        old_number=numbers[0] if kind == "upgrade" and numbers[0] != numbers[-1] else "",
        applicant=people[0],
        reason=copy.text("reason"),
        file=str(copy.place),
    )


def _people(workspace: Workspace, copy: Copy) -> Iterator[str]:
    register = workspace.register
    for person in register.people:
        department = register.department_by_id[person.department]
        is_of = copy.text("department") in ("", department.name, *department.formerly)
        if is_of and person.name == copy.text("applicant") and person.left_on is None:
            yield person.id


def _products(workspace: Workspace, name: str, version: str) -> Iterator[Product]:
    """The entries a name and a version mean; free software has none, and forms give its build."""
    for product in workspace.policy.products:
        if product.name == name and (product.type == "free" or product.version == version):
            yield product


def _number(
    workspace: Workspace, product: Product, computer: Computer, history: History, now: dt.datetime, *, is_there: bool
) -> str:
    """The number that is meant: of what is there the one on record, of what comes a lot the computer may use."""
    if is_there:
        held = {holding.number for holding in history.held_on.get(computer.number, {}).values()}
        return next((number for number in product.numbers if number in held), product.numbers[0])
    if product.type != "commercial":
        return product.numbers[0]
    today = workspace.register.organisation.today(now)
    compiled = workspace.compiler.for_computer(computer)
    return next(iter(candidate_lots(compiled, product, on_record="", today=today)), product.numbers[0])


def _problem(copy: Copy, message: str, hint: str = "") -> Problem:
    return Problem(file=str(copy.place), message=message, hint=hint)
