# SPDX-License-Identifier: Apache-2.0
"""The detail book (form 8): every computer each person uses, and all software on it. Source: DOMAIN L5, L7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from operator import attrgetter
from typing import Literal, NamedTuple

import msgspec

from zhengban.model.policy import Policy, SoftwareType, Term
from zhengban.model.record import OnRecord, Standing
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
    type: SoftwareType | None


_UNKNOWN = _Software("", "", None, None)
"""Where no software of the policy has the number."""


def derive_detail(policy: Policy, register: Register, standing: Standing, *, as_of: dt.date) -> Detail:
    """Work out form 8 of the computers in use.

    Args:
        standing: what is on record now; what only came with something else (quantity 0) is no software by itself.
        as_of: the day in the organisation's time zone.
    """
    software = _list_software(policy)
    in_use = sorted(register.in_use, key=lambda computer: _order(register, computer))
    desks = {computer.number: _Desk.of(register, computer) for computer in in_use}
    # By number and package, so that each desk's rows come in their order.
    for number, packages in sorted(standing.items()):
        _put_down(number, packages, desks, software.get(number, _UNKNOWN))
    for computer in in_use:
        _add_preinstalled(computer, desks[computer.number], software)
    rows = tuple(row for desk in desks.values() for row in desk.rows)
    return Detail(organisation=register.organisation.name, as_of=as_of, installs=rows)


def _order(register: Register, computer: Computer) -> tuple[bool, str, str, str]:
    person = register.person_by_id.get(computer.user)
    return (person is None, person.department if person else "", computer.user, computer.number)


class _Desk(NamedTuple):
    """A computer in use as the form has it, and its rows so far."""

    department: str
    person: str
    brand: str
    rows: list[DetailRow]

    @classmethod
    def of(cls, register: Register, computer: Computer) -> _Desk:
        person, department = register.person_by_id.get(computer.user), register.department_of(computer)
        return cls(department.name if department else "", person.name if person else "", computer.brand, [])


def _put_down(
    number: str,
    packages: Mapping[str, Mapping[str, OnRecord]],
    desks: Mapping[str, _Desk],
    known: _Software,
) -> None:
    """Add the rows of one software number."""
    # Of several packages of one software the first by name speaks for it; where no software of the policy has the
    # number, each package is software by itself.
    there: set[str] | None = set() if len(packages) > 1 and known is not _UNKNOWN else None
    for package, held in sorted(packages.items()):
        name = known.name or package
        for computer, install, desk in zip(held, held.values(), map(desks.get, held), strict=True):
            if desk is None or not install.quantity:
                continue
            if there is not None:
                if computer in there:
                    continue
                there.add(computer)
            department, person, brand, rows = desk
            rows.append(
                DetailRow(
                    department=department,
                    person=person,
                    computer=computer,
                    brand=brand,
                    number=number,
                    name=name,
                    version=known.version or install.version,
                    term=known.term,
                    type=known.type,
                    installed_on=install.date,
                )
            )


def _add_preinstalled(computer: Computer, desk: _Desk, software: Mapping[str, _Software]) -> None:
    """Add what came with a computer and is not on record on it; the row without a number where there is nothing."""
    on_record = {row.number for row in desk.rows}
    missing = [number for number in dict.fromkeys(computer.oem) if number not in on_record]
    for number in missing or ([] if desk.rows else [""]):
        known = software.get(number, _UNKNOWN)
        desk.rows.append(
            DetailRow(
                department=desk.department,
                person=desk.person,
                computer=computer.number,
                brand=desk.brand,
                number=number,
                name=known.name,
                version=known.version,
                term=known.term,
                type=known.type,
            )
        )
    if missing:
        desk.rows.sort(key=attrgetter("number"))


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
