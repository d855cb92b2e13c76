# SPDX-License-Identifier: Apache-2.0
"""Findings about a computer itself: who it is, who uses it, whether it could be read.

Source: DESIGN 4, DOMAIN C8, C9, D7, L5, S6.
"""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterator

from zhengban.host import match
from zhengban.model.facts import Facts, moment_of
from zhengban.model.finding import Finding
from zhengban.model.policy import Product
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

IDENTITY_PARTS = ("serial_number", "machine_id")


def judge_computer(compiled: CompiledPolicy, computer: Computer, facts: Facts, *, today: dt.date) -> Iterator[Finding]:
    """What is wrong about the computer, whatever is installed on it."""
    yield from _identity(computer, facts)
    yield from _user(compiled, computer, today)
    yield from _preinstalled(compiled, computer, facts)
    yield from _unread_managers(computer, facts)
    yield from _to_come(compiled, computer, facts, today)
    if computer.status == "scrapped":
        yield Finding(
            code="scrapped_in_use",
            computer=computer.number,
            clauses=("C9",),
            message=f"the register says it is scrapped, and it answered on {facts.collected_at[:10]}",
            remedy="correct its status, or find out who uses it; facts from before it was scrapped can be deleted",
        )


def unread_computer(computer: Computer) -> Finding:
    """The finding of a computer that could not be asked."""
    return Finding(
        code="unread",
        computer=computer.number,
        clauses=("S6",),
        message="the computer could not be read",
        remedy="make it reachable and collect its facts",
    )


def answers_for(computer: Computer, facts: Facts) -> bool:
    """Whether the machine that answered is the one in the register: every field the register knows must match."""
    return not any(True for _difference in identity_differences(computer, facts))


def identity_differences(computer: Computer, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """(part, what the register says, what was answered) of every part of the identity that differs."""
    for part in IDENTITY_PARTS:
        expected, answered = getattr(computer.identity, part), getattr(facts.identity, part)
        if expected and expected != answered:
            yield part, expected, answered


def _identity(computer: Computer, facts: Facts) -> Iterator[Finding]:
    if not computer.is_adopted:
        yield Finding(
            code="not_adopted",
            computer=computer.number,
            clauses=("L5",),
            message="the register holds no identity of this computer, so it is only audited",
            remedy=f"adopt it: zhengban ledger adopt {shlex.quote(computer.number)}",
        )
        return
    for part, expected, answered in identity_differences(computer, facts):
        yield Finding(
            code="identity_mismatch",
            computer=computer.number,
            clauses=("L5",),
            message=f"the host answers with {part} {answered!r}, the register says {expected!r}",
            remedy="find out which machine this is; no action is taken on it until the register is right",
        )


def _user(compiled: CompiledPolicy, computer: Computer, today: dt.date) -> Iterator[Finding]:
    """A pledge binds the person who uses the computer now: nobody is bound by that of somebody who has left."""
    person = compiled.register.person_by_id.get(computer.user)
    if person is None or computer.status != "in_use":
        return
    if person.left_on is not None and person.left_on <= today:
        yield Finding(
            code="no_pledge",
            computer=computer.number,
            clauses=("D7", "L5"),
            message=f"its user {person.id} {person.name} left on {person.left_on}, so nobody's pledge covers it",
            remedy="give it to a person in the register, or make it a spare (inventories/register/computers.yml)",
        )
    elif person.pledge is None:
        yield Finding(
            code="no_pledge",
            computer=computer.number,
            clauses=("D7",),
            message=f"no pledge of its user {person.id} {person.name} is on file",
            remedy="have the pledge (form 2) signed and enter its day (inventories/register/people.yml)",
        )


def _preinstalled(compiled: CompiledPolicy, computer: Computer, facts: Facts) -> Iterator[Finding]:
    """The operating system a computer was bought with has to be the one that runs."""
    for number in computer.oem:
        product = compiled.policy.product_by_number.get(number)
        if product is None:
            message, remedy = f"came with {number}, which no entry of the software lists has", "list it, or correct oem"
        elif product.category == "os" and not _runs(product, facts):
            running = f"{facts.platform.name or facts.platform.id} {facts.platform.version}".rstrip()
            message = f"came with {product.label} and runs {running}"
            remedy = "install the licensed operating system, or correct oem (inventories/register/computers.yml)"
        else:
            continue
        yield Finding(
            code="oem_mismatch",
            computer=computer.number,
            package=f"platform:{facts.platform.id}:",
            version=facts.platform.version,
            number=number,
            clauses=("C8",),
            **({"place": product.place} if product else {}),
            message=message,
            remedy=remedy,
        )


def _runs(product: Product, facts: Facts) -> bool:
    """Whether the platform is one of the product's; a product that does not say what it is on a host may be any."""
    selectors = [selector for selector in product.packages if selector.manager == "platform"]
    return not selectors or any(
        match.name_matches(selector.name, facts.platform.id)
        and not match.misfit("platform", selector.versions, "", "", facts.platform.version, None)
        for selector in selectors
    )


def _to_come(compiled: CompiledPolicy, computer: Computer, facts: Facts, today: dt.date) -> Iterator[Finding]:
    """What a wrong clock or another hand dated ahead says nothing about today."""
    moment = moment_of(facts.collected_at)
    if moment is not None and compiled.register.organisation.today(moment) > today:
        yield Finding(
            code="unread",
            computer=computer.number,
            clauses=("S6",),
            message=f"its facts are of {facts.collected_at}, which is still to come",
            remedy="set the computer's clock and collect its facts again",
        )


def _unread_managers(computer: Computer, facts: Facts) -> Iterator[Finding]:
    if not facts.managers:
        yield Finding(
            code="unread",
            computer=computer.number,
            clauses=("S6",),
            message="no package manager was found on the computer",
            remedy="what is installed there is unknown; look at it by hand",
        )
    for manager, state in sorted(facts.managers.items()):
        if not state.read:
            yield Finding(
                code="unread",
                computer=computer.number,
                package=manager,
                clauses=("S6",),
                message=f"{manager} is on the computer and could not be read: {state.why}",
                remedy="repair it and collect the facts again; what it holds counts as unknown",
            )
