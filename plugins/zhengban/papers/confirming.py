# SPDX-License-Identifier: Apache-2.0
"""Signing for changes: which wait for it, and form 11 as an entry of the ledger. Source: DESIGN 6, DOMAIN I3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from zhengban.approval.changes import needs_signature
from zhengban.approval.people import absence, object_to_maintainer, object_to_user, users_of
from zhengban.documents.suggestion import suggest
from zhengban.ledger.confirmations import append_confirmations
from zhengban.model.confirmation import ChangeMade, Confirmation
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.model.policy import Policy
from zhengban.model.request import RequestKind, Software
from zhengban.run.author import operator
from zhengban.run.people import find_department, unknown_people
from zhengban.run.workspace import Workspace

from .sheets import Sheet, find_batch, note_batch


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


Signed = tuple[Page, str | None]
"""A page that was signed, and why the change is not done in its user's words; None: it is."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed for, and the changes that were not, each with the reason."""

    confirmations: tuple[Confirmation, ...]
    left: tuple[tuple[Page, str], ...] = ()


def waiting_pages(workspace: Workspace, *, now: dt.datetime, department: str | None = None) -> tuple[Page, ...]:
    """The changes that wait for signatures, by department, then computer, oldest first.

    Args:
        department: only of this one: its id, its name or one it had.

    Raises:
        InputError: there is no such department.
    """
    place = None if department is None else find_department(workspace.register, department)
    names = None if place is None else (place.name, *place.formerly)
    changes = _waiting(workspace, now)
    pages = (_page(workspace, change, now) for change in changes)
    return tuple(
        sorted(
            (page for page in pages if names is None or page.department in names),
            # Sheets are handed out by department; the records last, so that the order is whole.
            key=lambda page: (page.department, page.computer, page.date, page.records),
        )
    )


def _waiting(workspace: Workspace, now: dt.datetime) -> tuple[ChangeMade, ...]:
    by_computer = workspace.history(now).unconfirmed
    return tuple(
        change
        for computer in sorted(by_computer)
        for change in by_computer[computer]
        if needs_signature(change, workspace.policy)
    )


def _page(workspace: Workspace, change: ChangeMade, now: dt.datetime) -> Page:
    today = workspace.register.organisation.today(now)
    register = workspace.register
    user = next((person for person in users_of(register, change) if not absence(register, person, today)), "")
    before, after = software_of(change, workspace.policy)
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


def software_of(change: ChangeMade, policy: Policy) -> tuple[Software | None, Software | None]:
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


def confirm(
    workspace: Workspace,
    named: Iterable[str],
    *,
    user: str,
    maintainer: str,
    reference: str,
    not_done: str | None,
    now: dt.datetime,
) -> tuple[Confirmation, ...]:
    """Write down what a user and a maintainer signed for.

    Args:
        named: runs, a computer's part of a run (``<run>/<computer>``) or records, as ``zhengban ledger show`` has them.
            Of a run only the changes on this user's computers are meant.
        not_done: why the change is not done, in the user's words; None: it is.

    Raises:
        InputError: a name that no waiting change has, or a person nobody knows; nothing was written.
        Refused: somebody who cannot sign; nothing was written.
    """
    today = workspace.register.organisation.today(now)
    if problems := unknown_people(workspace.register, {"--user": user, "--maintainer": maintainer}):
        raise InputError(problems)
    if not_done is not None and not not_done.strip():
        raise InputError([Problem(file="--not-done", message="the reason is missing", hint="say what is not done")])
    changes = _named(workspace, tuple(named), user=user, now=now)
    reasons = [object_to_maintainer(workspace.register, maintainer, today)]
    reasons += [object_to_user(workspace.register, change, user, today) for change in changes]
    if user == maintainer:
        reasons.append(f"{user} cannot sign for both sides")
    if any(reasons):
        raise Refused(dict.fromkeys(filter(None, reasons)))
    pages = (msgspec.structs.replace(_page(workspace, change, now), user=user) for change in changes)
    signed = ((page, not_done) for page in pages)
    return _write(workspace, signed, maintainer=maintainer, reference=reference, now=now)


def confirm_each(
    workspace: Workspace, signed: Iterable[Signed], *, maintainer: str, reference: str, now: dt.datetime
) -> tuple[Confirmation, ...]:
    """Write down what the user of each page and the maintainer signed for.

    Args:
        signed: waiting pages with a user.

    Raises:
        InputError, Refused: as :func:`confirm`; nothing was written.
    """
    today = workspace.register.organisation.today(now)
    if problems := unknown_people(workspace.register, {"--maintainer": maintainer}):
        raise InputError(problems)
    signed = tuple(signed)
    reasons = [object_to_maintainer(workspace.register, maintainer, today)]
    reasons += [f"{page.user} cannot sign for both sides" for page, _why in signed if page.user == maintainer]
    if any(reasons):
        raise Refused(dict.fromkeys(filter(None, reasons)))
    return _write(workspace, signed, maintainer=maintainer, reference=reference, now=now)


def print_pages(
    workspace: Workspace, *, now: dt.datetime, department: str | None = None
) -> tuple[str, tuple[Page, ...]]:
    """The waiting pages, and the mark their batch is noted under in the ledger; without pages none.

    Raises:
        InputError: as :func:`waiting_pages`.
    """
    pages = waiting_pages(workspace, now=now, department=department)
    sheets = (Sheet(records=page.records, user=page.user) for page in pages)
    return note_batch(workspace, sheets, now=now) if pages else "", pages


def confirm_pages(workspace: Workspace, *, mark: str, maintainer: str, reference: str, now: dt.datetime) -> Recorded:
    """Write down that the sheets of a batch that still wait were signed, under the scan's reference.

    What nobody can sign for, or only the maintainer himself, what its user said is not done, and what another person
    would sign for than the sheet names, stays as it is and is named.

    Raises:
        InputError, Refused: as :func:`confirm`; nothing was written.
    """
    today = workspace.register.organisation.today(now)
    if problems := unknown_people(workspace.register, {"--maintainer": maintainer}):
        raise InputError(problems)
    if objection := object_to_maintainer(workspace.register, maintainer, today):
        raise Refused([objection])
    if not reference.strip():
        message = "the signed sheets are somewhere"
        raise InputError([Problem(file="--reference", message=message, hint="name the scan or the folder")])
    left: list[tuple[Page, str]] = []
    signed: list[Signed] = []
    printed = find_batch(workspace, mark)
    for page in waiting_pages(workspace, now=now):
        sheet = printed.get(page.records)
        if sheet is None:
            continue
        if why := _why_left(page, sheet, maintainer):
            left.append((page, why))
        else:
            signed.append((page, None))
    written = confirm_each(workspace, signed, maintainer=maintainer, reference=reference, now=now)
    return Recorded(confirmations=written, left=tuple(left))


def _why_left(page: Page, sheet: Sheet, maintainer: str) -> str:
    """Why a scan of all sheets does not sign for one of them; empty when it does."""
    if page.objection:
        return f"its user said it is not done ({page.objection}): sign for it by itself"
    if not page.user:
        return "nobody is there to sign as its user"
    if page.user == maintainer:
        return "the maintainer is its user"
    if page.user != sheet.user:
        return f"its sheet names {sheet.user or 'nobody'}, and {page.user} signs for it now: print it again"
    return ""


def _named(workspace: Workspace, names: tuple[str, ...], *, user: str, now: dt.datetime) -> tuple[ChangeMade, ...]:
    """The waiting changes that runs or records name, each once."""
    waiting = _waiting(workspace, now)
    found: dict[tuple[str, ...], ChangeMade] = {}
    problems: list[Problem] = []
    for name in names:
        of_name = [change for change in waiting if _is_named(change, name)]
        if name in {change.run for change in waiting}:
            of_name = [change for change in of_name if user in users_of(workspace.register, change)]
            whose = f" on a computer of {user}"
        else:
            whose = ""
        if not of_name:
            known = (text for change in waiting for text in (change.run, *change.records))
            message = f"no change of {name!r}{whose} waits for signatures"
            problems.append(Problem(file="confirm", message=message, hint=suggest(name, known)))
        found |= {change.records: change for change in of_name}
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def _is_named(change: ChangeMade, name: str) -> bool:
    return name in (change.run, f"{change.run}/{change.computer}", *change.records)


def _write(
    workspace: Workspace, signed: Iterable[Signed], *, maintainer: str, reference: str, now: dt.datetime
) -> tuple[Confirmation, ...]:
    people, today = workspace.register.person_by_id, workspace.register.organisation.today(now)
    entries = (
        Confirmation(
            seq=0,
            prev="",
            at=now.astimezone(dt.UTC).replace(microsecond=0),
            id="",
            records=page.records,
            computer=page.computer,
            brand=page.brand,
            department=page.department,
            kind=page.kind,
            before=page.before,
            after=page.after,
            user=page.user,
            user_name=people[page.user].name,
            maintainer=maintainer,
            maintainer_name=people[maintainer].name,
            date=today,
            done=not_done is None,
            reason=(not_done or "").strip(),
            reference=reference.strip(),
            account=operator(),
        )
        for page, not_done in signed
    )
    return append_confirmations(workspace.ledger, entries, day=today, at=now)
