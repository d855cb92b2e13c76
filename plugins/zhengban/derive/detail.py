# SPDX-License-Identifier: Apache-2.0
"""The detail book (form 8): every computer each person uses, and all software on it. Source: DOMAIN L5, L7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Literal, NamedTuple

import msgspec

from zhengban.model.policy import Policy, SoftwareType, Term
from zhengban.model.record import Holding
from zhengban.model.register import Computer, Register


class DetailRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One software on one computer; a computer with no software on record has a row without ``number``.

    ``version`` is the edition's label of commercial and OEM software, else the version on record. ``type`` is None and
    ``name`` the package where no software of the policy has the number. ``installed_on`` is None of what came with the
    computer.
    """

    department: str = ""
    person: str = ""
    computer: str
    brand: str = ""
    number: str = ""
    name: str = ""
    version: str = ""
    term: Term | Literal["perpetual"] | None = None
    type: SoftwareType | None = None
    installed_on: dt.date | None = None


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """Form 8 of one day; ``installs`` by department, person, computer and number.

    Departments and people by id: one order whatever they are called. Computers without a user come last.
    """

    organisation: str
    as_of: dt.date
    installs: tuple[DetailRow, ...]


class _Software(NamedTuple):
    """What a software number stands for; ``version`` empty: the one on record."""

    name: str
    version: str
    term: Term | Literal["perpetual"] | None
    type: SoftwareType


def derive_detail(
    policy: Policy, register: Register, held: Mapping[str, Mapping[str, Holding]], *, as_of: dt.date
) -> Detail:
    """Work out form 8 of the computers in use.

    Args:
        held: what is on record now, by computer, then package; what only came with something else (quantity 0) is no
            software by itself.
        as_of: the day in the organisation's time zone.
    """
    software = _list_software(policy)
    rows: list[DetailRow] = []
    for used in sorted(register.in_use, key=lambda used: _order(register, used)):
        rows += _rows(register, used, held.get(used.number, {}), software)
    return Detail(organisation=register.organisation.name, as_of=as_of, installs=tuple(rows))


def _order(register: Register, computer: Computer) -> tuple[bool, str, str, str]:
    person = register.person_by_id.get(computer.user)
    return (person is None, person.department if person else "", computer.user, computer.number)


def _rows(
    register: Register,
    computer: Computer,
    held: Mapping[str, Holding],
    software: Mapping[str, _Software],
) -> Iterator[DetailRow]:
    person, department = register.person_by_id.get(computer.user), register.department_of(computer)
    who, where = person.name if person else "", department.name if department else ""
    found: list[tuple[str, str, Holding | None]] = [
        (holding.number, package, holding) for package, holding in held.items() if holding.quantity
    ]
    on_record = {number for number, _package, _holding in found}
    found += [(number, "", None) for number in computer.oem if number not in on_record]
    if not found:
        yield DetailRow(department=where, person=who, computer=computer.number, brand=computer.brand)
    before = ""
    for number, package, holding in sorted(found, key=itemgetter(0, 1)):
        known = software.get(number)
        # Of several packages of one software the first by name speaks for it; where no software of the policy has the
        # number, each package is software by itself.
        if known is None or number != before:
            yield DetailRow(
                department=where,
                person=who,
                computer=computer.number,
                brand=computer.brand,
                number=number,
                name=known.name if known else package,
                version=(known.version if known else "") or (holding.version if holding else ""),
                term=known.term if known else None,
                type=known.type if known else None,
                installed_on=holding.date if holding else None,
            )
        before = number


def _list_software(policy: Policy) -> dict[str, _Software]:
    listed: dict[str, _Software] = {}
    for product in policy.products:
        if product.type == "commercial":
            for lot in product.lots:
                listed[lot.number] = _Software(product.name, product.version, lot.term or "perpetual", product.type)
        elif product.number:
            # Free software has no label: one number for every version (N7).
            version = product.version if product.type == "oem" else ""
            listed[product.number] = _Software(product.name, version, None, product.type)
    return listed
