# SPDX-License-Identifier: Apache-2.0
"""The forms about software: 3 to 9. Source: DOMAIN 3, N1-N8, L1-L7, C1-C3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from zhengban.derive.detail import Detail
from zhengban.derive.statistics import Statistics, StatisticsRow
from zhengban.derive.summary import Summary, SummaryRow
from zhengban.model.paper import PLAN_ROLES, Need, Paper, PurchasePlan
from zhengban.model.policy import Policy, Product
from zhengban.model.record import Record
from zhengban.model.register import Register

from .office import head
from .page import Page, Row

_LISTED = ("required", "allowed")


def needs_page(paper: Paper | None, register: Register, *, department: str | None = None) -> Page:
    """Form 3: what a department needs, and who approved it when; without a need the form to fill in."""
    if paper is None:
        return Page(sheet=department or "需求申请", fields={"department": department}, tables={"needs": []})
    need = paper.content
    assert isinstance(need, Need)
    rows = [msgspec.structs.asdict(row) for row in need.rows]
    fields = {"department": need.department_name, **_head(paper, register)}
    return Page(sheet=need.department_name, fields=fields, tables={"needs": rows})


def purchases_page(paper: Paper | None, register: Register) -> Page:
    """Form 4: what is to be bought and comes to, and who approved it when; without a plan the form to fill in."""
    if paper is None:
        return Page(sheet="采购计划", fields={"total_index": 6}, tables={"purchases": []})
    plan = paper.content
    assert isinstance(plan, PurchasePlan)
    rows = [msgspec.structs.asdict(row) | {"amount": row.price * row.quantity} for row in plan.rows]
    fields = {
        **_head(paper, register),
        "total_index": len(rows) + 1,
        "total_quantity": sum(row.quantity for row in plan.rows),
        "total_amount": plan.amount,
    }
    return Page(sheet=paper.id, fields=fields, tables={"purchases": rows})


def _head(paper: Paper, register: Register) -> Row:
    """Who handed a paper in, and the approvals that count."""
    content = paper.content
    fields: dict[str, object] = {
        "handled_by": content.handled_by_name,
        "phone": content.phone or None,
        "filled_on": paper.date,
    }
    for role in PLAN_ROLES:
        if (entry := paper.approver(role)) is not None:
            person = register.person_by_id.get(entry.by)
            fields |= {f"{role}_by": person.name if person else entry.by, f"{role}_on": entry.date}
    return fields


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
