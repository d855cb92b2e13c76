# SPDX-License-Identifier: Apache-2.0
"""A made-up office with a long history: its policy, its register, and a ledger as the writer would have left it.

An adoption puts most of each computer's software on record; the runs after it upgrade, remove and install on a share of
the computers. All of it follows from the seed.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from zhengban.ledger.chain import START
from zhengban.ledger.ids import file_stem
from zhengban.ledger.lines import encode_json, encode_line, hash_line
from zhengban.model.policy import Baseline, Lot, Policy, Product
from zhengban.model.record import Commit, Record
from zhengban.model.register import Computer, Department, Organisation, Person, Register

SEED = 20261123
BOOKS = 200
RUNS = 50
SHARE = 0.33
"""How many of the computers a run changes something on."""
COMPUTERS = 10_000
WRITER = "a3f0c1"
DEPARTMENTS = 20
START_DAY = dt.date(2024, 1, 8)
_BRANDS = ("Lenovo", "HUAWEI", "长城", "浪潮")
_SURNAMES = "张王李赵刘陈杨黄周吴"


class Package(NamedTuple):
    """A software as it is on a computer: its name there, and the numbers it may be under, older first."""

    name: str
    numbers: tuple[str, ...]


class Office:
    """An organisation of up to 10,000 computers, a hundred records for each.

    Args:
        records: how many records its ledger has; the last run may be cut short.
    """

    def __init__(self, records: int) -> None:
        self.records = records
        source = random.Random(SEED)
        self.computers = max(2, min(COMPUTERS, records // 100))
        self.policy, self._packages = _policy()
        self.register = _register(source, self.computers)
        self.runs = tuple(
            f"{START_DAY + dt.timedelta(days=20 * run):%Y%m%d}T093000Z-{source.getrandbits(24):06x}"
            for run in range(RUNS)
        )

    def write(self, root: Path) -> None:
        """Write books and commit lines below ``root``, which does not exist yet."""
        books: dict[str, list[bytes]] = {number: [] for number in self.policy.product_by_number}
        commits: list[bytes] = []
        prev = START
        for unit in self._units():
            entries = []
            for book, record in unit:
                line = encode_line(record)
                books[book].append(line)
                entries.append((record.id, book, hash_line(line)))
            first = unit[0][1]
            at = dt.datetime.combine(first.date, dt.time(9, 30), dt.UTC)
            commit = Commit(
                seq=len(commits) + 1,
                prev=prev,
                at=at,
                run=first.run,
                computer=first.computer,
                plan=f"{len(commits):064x}",
                removed=sum(record.cause == "enforcement" for _book, record in unit),
                records=tuple(entries),
            )
            commits.append(encode_line(commit))
            prev = hash_line(commits[-1])
        for folder in ("books", "runs"):
            (root / folder).mkdir(parents=True)
        for number, lines in books.items():
            header = b"number: " + encode_json(number) + b"\nrecords:\n"
            (root / "books" / f"{file_stem(number)}.yml").write_bytes(header + b"".join(line + b"\n" for line in lines))
        header = b"writer: " + encode_json(WRITER) + b"\ncommits:\n"
        (root / "runs" / f"{WRITER}.yml").write_bytes(header + b"".join(line + b"\n" for line in commits))

    def _units(self) -> Iterator[list[tuple[str, Record]]]:
        """Yield the records of one computer in one run with their books, until there are enough."""
        source = random.Random(SEED + 1)
        desks = [_Desk(source, self._packages) for _computer in self.register.computers]
        left = self.records
        for at, run in enumerate(self.runs):
            day = START_DAY + dt.timedelta(days=20 * at)
            for computer, desk in zip(self.register.computers, desks, strict=True):
                if not at or source.random() < SHARE:
                    changes = desk.change(source) if at else desk.adopt(source)
                    unit = [
                        (
                            change.number,
                            _record(self.register, computer, change, f"{run}/{computer.number}/{index}", day),
                        )
                        for index, change in enumerate(changes[:left])
                    ]
                    left -= len(unit)
                    if unit:
                        yield unit


class _Change(NamedTuple):
    """What one record says."""

    action: Literal["install", "uninstall"]
    number: str
    package: str
    version: str
    quantity: int
    cause: str


class _Desk:
    """What is on one computer: package -> the place of its number among its numbers, its build, its quantity."""

    def __init__(self, source: random.Random, packages: tuple[Package, ...]) -> None:
        self._packages = packages
        self._there: dict[Package, tuple[int, int, int]] = {}

    def adopt(self, source: random.Random) -> list[_Change]:
        """Take over what is there on the day of the adoption."""
        return [
            self._come(package, 0, source.randrange(4), 1, "adopted") for package in source.sample(self._packages, 35)
        ]

    def change(self, source: random.Random) -> list[_Change]:
        """Upgrade two, and now and then remove one and install another with something it needs."""
        changes = []
        for package in source.sample([*self._there], 2):
            place, build, quantity = self._there[package]
            changes.append(_leave(package, place, build, quantity, "upgrade"))
            # A new label of commercial software is another number (N1, L4); free software keeps its own (N7).
            changes.append(
                self._come(package, min(place + 1, len(package.numbers) - 1), build + 1, quantity, "upgrade")
            )
        if source.random() < 0.15:
            package = source.choice([*self._there])
            changes.append(_leave(package, *self._there.pop(package), "enforcement"))
        if source.random() < 0.15:
            absent = [package for package in self._packages if package not in self._there]
            changes += [
                self._come(package, 0, 4, quantity, "deployment")
                for quantity, package in zip((1, 0), source.sample(absent, 2), strict=True)
            ]
        return changes

    def _come(self, package: Package, place: int, build: int, quantity: int, cause: str) -> _Change:
        self._there[package] = (place, build, quantity)
        return _Change("install", package.numbers[place], package.name, _version(place, build), quantity, cause)


def _leave(package: Package, place: int, build: int, quantity: int, cause: str) -> _Change:
    return _Change("uninstall", package.numbers[place], package.name, _version(place, build), quantity, cause)


def _version(place: int, build: int) -> str:
    return f"{11 + place}.{build}.0.11719"


def _record(register: Register, computer: Computer, change: _Change, identity: str, day: dt.date) -> Record:
    person = register.person_by_id[computer.user]
    return Record(
        id=identity,
        action=change.action,
        computer=computer.number,
        package=change.package,
        brand=computer.brand,
        user=person.name,
        user_id=person.id,
        department=register.department_by_id[person.department].name,
        version=change.version,
        date=day,
        quantity=change.quantity,
        cause=change.cause,
        evidence="verified",
        run=identity.partition("/")[0],
        by="ops@controller",
    )


def _policy() -> tuple[Policy, tuple[Package, ...]]:
    """Forty commercial names with three labels each, ten OEM products, the rest free: 200 numbers."""
    products, packages = [], []
    for name in range(40):
        numbers = tuple(f"COM-{3 * name + label:04}" for label in range(3))
        products += [_commercial(f"商业软件{name}", label, number) for label, number in enumerate(numbers)]
        packages.append(Package(f"dpkg:commercial-{name:02}:amd64", numbers))
    for kind, first, last in (("oem", 0, 10), ("free", 10, BOOKS - 120)):
        for at in range(first, last):
            number = f"{kind.upper()}-{at:04}"
            label = {"version": "V10"} if kind == "oem" else {}
            products.append(Product(name=f"{kind} {at}", type=kind, category="other", number=number, **label))  # type: ignore[arg-type]
            packages.append(Package(f"dpkg:{kind}-{at:03}:amd64", (number,)))
    return Policy(baseline=Baseline(name="office"), products=tuple(products)), tuple(packages)


def _commercial(name: str, label: int, number: str) -> Product:
    lot = Lot(
        number=number,
        purchased_on=dt.date(2019 + 2 * label, 3, 11),
        amount=Decimal("128000.00"),
        licence_type="volume",
        quantity=COMPUTERS,
        serials=("vault:serial",),
    )
    return Product(name=name, version=str(2019 + 2 * label), type="commercial", category="other", lots=(lot,))


def _register(source: random.Random, computers: int) -> Register:
    return Register(
        organisation=Organisation(name="某省某厅"),
        departments=tuple(Department(id=f"D{at:02}", name=f"第{at}处") for at in range(DEPARTMENTS)),
        people=tuple(
            Person(
                id=f"E{at:05}",
                name=f"{source.choice(_SURNAMES)}{at}",
                department=f"D{source.randrange(DEPARTMENTS):02}",
            )
            for at in range(computers)
        ),
        computers=tuple(
            Computer(
                number=f"PC-{at:05}",
                brand=source.choice(_BRANDS),
                kind=source.choice(("desktop", "desktop", "laptop", "server")),
                user=f"E{at:05}",
            )
            for at in range(computers)
        ),
    )
