# SPDX-License-Identifier: Apache-2.0
"""A made-up fleet to measure with: a policy, a register, and one facts document after the other.

Offices clone their computers from images: nearly all of a computer is its image, which is nearly all the same
distribution. What differs from desk to desk is some software people chose, some they should not have, and how late
the updates are. All of it follows from the seed; a document is made when it is asked for, so none piles up.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from zhengban.model.facts import COLUMNS, FORMAT, Identity
from zhengban.model.policy import Baseline, Lot, PlatformBase, Policy, Product, Scope, Selector
from zhengban.model.register import Computer, Department, Organisation, Person, Register

SEED = 20261123
IMAGES = 12
DEPARTMENTS = 20
DISTRIBUTION = 2600
"""Packages of the operating system; an image holds most of what a computer has from it."""
SOFTWARE = 400
"""Other packages: three in eight listed, the rest private, or libraries that listed software brings along."""
OWN = 24
"""How many of a computer's packages are not from its image."""
STATES = ("required", "retired", "retired", "forbidden", "forbidden", "forbidden")


class Kind(NamedTuple):
    """One package as any computer may have it."""

    name: str
    versions: tuple[str, ...]
    needs: tuple[str, ...]
    wants: tuple[str, ...]


class Fleet:
    """``computers`` computers with ``packages`` packages each, and the policy they are judged by."""

    def __init__(self, computers: int, packages: int) -> None:
        source = random.Random(SEED)
        self._kinds = _kinds(source)
        system = [name for name in self._kinds if not name.startswith("app-")]
        self._software = [name for name in self._kinds if name.startswith("app-")]
        self._images = [
            frozenset(source.sample(system, packages - OWN - 4) + source.sample(self._software, 4))
            for _image in range(IMAGES)
        ]
        self.policy = _policy(source, system, self._software)
        self.register = _register(source, computers)

    def documents(self) -> Iterator[tuple[Computer, bytes]]:
        """Yield every computer with the text of its facts document."""
        for at, computer in enumerate(self.register.computers):
            yield computer, self._document(computer, random.Random(SEED + at))

    def _document(self, computer: Computer, source: random.Random) -> bytes:
        image = self._images[source.randrange(IMAGES)]
        own = [name for name in self._software if name not in image]
        names = sorted(image.union(source.sample(own, OWN)))
        row_of = {name: row for row, name in enumerate(names)}
        # Updates reach the computers one after the other: each is at one of a few levels, a few packages are not.
        level, late = source.randrange(3), set(source.sample(names, 20))
        rows = []
        for name in names:
            kind = self._kinds[name]
            version = kind.versions[0 if name in late else level]
            needs = sorted([row_of[other] for other in kind.needs if other in row_of])
            wants = sorted([row_of[other] for other in kind.wants if other in row_of])
            manual = name.startswith("app-")
            installed_at = "2026-03-02T08:11:27Z"
            rows.append(
                ("dpkg", name, version, "amd64", None, None, manual, False, "optional", False, installed_at)
                + (needs, (), wants)
            )
        # One in 500 is another machine than the register says.
        machine_id = computer.identity.machine_id if source.randrange(500) else "f" * 32
        document = {
            "format": FORMAT,
            "host": computer.number,
            "identity": {"serial_number": "", "machine_id": machine_id},
            "collected_at": "2026-11-23T01:00:00Z",
            "platform": {"id": "debian", "version": "12", "name": "Debian", "arch": "amd64", "kernel": "6.1.0-25"},
            "managers": {"dpkg": {"read": True, "count": len(rows)}},
            "digest": f"{source.getrandbits(256):064x}",
            "columns": COLUMNS,
            "packages": rows,
            "guard": {},
            "attempts": [],
        }
        return msgspec.json.encode(document)


def _kinds(source: random.Random) -> dict[str, Kind]:
    # Chosen at random along the alphabet, so that what a package needs lies before and behind it in the rows.
    marks = source.sample(range(100_000), DISTRIBUTION)
    system = [f"lib-{mark:05}" for mark in marks[: DISTRIBUTION - 6]]
    system += [f"linux-image-6.1.0-{build}-amd64" for build in range(20, 26)]
    kinds = {}
    for at, name in enumerate(system):
        lower = [system[int(at * source.random() ** 2)] for _edge in range(source.randrange(7))]
        kinds[name] = _kind(source, name, lower, "-1+deb12u{}")
    for at in range(SOFTWARE):
        name = f"app-{at:03}"
        lower = source.sample(system, 3) + [f"app-{below:03}" for below in source.sample(range(at), min(at, 1))]
        kinds[name] = _kind(source, name, lower, ".{}")
    return kinds


def _kind(source: random.Random, name: str, lower: list[str], build: str) -> Kind:
    start = f"{source.randrange(20)}.{source.randrange(30)}"
    needs = tuple(sorted(set(lower) - {name}))
    return Kind(name, tuple(start + build.format(level) for level in (1, 4, 11)), needs[1:], needs[:1])


def _policy(source: random.Random, system: list[str], software: list[str]) -> Policy:
    listed = source.sample(software, len(software) * 3 // 8)
    products = [
        Product(
            name="Debian",
            number="FREE-0001",
            type="free",
            category="os",
            packages=(Selector(manager="platform", name="debian", versions=">=12, <13"),),
        )
    ]
    for at, name in enumerate(listed):
        versions = source.choice(("", "", ">=3.0.0", ">=5.0.0, <18.0.0", "<15.10.0"))
        products.append(_product(source, f"Software {at}", name, versions, f"COM-{at:04}"))
    # Globs: a family with one spelling, and one that an exact name takes an exception from.
    products.append(_product(source, "Family A", "app-1?7", "", "COM-1001"))
    products.append(_product(source, "Family B", "app-39*", ">=2.0.0", "COM-1002"))
    base = source.sample(system, len(system) * 199 // 200)
    platform = PlatformBase(
        number="FREE-0001", manager="dpkg", names=frozenset(base), globs=("firmware-*", "linux-image-*")
    )
    return Policy(baseline=Baseline(name="office"), products=tuple(products), platforms=(platform,))


def _product(source: random.Random, name: str, package: str, versions: str, number: str) -> Product:
    scope = Scope()
    if source.random() < 0.4:
        scope = Scope(departments=tuple(f"D{n:02}" for n in sorted(source.sample(range(DEPARTMENTS), 8))))
    elif source.random() < 0.3:
        scope = Scope(kinds=("desktop", "laptop"))
    return Product(
        name=name,
        version="1",
        type="commercial",
        category="other",
        lots=(Lot(number=number),),
        packages=(Selector(manager="dpkg", name=package, versions=versions),),
        state=source.choice(STATES) if source.random() < 0.1 else "allowed",  # type: ignore[arg-type]
        scope=scope,
    )


def _register(source: random.Random, computers: int) -> Register:
    people = tuple(
        Person(
            id=f"E{at:05}",
            name=f"张{at}",
            department=f"D{source.randrange(DEPARTMENTS):02}",
            pledge=dt.date(2026, 1, 5),
        )
        for at in range(computers)
    )
    return Register(
        organisation=Organisation(name="某省某厅"),
        departments=tuple(Department(id=f"D{at:02}", name=f"第{at}处") for at in range(DEPARTMENTS)),
        people=people,
        computers=tuple(
            Computer(
                number=f"PC-{at:05}",
                kind=source.choice(("desktop", "desktop", "laptop", "server")),
                user=people[at].id,
                identity=Identity(machine_id=f"{at:032x}"),
            )
            for at in range(computers)
        ),
    )
