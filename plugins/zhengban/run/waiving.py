# SPDX-License-Identifier: Apache-2.0
"""People set limits aside: urgent removals, and limits raised for some hours. Source: DESIGN 5, DOMAIN I2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.ledger.waivers import CLOSED, RAISED, open_urgent
from zhengban.model.errors import InputError, Problem
from zhengban.model.policy import PACKAGE_MANAGERS
from zhengban.model.waiver import LimitRaise, UrgentRemoval
from zhengban.policy.urgent import names_package

from .author import operator
from .facts import stored_facts
from .people import require_person
from .workspace import Workspace

_ROLES = ("it", "leader")


class UrgentState(msgspec.Struct, frozen=True, kw_only=True):
    """An open urgent removal. ``armed`` are the computers it was armed for, ``left`` those whose last facts still show
    the software, ``unread`` those in use that nobody has facts of; all sorted.
    """

    urgent: UrgentRemoval
    armed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def decide_urgent(
    workspace: Workspace, packages: Sequence[str], *, computers: int, reason: str, approved_by: str, now: dt.datetime
) -> UrgentRemoval:
    """Open an urgent removal: every run from now on carries it out, from whichever front end.

    Args:
        packages: patterns ``manager:name`` of what has to leave.
        computers: how many computers it may reach, those that are away included.
        approved_by: one of ``organisation.approvers.it`` or ``leader``.

    Raises:
        InputError: a pattern, the number or the person is wrong; nothing was written.
        LedgerError: nothing was written.
    """
    problems = [problem for package in packages for problem in _pattern_problems(package)]
    problems += _number_problems(computers)
    _require(problems, reason)
    _require_approver(workspace, approved_by, now)
    urgent = UrgentRemoval(
        id="",
        packages=tuple(dict.fromkeys(packages)),
        computers=computers,
        reason=reason.strip(),
        approved_by=approved_by,
        opened=workspace.register.organisation.today(now),
    )
    return open_urgent(workspace.ledger, urgent, at=now)


def close_urgent(workspace: Workspace, identity: str, *, by: str, reason: str, now: dt.datetime) -> UrgentRemoval:
    """Close an urgent removal: what is armed under it is not carried out any more.

    Raises:
        InputError: it is not open, nobody has the id, or no reason is given.
        LedgerError: nothing was written.
    """
    _require([], reason)
    require_person(workspace.register, by, option="--by", today=workspace.register.organisation.today(now))
    with workspace.ledger.lock_workspace():
        known = workspace.history(now).urgent
        if identity not in known:
            message = f"no urgent removal {identity!r} is open"
            raise InputError([Problem(file="ledger/events", message=message, hint=suggest(identity, known))])
        data = {"id": identity, "by": by, "account": operator(), "reason": reason.strip()}
        workspace.ledger.append_events([(CLOSED, "", "", data)], at=now)
    return known[identity]


def raise_limit(
    workspace: Workspace, computers: int, *, hours: int, reason: str, approved_by: str, now: dt.datetime
) -> LimitRaise:
    """Let as many computers lose software within the policy's window as ``computers`` says, for some hours.

    Raises:
        InputError: the number, the hours, the reason or the person is wrong; nothing was written.
        LedgerError: nothing was written.
    """
    problems = list(_number_problems(computers))
    if not 1 <= hours <= 24 * 31:
        problems.append(Problem(file="--hours", message=f"{hours} hours", hint="from 1 to 744"))
    limits = workspace.policy.baseline.limits
    allowed = limits.computers_allowed(len(workspace.register.in_use))
    if computers <= allowed:
        message = f"{computers} is no more than the policy's limit, {allowed}"
        problems.append(Problem(file="--computers", message=message, hint="baseline.limits.computers_per_run"))
    _require(problems, reason)
    _require_approver(workspace, approved_by, now)
    until = (now + dt.timedelta(hours=hours)).astimezone(dt.UTC).replace(microsecond=0)
    raised = LimitRaise(computers=computers, until=until, reason=reason.strip(), approved_by=approved_by)
    workspace.ledger.append_events([(RAISED, "", "", msgspec.to_builtins(raised))], at=now)
    return raised


def urgent_states(workspace: Workspace, *, now: dt.datetime) -> tuple[UrgentState, ...]:
    """Every open urgent removal by id, with what is left of it as far as stored facts know."""
    history = workspace.history(now)
    left: dict[str, list[str]] = {identity: [] for identity in history.urgent}
    unread: list[str] = []
    # One computer after the other: the facts of all do not fit into memory.
    for computer in workspace.register.in_use if history.urgent else ():
        known = stored_facts(workspace, computer.number)
        if known is None:
            unread.append(computer.number)
            continue
        for identity, urgent in history.urgent.items():
            if any(names_package(urgent, item.manager, item.name) for item in known.packages):
                left[identity].append(computer.number)
    return tuple(
        UrgentState(
            urgent=urgent,
            armed=tuple(sorted({computer for used, computer in history.urgent_uses if used == identity})),
            left=tuple(sorted(left[identity])),
            unread=tuple(sorted(unread)),
        )
        for identity, urgent in sorted(history.urgent.items())
    )


def _pattern_problems(package: str) -> list[Problem]:
    manager, _colon, name = package.partition(":")
    if manager in PACKAGE_MANAGERS and name.strip("*?"):
        return []
    message = f"{package!r} names no package"
    hint = f"write manager:name, such as dpkg:xunlei-thunder; the managers are {', '.join(PACKAGE_MANAGERS)}"
    return [Problem(file="PACKAGE", message=message, hint=hint)]


def _number_problems(computers: int) -> list[Problem]:
    hint = "how many computers it may reach at most, one or more"
    return [] if computers > 0 else [Problem(file="--computers", message=f"{computers} computers", hint=hint)]


def _require(problems: list[Problem], reason: str) -> None:
    if not reason.strip():
        problems = [*problems, Problem(file="--reason", message="is empty", hint="say why; it is kept in the ledger")]
    if problems:
        raise InputError(problems)


def _require_approver(workspace: Workspace, person: str, now: dt.datetime) -> None:
    organisation = workspace.register.organisation
    require_person(workspace.register, person, option="--approved-by", today=organisation.today(now))
    approvers = {one for role in _ROLES for one in organisation.approvers.get(role, ())}
    if person not in approvers:
        message = f"{person} is neither under organisation.approvers.it nor under leader"
        raise InputError([Problem(file="--approved-by", message=message, hint=suggest(person, approvers))])
