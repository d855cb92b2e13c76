# SPDX-License-Identifier: Apache-2.0
"""Form 7: which rows, in which order, with which blanks, and how often installed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from tests.unit.derive.office import TODAY, computer, make_policy, make_register, person, standing
from zhengban.derive.summary import MASKED, Summary, SummaryRow, derive_summary
from zhengban.derive.text import read_summary, without_day, write_summary
from zhengban.model.policy import Disposal, Lot, Policy, Product, Term
from zhengban.model.record import Holding
from zhengban.model.register import Register


def derive(
    policy: Policy | None = None, register: Register | None = None, held: dict[str, dict[str, Holding]] | None = None
) -> Summary:
    return derive_summary(policy or make_policy(), register or make_register(), standing(held or {}), as_of=TODAY)


def row_of(number: str, summary: Summary) -> SummaryRow:
    (row,) = [row for row in summary.software if row.number == number]
    return row


def with_lots(*lots: Lot) -> Policy:
    product = Product(name="WPS Office", version="2019", type="commercial", category="office", lots=lots)
    return make_policy(products=(product,))


def test_commercial_comes_first_then_oem_then_free_by_number_l1() -> None:
    numbers = [row.number for row in derive().software]
    assert numbers == ["COM-0001", "COM-0002", "OEM-0001", "FREE-0001", "FREE-0002"]


def test_purchased_lot_states_all_of_it() -> None:
    row = row_of("COM-0001", derive())
    assert (row.name, row.version, row.type, row.purchased_on, row.amount) == (
        "WPS Office",
        "2019",
        "commercial",
        dt.date(2024, 3, 11),
        Decimal("128000.00"),
    )
    assert (row.licence_type, row.quantity, row.usable_versions, row.term) == (
        "volume",
        200,
        ("2016", "2019"),
        Term(start=dt.date(2024, 3, 11), until=dt.date(2027, 3, 10)),
    )


def test_gifts_and_transfers_have_no_purchase_date_and_amount_n3() -> None:
    stated = {"purchased_on": dt.date(2024, 3, 11), "amount": Decimal("1.00")}
    lots = [
        Lot(number=f"COM-{kind}", acquired=kind, **stated)  # type: ignore[arg-type]
        for kind in ("gift", "transfer", "purchase")
    ]
    rows = {row.number: (row.purchased_on, row.amount) for row in derive(with_lots(*lots)).software}
    assert rows == {
        "COM-gift": (None, None),
        "COM-transfer": (None, None),
        "COM-purchase": (stated["purchased_on"], stated["amount"]),
    }


def test_what_a_lot_does_not_say_is_perpetual_unlimited_and_its_own_version() -> None:
    row = row_of("COM-1", derive(with_lots(Lot(number="COM-1"))))
    assert (row.quantity, row.usable_versions, row.term) == ("unlimited", ("2019",), "perpetual")


def test_oem_has_a_version_and_no_purchase_quantity_or_term_n5() -> None:
    row = row_of("OEM-0001", derive())
    assert row == SummaryRow(number="OEM-0001", name="银河麒麟", version="V10", type="oem", installed=1)


def test_free_software_has_not_even_a_version_n8() -> None:
    row = row_of("FREE-0002", derive())
    assert row == SummaryRow(number="FREE-0002", name="7-Zip", type="free", installed=0)


def test_serial_numbers_are_masked_one_by_one() -> None:
    assert row_of("COM-0001", derive()).serials == (MASKED, MASKED)
    assert "secret" not in write_summary(derive())


def test_installed_counts_computers_that_have_it_on_record_l3() -> None:
    held = {
        "PC-1": {
            "dpkg:wps:amd64": Holding(number="COM-0001"),
            "dpkg:wps-fonts:all": Holding(number="COM-0001"),
            "dpkg:libwps:amd64": Holding(number="COM-0002", quantity=0),
        },
        "PC-2": {"dpkg:wps:amd64": Holding(number="COM-0001")},
        "PC-gone": {"dpkg:wps:amd64": Holding(number="COM-0001")},
    }
    summary = derive(held=held)
    # Two packages are one install, what came along is none, and a computer the register no longer has still holds one.
    assert row_of("COM-0001", summary).installed == 3
    assert row_of("COM-0002", summary).installed == 0


def test_preinstalled_licence_counts_once_where_the_computer_is_not_scrapped_c8() -> None:
    register = make_register(
        computers=(
            computer("PC-1", oem=("OEM-0001",)),
            computer("PC-2", oem=("OEM-0001",), status="spare"),
            computer("PC-3", oem=("OEM-0001",), status="scrapped"),
        )
    )
    held = {"PC-1": {"platform:kylin": Holding(number="OEM-0001")}}
    assert row_of("OEM-0001", derive(register=register, held=held)).installed == 2


def test_disposed_lot_is_left_out_from_that_day_on_c7() -> None:
    def lot(number: str, day: dt.date) -> Lot:
        return Lot(number=number, disposed=Disposal(on=day, ground="obsolete", appraised_by="E1", approval="批1"))

    policy = with_lots(lot("COM-1", TODAY), lot("COM-2", TODAY + dt.timedelta(days=1)))
    held = {"PC-1": {"dpkg:wps:amd64": Holding(number="COM-1")}}
    assert [row.number for row in derive(policy, held=held).software] == ["COM-2"]


def test_forbidden_software_is_in_no_list() -> None:
    product = Product(name="迅雷", type="free", category="other", number="FREE-9", state="forbidden")
    assert derive(make_policy(products=(product,))).software == ()


def test_people_and_computers_are_counted_l6() -> None:
    register = make_register(
        people=(
            person("E1"),
            person("E2"),
            person("E3", left_on=TODAY),
            person("E4", left_on=TODAY + dt.timedelta(days=1)),
        ),
        computers=(
            computer("PC-1", user="E1"),
            computer("PC-2", user="E1", kind="laptop"),
            computer("PC-3", user="E2", kind="laptop", status="spare"),
            computer("PC-4", user="E3", kind="server"),
            computer("PC-5", user="E4", kind="server", status="scrapped"),
        ),
    )
    summary = derive(register=register)
    assert (summary.people.total, summary.people.using_computers) == (3, 1)
    assert (summary.computers.servers, summary.computers.desktops, summary.computers.laptops) == (1, 1, 2)


def test_file_reads_back_and_differs_by_its_day_alone() -> None:
    summary = derive()
    text = write_summary(summary)
    assert read_summary(text) == summary
    later = write_summary(
        derive_summary(make_policy(), make_register(), {}, as_of=TODAY + dt.timedelta(days=1)),
    )
    assert later != text
    assert without_day(later) == without_day(text)


def test_names_cannot_write_yaml() -> None:
    product = Product(name='x"}\n- evil: {\u2028', type="free", category="other", number="FREE-1")
    summary = derive(make_policy(products=(product,)))
    text = write_summary(summary)
    assert len(text.split("\n")) == len(write_summary(derive(with_lots(Lot(number="COM-1")))).split("\n"))
    assert read_summary(text) == summary
