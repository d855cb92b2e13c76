# SPDX-License-Identifier: Apache-2.0
"""Which changes wait for signatures, and who signs for each. Source: DESIGN 6, DOMAIN I3."""

from __future__ import annotations

import datetime as dt

import msgspec

from zhengban.approval.changes import needs_signature
from zhengban.approval.people import absence, users_of
from zhengban.documents.suggestion import suggest
from zhengban.model.confirmation import ChangeMade
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import Policy
from zhengban.model.request import RequestKind, Software
from zhengban.run.people import find_department
from zhengban.run.workspace import Workspace

_SHOWN = 5


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A form 11 to be signed: a change that waits for it, and who signs as the computer's user.

    ``records`` are the ids of the change's records, ``department`` the name it had then, ``user`` empty where nobody
    can sign, ``objection`` what the user said is not done.
    """

    department: str
    computer: str
    brand: str
    user: str
    user_name: str
    kind: RequestKind
    before: Software | None
    after: Software | None
    date: dt.date
    records: tuple[str, ...]
    objection: str = ""


def waiting_pages(workspace: Workspace, *, now: dt.datetime, department: str | None = None) -> tuple[Page, ...]:
    """The changes that wait for signatures, by department, then computer, oldest first.

    Args:
        department: only of this one: its id, its name or one it had.

    Raises:
        InputError: there is no such department.
    """
    place = None if department is None else find_department(workspace.register, department)
    names = None if place is None else (place.name, *place.formerly)
    changes = _changes(workspace, now)
    pages = (page_of(workspace, change, now) for change in changes)
    return tuple(
        sorted(
            (page for page in pages if names is None or page.department in names),
            # Sheets are handed out by department; the records last, so that the order is whole.
            key=lambda page: (page.department, page.computer, page.date, page.records),
        )
    )


def _changes(workspace: Workspace, now: dt.datetime) -> tuple[ChangeMade, ...]:
    by_computer = workspace.history(now).unconfirmed
    return tuple(
        change
        for computer in sorted(by_computer)
        for change in by_computer[computer]
        if needs_signature(change, workspace.policy)
    )


def page_of(workspace: Workspace, change: ChangeMade, now: dt.datetime) -> Page:
    """The form for a change; its user is whoever can sign today."""
    today = workspace.register.organisation.today(now)
    register = workspace.register
    user = next((person for person in users_of(register, change) if not absence(register, person, today)), "")
    before, after = _before_and_after(change, workspace.policy)
    return Page(
        department=change.department,
        computer=change.computer,
        brand=change.brand,
        user=user,
        user_name=register.person_by_id[user].name if user else "",
        kind=change.kind,
        before=before,
        after=after,
        date=change.date,
        records=change.records,
        objection=change.objection,
    )


def _before_and_after(change: ChangeMade, policy: Policy) -> tuple[Software | None, Software | None]:
    """What left and what came in a change, as form 11 names it: the product, or the package where it is none."""
    came = _software(policy, change.number, change.package, change.version)
    if change.kind == "remove":
        return came, None
    if change.kind == "install":
        return None, came
    return _software(policy, change.old_number, change.old_package, change.old_version), came


def _software(policy: Policy, number: str, package: str, version: str) -> Software:
    product = policy.product_by_number.get(number)
    if product is None:
        return Software(number=number, name=package, version=version)
    return Software(number=number, name=product.name, version=product.version or version)


def find_named(workspace: Workspace, names: tuple[str, ...], *, user: str, now: dt.datetime) -> tuple[ChangeMade, ...]:
    """The waiting changes that runs or records name, each once.

    Args:
        user: of a run only the changes on this user's computers are meant.

    Raises:
        InputError: a name that no waiting change has.
    """
    waiting = _changes(workspace, now)
    found: dict[tuple[str, ...], ChangeMade] = {}
    problems: list[Problem] = []
    for name in names:
        of_name = [change for change in waiting if _is_named(change, name)]
        if name in {change.run for change in waiting}:
            of_name = [change for change in of_name if user in users_of(workspace.register, change)]
            whose = f" on a computer of {user}"
        else:
            whose = ""
        signed = () if of_name or whose else _signed_as(workspace, name)
        if signed:
            more = f" and {len(signed) - _SHOWN} more" if len(signed) > _SHOWN else ""
            message = f"{name!r} is signed for already: {', '.join(signed[:_SHOWN])}{more}"
            problems.append(Problem(file="confirm", message=message))
        elif not of_name:
            known = (text for change in waiting for text in (change.run, *change.records))
            message = f"no change of {name!r}{whose} waits for signatures"
            problems.append(Problem(file="confirm", message=message, hint=suggest(name, known)))
        found |= {change.records: change for change in of_name}
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def _signed_as(workspace: Workspace, name: str) -> tuple[str, ...]:
    """The ids of the signed forms about a record or a run."""
    return tuple(
        item.id
        for item in workspace.ledger.confirmations()
        if any(record == name or record.startswith(f"{name}/") for record in item.records)
    )


def _is_named(change: ChangeMade, name: str) -> bool:
    return name in (change.run, f"{change.run}/{change.computer}", *change.records)
