# SPDX-License-Identifier: Apache-2.0
"""Form 8: every computer each person uses, and all software on it."""

from __future__ import annotations

import datetime as dt

import yaml

from tests.unit.derive.office import TODAY, computer, make_policy, make_register, person, standing
from zhengban.derive.detail import DetailRow, derive_detail
from zhengban.derive.text import write_detail
from zhengban.model.policy import Term
from zhengban.model.record import Holding
from zhengban.model.register import Register

DAY = dt.date(2026, 3, 1)


def derive(held: dict[str, dict[str, Holding]], register: Register | None = None) -> tuple[DetailRow, ...]:
    return derive_detail(make_policy(), register or make_register(), standing(held), as_of=TODAY).installs


def numbers_on(number: str, held: dict[str, Holding], **fields: object) -> list[str]:
    register = make_register(computers=(computer(number, **fields),))
    return [row.number for row in derive({number: held}, register)]


def test_row_says_whose_what_and_since_when_l5() -> None:
    held = {"PC-2": {"dpkg:wps:amd64": Holding(number="COM-0001", version="11.1.0", date=DAY)}}
    assert derive(held)[-1] == DetailRow(
        department="办公室",
        person="name of E2",
        computer="PC-2",
        brand="Lenovo",
        number="COM-0001",
        name="WPS Office",
        version="2019",
        term=Term(start=dt.date(2024, 3, 11), until=dt.date(2027, 3, 10)),
        type="commercial",
        installed_on=DAY,
    )


def test_all_software_of_all_computers_in_use_in_order_l5() -> None:
    register = make_register(
        people=(person("E2", department="D1"), person("E1", department="D2"), person("E3", department="D1")),
        computers=(
            computer("PC-1", user="E1"),
            computer("PC-2", user="E2"),
            computer("PC-3", user="E3"),
            computer("PC-4", user="E2"),
            computer("PC-5"),
            computer("PC-6", user="E2", status="spare"),
            computer("PC-7", user="E2", status="scrapped"),
        ),
    )
    software = {
        "dpkg:b:amd64": Holding(number="COM-0001"),
        "dpkg:a:amd64": Holding(number="FREE-0002"),
        "dpkg:c:amd64": Holding(number="COM-0002"),
    }
    rows = derive({f"PC-{at}": software for at in range(1, 8)}, register)
    assert [(row.department, row.person, row.computer, row.number) for row in rows] == [
        (department, person_, computer_, number)
        for department, person_, computer_ in (
            ("财务处", "name of E2", "PC-2"),
            ("财务处", "name of E2", "PC-4"),
            ("财务处", "name of E3", "PC-3"),
            ("办公室", "name of E1", "PC-1"),
            ("", "", "PC-5"),
        )
        for number in ("COM-0001", "COM-0002", "FREE-0002")
    ]


def test_computer_with_nothing_on_record_is_listed_l5() -> None:
    rows = derive({})
    assert rows[-1] == DetailRow(department="办公室", person="name of E2", computer="PC-2", brand="Lenovo")


def test_preinstalled_licences_belong_to_the_computer_l5_c8() -> None:
    rows = derive({})
    assert rows[0].number == "OEM-0001"
    assert (rows[0].version, rows[0].type, rows[0].term, rows[0].installed_on) == ("V10", "oem", None, None)
    on_record = {"PC-1": {"platform:kylin": Holding(number="OEM-0001", version="V10", date=DAY)}}
    assert [(row.number, row.installed_on) for row in derive(on_record) if row.computer == "PC-1"] == [
        ("OEM-0001", DAY)
    ]


def test_free_software_has_the_version_on_record_n7() -> None:
    held = {"PC-2": {"dpkg:p7zip:amd64": Holding(number="FREE-0002", version="16.02", date=DAY)}}
    row = derive(held)[-1]
    assert (row.number, row.version, row.type, row.term) == ("FREE-0002", "16.02", "free", None)


def test_several_packages_of_one_software_are_one_row() -> None:
    held = {
        "dpkg:wps:amd64": Holding(number="COM-0001"),
        "dpkg:wps-fonts:all": Holding(number="COM-0001"),
        "dpkg:libwps:amd64": Holding(number="COM-0002", quantity=0),
    }
    assert numbers_on("PC-1", held) == ["COM-0001"]


def test_what_no_software_has_the_number_of_is_a_row_for_each_package_l5() -> None:
    held = {
        "dpkg:game:amd64": Holding(number="UNLISTED", version="1"),
        "dpkg:chess:amd64": Holding(number="UNLISTED", version="2"),
    }
    register = make_register(computers=(computer("PC-1"),))
    assert [(row.number, row.name, row.version, row.type) for row in derive({"PC-1": held}, register)] == [
        ("UNLISTED", "dpkg:chess:amd64", "2", None),
        ("UNLISTED", "dpkg:game:amd64", "1", None),
    ]


def test_package_names_cannot_write_yaml() -> None:
    name = 'dpkg:x"}\n  - {"number": "evil"}:amd64\u2028'
    detail = derive_detail(
        make_policy(),
        make_register(computers=(computer("PC-1"),)),
        standing({"PC-1": {name: Holding(number="UNLISTED")}}),
        as_of=TODAY,
    )
    assert yaml.safe_load(write_detail(detail))["detail"]["installs"] == [
        {"computer": "PC-1", "brand": "Lenovo", "number": "UNLISTED", "name": name}
    ]
