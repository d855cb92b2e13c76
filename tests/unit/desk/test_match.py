# SPDX-License-Identifier: Apache-2.0
"""Proposals of package rules: what names, books and versions say of them together. Source: DESIGN 8, DOMAIN N1, N7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.golden.facts import facts_document
from zhengban.desk.likeness import name_likeness, vendor_likeness
from zhengban.desk.match import Matching, Proposal
from zhengban.model.facts import facts_from_plain
from zhengban.model.policy import Baseline, Lot, Policy, Product, Selector
from zhengban.model.record import Holding


@pytest.mark.parametrize(
    ("product", "label", "package", "version", "least", "most"),
    [
        ("WPS Office", "2019", "wps-office", "11.1.0.11719", 1.0, 1.0),
        ("7-Zip", "", "7zip", "23.01", 1.0, 1.0),
        ("ＷＰＳ　Ｏｆｆｉｃｅ", "2019", "WPS Office (11.1.0.11719)", "11.1.0.11719", 1.0, 1.0),
        ("Microsoft Office", "2016", "Microsoft Office Professional Plus 2016 - zh-cn", "16.0.4266", 0.85, 0.9),
        ("Microsoft Office", "2016", "Microsoft Office Professional Plus 2019 - zh-cn", "16.0.10", 0.4, 0.6),
        ("WPS Office 专业版", "2019", "wps-office", "11.1", 0.8, 0.9),
        ("Firefox", "", "firefox-esr", "128", 0.6, 0.75),
        ("Wireshark", "", "wireshrak", "4", 0.7, 0.9),
        ("金山终端安全系统", "V9", "kav-endpoint", "9.1", 0.0, 0.0),
        ("LibreOffice", "", "libc6", "2.36", 0.0, 0.0),
        ("WPS Office", "2019", "", "1", 0.0, 0.0),
    ],
)
def test_names_of_forms_and_packages(
    product: str, label: str, package: str, version: str, least: float, most: float
) -> None:
    assert least <= name_likeness(product, label, package, version) <= most


def test_a_vendor_is_known_by_its_words() -> None:
    assert vendor_likeness("Igor Pavlov", "igor pavlov")
    assert not vendor_likeness("Microsoft Corporation", "Kingsoft Corporation")
    assert not vendor_likeness("", "Kingsoft")


def commercial(number: str, name: str, version: str, **rest: Any) -> Product:
    return Product(name=name, version=version, type="commercial", category="office", lots=(Lot(number=number),), **rest)


def free(number: str, name: str, **rest: Any) -> Product:
    return Product(name=name, type="free", category=rest.pop("category", "other"), number=number, **rest)


def propose(
    products: tuple[Product, ...],
    computers: Mapping[str, Mapping[str, Any]],
    books: Mapping[str, tuple[str, ...]] = {},
) -> list[Proposal]:
    """The proposals for computers with these (compact) facts; ``books``: number -> computers it is on record on."""
    matching = Matching(Policy(baseline=Baseline(name="t"), products=products))
    for computer, compact in computers.items():
        matching.see(computer, facts_from_plain(facts_document(compact), source=computer))
    held: dict[str, dict[str, Holding]] = {}
    for number, there in books.items():
        for computer in there:
            held.setdefault(computer, {})[f"form:{number}:any"] = Holding(number=number)
    return list(matching.propose(held))


def has(*packages: tuple[str, str], manager: str = "dpkg", **rest: Any) -> dict[str, Any]:
    rows = [
        {"manager": manager, "name": name, "version": version, "manual": True, **rest} for name, version in packages
    ]
    return {"packages": rows, "managers": [manager]}


def test_the_same_name_is_enough_where_the_books_are_silent() -> None:
    (found,) = propose(
        (commercial("COM-1", "WPS Office", "2019"),), {"A": has(("wps-office", "11.1.0.1"), ("git", "2"))}
    )
    assert (found.package, found.confidence, found.likeness) == ("dpkg:wps-office", "high", 1.0)
    assert found.rule == {"manager": "dpkg", "name": "wps-office", "versions": ">=11, <12"}
    assert (found.seen, found.booked, found.both, found.examples) == (1, 0, 0, ("A",))


def test_books_find_a_package_of_any_name_and_doubt_one_that_is_elsewhere() -> None:
    office = {f"PC-{n}": has(("kav-endpoint", "9.1"), ("git", "2")) for n in range(3)} | {"PC-9": has(("git", "2"))}
    product = commercial("COM-3", "金山终端安全系统", "V9")
    (found,) = propose((product,), office, {"COM-3": ("PC-0", "PC-1", "PC-2")})
    assert (found.package, found.confidence, found.both) == ("dpkg:kav-endpoint", "medium", 3)
    # Of computers without facts nothing is known.
    (again,) = propose((product,), office, {"COM-3": ("PC-0", "PC-1", "PC-2", "AWAY")})
    assert (again.booked, again.confidence) == (3, "medium")
    # The name is the same, and the package is on none of the computers it should be on.
    (other,) = propose((commercial("COM-1", "Git", "2"),), office, {"COM-1": ("PC-8",)})
    assert other.confidence == "high"
    elsewhere = propose((commercial("COM-4", "KAV Endpoint", "9"),), office, {"COM-4": ("PC-9",)})
    assert [(item.package, item.confidence) for item in elsewhere] == [("dpkg:kav-endpoint", "low")]


def test_two_editions_of_a_name_are_told_apart_by_the_books_alone() -> None:
    products = (commercial("COM-1", "WPS Office", "2016"), commercial("COM-2", "WPS Office", "2019"))
    office = {"A": has(("wps-office", "10.1.0")), "B": has(("wps-office", "11.1.0")), "C": has(("wps-office", "11.2"))}
    told = propose(products, office, {"COM-1": ("A",), "COM-2": ("B", "C")})
    assert [(item.number, item.versions, item.confidence, item.also) for item in told] == [
        ("COM-1", ">=10, <11", "high", ()),
        ("COM-2", ">=11, <12", "high", ()),
    ]
    unsure = propose(products, office)
    assert [(item.number, item.versions, item.confidence, item.also) for item in unsure] == [
        ("COM-1", ">=10, <12", "low", ("COM-2",)),
        ("COM-2", ">=10, <12", "low", ("COM-1",)),
    ]


def test_free_software_has_no_version_and_windows_names_lose_theirs() -> None:
    office = {
        "A": has(("7-Zip 23.01 (x64)", "23.01"), manager="windows", publisher="Igor Pavlov"),
        "B": has(("7-Zip 24.08 (x64)", "24.08"), manager="windows", publisher="Igor Pavlov"),
    }
    (found,) = propose((free("FREE-1", "7-Zip", vendor="Igor Pavlov"),), office)
    assert found.rule == {"manager": "windows", "name": "7-Zip * (x64)", "publisher": "Igor Pavlov"}
    assert (found.confidence, found.seen, found.versions_seen) == ("high", 2, (("23.01", 1), ("24.08", 1)))


def test_an_operating_system_is_a_platform_and_nothing_else_is() -> None:
    products = (free("FREE-1", "Debian", category="os"), free("FREE-2", "Debian"))
    found = propose(products, {"A": has(("debian", "1"))})
    assert [(item.number, item.package) for item in found] == [("FREE-1", "platform:debian"), ("FREE-2", "dpkg:debian")]


def test_what_is_named_already_or_came_along_is_not_proposed() -> None:
    selector = Selector(manager="dpkg", name="7zip")
    products = (free("FREE-1", "7-Zip"), free("FREE-2", "Seven", packages=(selector,)))
    assert propose(products, {"A": has(("7zip", "23"))}) == []
    assert propose((free("FREE-1", "7-Zip"),), {"A": has(("7zip", "23"), manual=False)}) == []
    # A name with a star in it would become a pattern.
    assert propose((free("FREE-1", "7-Zip"),), {"A": has(("7-Zip*", "23"), manager="windows")}) == []
