# SPDX-License-Identifier: Apache-2.0
"""The forms about software: 3 to 9. Source: DOMAIN 3, N1-N8, L1-L7, C1-C3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from zhengban.derive.detail import Detail
from zhengban.derive.statistics import Statistics, StatisticsRow
from zhengban.derive.summary import Summary, SummaryRow
from zhengban.model.policy import Policy, Product
from zhengban.model.record import Record
from zhengban.model.register import Register

from .office import head
from .page import Page, Row

_LISTED = ("required", "allowed")


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """A row of form 3."""

    category: str
    purpose: str
    functions: str = ""
    quantity: int
    note: str = ""


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A row of form 4; the price is of one licence, in yuan."""

    name: str
    version: str = ""
    price: Decimal
    quantity: int
    note: str = ""


def needs_page(*, department: str | None, as_of: dt.date | None, needs: Iterable[Need] = ()) -> Page:
    """Form 3: what a department needs; without needs the form to fill in."""
    rows = [msgspec.structs.asdict(need) for need in needs]
    fields = {"department": department, "filled_on": as_of}
    return Page(sheet=department or "需求申请", fields=fields, tables={"needs": rows})


def purchases_page(*, as_of: dt.date | None, purchases: Iterable[Purchase] = ()) -> Page:
    """Form 4: what is to be bought and what it comes to; without purchases the form to fill in."""
    rows: list[Row] = []
    total, seats = Decimal(0), 0
    for item in purchases:
        amount = item.price * item.quantity
        rows.append(msgspec.structs.asdict(item) | {"amount": amount})
        total, seats = total + amount, seats + item.quantity
    fields: dict[str, object] = {"filled_on": as_of, "total_index": (len(rows) or 5) + 1}
    if rows:
        fields |= {"total_quantity": seats, "total_amount": total}
    return Page(sheet="采购计划", fields=fields, tables={"purchases": rows})


def statistics_page(register: Register, summary: Summary, statistics: Statistics) -> Page:
    """Form 5: the year's statistics."""
    place = register.department_by_id.get(register.organisation.responsible_department)
    person = register.person_by_id.get(place.head) if place else None
    kinds = summary.computers
    fields = {
        **head(register, summary.as_of),
        "department": place.name if place else None,
        "head": person.name if person else None,
        "head_phone": (person.phone or None) if person else None,
        "people_total": summary.people.total,
        "people_using": summary.people.using_computers,
        "servers": kinds.servers,
        "desktops": kinds.desktops,
        "laptops": kinds.laptops,
        "computers": kinds.servers + kinds.desktops + kinds.laptops,
    }
    tables = {
        "bought": [_statistics_row(row) for row in statistics.bought],
        "owned": [_statistics_row(row) for row in statistics.owned],
    }
    return Page(sheet="信息统计", fields=fields, tables=tables)


def _statistics_row(row: StatisticsRow) -> Row:
    sums = {**row.by_category, "all": row.total}
    shown: dict[str, object] = {"made_in": row.made_in}
    for name, item in sums.items():
        shown |= {f"{name}_quantity": item.quantity, f"{name}_amount": item.amount}
    return shown


def free_page(policy: Policy, register: Register, *, as_of: dt.date) -> Page:
    """Form 6: the free software that may be used, by number; what is retired or forbidden may not."""
    products = sorted(
        (product for product in policy.products if product.type == "free" and product.state in _LISTED),
        key=lambda product: product.number,
    )
    rows = [_free_row(product, register) for product in products]
    return Page(sheet="免费软件清单", fields=head(register, as_of), tables={"free": rows})


def _free_row(product: Product, register: Register) -> Row:
    names = (register.department_by_id[place].name for place in product.scope.departments)
    return {
        "number": product.number,
        "name": product.name,
        "listed_versions": product.listed_versions,
        "source": product.source,
        "vendor": product.vendor,
        "vendor_contact": product.vendor_contact,
        "departments": tuple(names),
        "reason": product.reason,
    }


def summary_page(register: Register, summary: Summary, *, serials: Mapping[str, tuple[str, ...]] | None) -> Page:
    """Form 7.

    Args:
        serials: by software number, to be shown; None shows them masked.
    """
    fields = {
        **head(register, summary.as_of),
        "people_total": summary.people.total,
        "people_using": summary.people.using_computers,
        "servers": summary.computers.servers,
        "desktops": summary.computers.desktops,
        "laptops": summary.computers.laptops,
    }
    rows = (_summary_row(row, serials) for row in summary.software)
    return Page(sheet="汇总表", fields=fields, tables={"software": rows})


def _summary_row(row: SummaryRow, serials: Mapping[str, tuple[str, ...]] | None) -> Row:
    shown: dict[str, Any] = msgspec.structs.asdict(row)
    shown["quantity"] = row.quantity if row.type == "commercial" else "none"
    if serials is not None:
        shown["serials"] = serials.get(row.number, ())
    return shown


def detail_page(register: Register, detail: Detail, *, department: str | None = None) -> Page:
    """Form 8, or the part of one department, by its name."""
    rows = (msgspec.structs.asdict(row) for row in detail.installs if department in (None, row.department))
    return Page(sheet=department or "明细表", fields=head(register, detail.as_of), tables={"installs": rows})


def book_pages(
    policy: Policy, register: Register, books: Iterable[tuple[str, Iterable[Record]]], *, as_of: dt.date
) -> Iterator[Page]:
    """Form 9: one for each software number.

    Args:
        books: (number, its records in the order of the book), shown by day and computer. What only came with something
            else is no install.
    """
    fields = {key: value for key, value in head(register, as_of).items() if key != "filled_on"}
    for number, records in books:
        # A computer's records of one day stay as they were written: an upgrade removes before it installs.
        in_order = sorted(
            (record for record in records if record.quantity), key=lambda item: (item.date, item.computer)
        )
        rows = map(_record_row, in_order)
        yield Page(sheet=number, fields=fields, tables={"software": [_software_row(policy, number)], "records": rows})


def _software_row(policy: Policy, number: str) -> Row:
    product = policy.product_by_number.get(number)
    if product is None:
        return {"number": number}
    row: dict[str, object] = {"number": number, "name": product.name, "type": product.type}
    if product.type == "free":
        return row
    row["version"] = product.version
    lot = policy.lot_by_number.get(number)
    if lot is not None:
        row |= {
            "quantity": "unlimited" if lot.quantity is None else lot.quantity,
            "usable_versions": lot.usable_versions or (product.version,),
            "term": lot.term or "perpetual",
        }
    return row


def _record_row(record: Record) -> Row:
    action: str = record.action
    if action == "correct":
        # What is true from then on: a version is there, or nothing is.
        action = "install" if record.version else "uninstall"
    return {
        "action": action,
        "computer": record.computer,
        "brand": record.brand,
        "user": record.user,
        "department": record.department,
        "version": record.version,
        "date": record.date,
        "quantity": record.quantity,
    }
