# SPDX-License-Identifier: Apache-2.0
"""Signing for changes that wait for it: form 11 as an entry of the ledger. Source: DESIGN 6, DOMAIN I3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from zhengban.approval.people import object_to_maintainer, object_to_user
from zhengban.ledger.confirmations import append_confirmations
from zhengban.model.confirmation import Confirmation
from zhengban.model.errors import InputError, Problem, Refused
from zhengban.run.author import operator
from zhengban.run.people import unknown_people
from zhengban.run.workspace import Workspace

from .sheets import Sheet, find_batch, note_batch
from .waiting import Page, find_named, page_of, waiting_pages

Signed = tuple[Page, str | None]
"""A page that was signed, and why the change is not done in its user's words; None: it is."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed for, and the changes that were not, each with the reason."""

    confirmations: tuple[Confirmation, ...]
    left: tuple[tuple[Page, str], ...] = ()


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
    changes = find_named(workspace, tuple(named), user=user, now=now)
    reasons = [object_to_maintainer(workspace.register, maintainer, today)]
    reasons += [object_to_user(workspace.register, change, user, today) for change in changes]
    if user == maintainer:
        reasons.append(f"{user} cannot sign for both sides")
    if any(reasons):
        raise Refused(dict.fromkeys(filter(None, reasons)))
    pages = (msgspec.structs.replace(page_of(workspace, change, now), user=user) for change in changes)
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
