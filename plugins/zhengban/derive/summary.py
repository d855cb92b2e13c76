# SPDX-License-Identifier: Apache-2.0
"""The summary (form 7): what the organisation has, and how often it is installed. Source: DOMAIN L6, N3, N5, N8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from zhengban.model.policy import Lot, Policy, Product, SoftwareType, Term
from zhengban.model.record import OnRecord, Standing
from zhengban.model.register import Register

MASKED = "****"
"""Stands for a serial number, of which only the holder of the vault sees more."""

# The form's own order.
_TYPES: tuple[SoftwareType, ...] = ("commercial", "oem", "free")


class PeopleCount(msgspec.Struct, frozen=True, kw_only=True):
    """``total`` have not left; ``using_computers`` of them are the user of a computer in use."""

    total: int
    using_computers: int


class ComputerCount(msgspec.Struct, frozen=True, kw_only=True):
    """Computers that are not scrapped, by kind."""

    servers: int
    desktops: int
    laptops: int


class SummaryRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One software number; what the form shows as 「—」 is absent.

    ``quantity`` None has none to state; ``installed`` is the number of computers that have it on record.
    """

    number: str
    name: str
    version: str = ""
    type: SoftwareType
    purchased_on: dt.date | None = None
    amount: Decimal | None = None
    licence_type: str = ""
    quantity: int | Literal["unlimited"] | None = None
    usable_versions: tuple[str, ...] = ()
    term: Term | Literal["perpetual"] | None = None
    serials: tuple[str, ...] = ()
    installed: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Form 7 of one day; ``software`` is commercial, then OEM, then free, by number each."""

    organisation: str
    as_of: dt.date
    people: PeopleCount
    computers: ComputerCount
    software: tuple[SummaryRow, ...]


def derive_summary(policy: Policy, register: Register, standing: Standing, *, as_of: dt.date) -> Summary:
    """Work out form 7.

    Args:
        standing: what is on record now.
        as_of: the day in the organisation's time zone: who has left, and which lots are disposed of by then.

    Software that is forbidden is in no list, and a lot that was disposed of no more (C7). An OEM licence is installed
    on the computers it came with (C8), and on those that have it on record.
    """
    installed = _count_computers(register, standing)
    rows = sorted(
        (
            row
            for product in policy.products
            if product.state != "forbidden"
            for row in _rows(product, installed, as_of)
        ),
        key=lambda row: (_TYPES.index(row.type), row.number),
    )
    return Summary(
        organisation=register.organisation.name,
        as_of=as_of,
        people=_count_people(register, as_of),
        computers=_count_kinds(register),
        software=tuple(rows),
    )


def _rows(product: Product, installed: Mapping[str, int], as_of: dt.date) -> Iterator[SummaryRow]:
    if product.type == "commercial":
        for lot in product.lots:
            if lot.disposed is None or lot.disposed.on > as_of:
                yield _lot_row(product, lot, installed.get(lot.number, 0))
    elif product.number:
        yield SummaryRow(
            number=product.number,
            name=product.name,
            # Of OEM software the edition's label is all there is to state (N5), of free software not even that (N8).
            version=product.version if product.type == "oem" else "",
            type=product.type,
            installed=installed.get(product.number, 0),
        )


def _lot_row(product: Product, lot: Lot, installed: int) -> SummaryRow:
    # What was given or passed on has no purchase to state (N3).
    is_purchase = lot.acquired == "purchase"
    return SummaryRow(
        number=lot.number,
        name=product.name,
        version=product.version,
        type=product.type,
        purchased_on=lot.purchased_on if is_purchase else None,
        amount=lot.amount if is_purchase else None,
        licence_type=lot.licence_type,
        quantity="unlimited" if lot.quantity is None else lot.quantity,
        usable_versions=lot.usable_versions or (product.version,),
        term=lot.term or "perpetual",
        serials=(MASKED,) * len(lot.serials),
        installed=installed,
    )


def find_holders(packages: Mapping[str, Mapping[str, OnRecord]]) -> set[str]:
    """The computers that have a software number on record, from what is on record of it; what only came with something
    else (quantity 0) is no software by itself.
    """
    return {computer for held in packages.values() for computer, install in held.items() if install.quantity}


def _count_computers(register: Register, standing: Standing) -> Mapping[str, int]:
    holders = {number: find_holders(packages) for number, packages in standing.items()}
    for computer in register.computers:
        for number in computer.oem if computer.status != "scrapped" else ():
            holders.setdefault(number, set()).add(computer.number)
    return {number: len(computers) for number, computers in holders.items()}


def _count_people(register: Register, as_of: dt.date) -> PeopleCount:
    here = {person.id for person in register.people if person.left_on is None or person.left_on > as_of}
    users = {computer.user for computer in register.in_use}
    return PeopleCount(total=len(here), using_computers=len(here & users))


def _count_kinds(register: Register) -> ComputerCount:
    kinds = [computer.kind for computer in register.computers if computer.status != "scrapped"]
    return ComputerCount(servers=kinds.count("server"), desktops=kinds.count("desktop"), laptops=kinds.count("laptop"))
