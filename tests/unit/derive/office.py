# SPDX-License-Identifier: Apache-2.0
"""A policy and a register of a few lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from zhengban.ledger.holdings import by_book
from zhengban.model.policy import Baseline, Lot, Policy, Product, Term
from zhengban.model.record import Holding, Standing
from zhengban.model.register import Computer, Department, Organisation, Person, Register

TODAY = dt.date(2026, 11, 23)

PRODUCTS = (
    Product(name="7-Zip", type="free", category="other", number="FREE-0002", listed_versions=("16.02",)),
    Product(name="Debian", type="free", category="os", number="FREE-0001"),
    Product(name="银河麒麟", version="V10", type="oem", category="os", number="OEM-0001"),
    Product(
        name="WPS Office",
        version="2019",
        type="commercial",
        category="office",
        lots=(
            Lot(number="COM-0002"),
            Lot(
                number="COM-0001",
                purchased_on=dt.date(2024, 3, 11),
                amount=Decimal("128000.00"),
                licence_type="volume",
                quantity=200,
                usable_versions=("2016", "2019"),
                term=Term(start=dt.date(2024, 3, 11), until=dt.date(2027, 3, 10)),
                serials=("vault:secret", "secret"),
            ),
        ),
    ),
)


def make_policy(products: tuple[Product, ...] = PRODUCTS) -> Policy:
    return Policy(baseline=Baseline(name="office"), products=products)


def person(identity: str, *, department: str = "D1", **fields: Any) -> Person:
    return Person(id=identity, name=f"name of {identity}", department=department, **fields)


def computer(number: str, **fields: Any) -> Computer:
    return Computer(number=number, brand="Lenovo", **fields)


def make_register(
    *,
    people: tuple[Person, ...] = (person("E1"), person("E2", department="D2")),
    computers: tuple[Computer, ...] = (computer("PC-1", user="E1", oem=("OEM-0001",)), computer("PC-2", user="E2")),
) -> Register:
    return Register(
        organisation=Organisation(name="某省某厅"),
        departments=(Department(id="D1", name="财务处"), Department(id="D2", name="办公室")),
        people=people,
        computers=computers,
    )


def standing(held: dict[str, dict[str, Holding]]) -> Standing:
    """What is on record, from what each computer holds by package."""
    return by_book({(number, package): item for number, packages in held.items() for package, item in packages.items()})
