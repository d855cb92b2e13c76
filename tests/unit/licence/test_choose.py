# SPDX-License-Identifier: Apache-2.0
"""Which lots an install may be recorded under, the preferred first. Source: DESIGN 7, DOMAIN N1-N7, S5."""

from __future__ import annotations

import datetime as dt

import pytest

from zhengban.licence.choose import candidate_lots
from zhengban.model.disposal import Disposal
from zhengban.model.policy import Baseline, Lot, Policy, Product, Scope, Term
from zhengban.model.register import Computer, Organisation, Register
from zhengban.policy.compile import CompiledPolicy, PolicyCompiler

TODAY = dt.date(2026, 11, 23)
REGISTER = Register(
    organisation=Organisation(name="测试厅"), departments=(), people=(), computers=(Computer(number="PC-1"),)
)


def until(day: dt.date) -> Term:
    return Term(start=dt.date(2020, 1, 1), until=day)


def product(*lots: Lot, version: str = "2019", name: str = "WPS") -> Product:
    return Product(name=name, version=version, type="commercial", category="office", lots=lots)


def compiled(*products: Product) -> CompiledPolicy:
    policy = Policy(baseline=Baseline(name="office"), products=products)
    return PolicyCompiler(policy, REGISTER).for_computer(REGISTER.computers[0])


def candidates(*products: Product, on_record: str = "") -> list[str]:
    """The numbers for the first product."""
    return list(candidate_lots(compiled(*products), products[0], on_record=on_record, today=TODAY))


@pytest.mark.parametrize("software_type", ["free", "oem"])
def test_oem_and_free_have_one_number_and_no_lots(software_type: str) -> None:
    assert candidates(Product(name="7-Zip", type=software_type, category="other", number="FREE-1")) == []  # type: ignore[arg-type]


def test_site_licences_come_first() -> None:
    lots = (Lot(number="A", term=until(TODAY)), Lot(number="B", licence_type="site"))

    assert candidates(product(*lots)) == ["B", "A"]
    assert candidates(product(*lots), on_record="A") == ["B", "A"]


def test_the_lot_on_record_stays() -> None:
    lots = (Lot(number="A", term=until(TODAY)), Lot(number="B", quantity=1))

    assert candidates(product(*lots)) == ["A", "B"]
    assert candidates(product(*lots), on_record="B") == ["B", "A"]


def test_the_lot_that_ends_first_is_used_first() -> None:
    soon, later = until(dt.date(2026, 12, 1)), until(dt.date(2027, 1, 1))
    lots = (Lot(number="A"), Lot(number="B", term=later), Lot(number="C", term=soon))

    assert candidates(product(*lots)) == ["C", "B", "A"]


def test_ties_go_by_number() -> None:
    assert candidates(product(Lot(number="B"), Lot(number="A"))) == ["A", "B"]


@pytest.mark.parametrize(
    ("term", "fits"),
    [
        (Term(start=TODAY, until=TODAY), True),
        (until(TODAY - dt.timedelta(days=1)), False),
        (Term(start=TODAY + dt.timedelta(days=1), until=dt.date(2030, 1, 1)), False),
    ],
)
def test_terms_include_both_days(term: Term, *, fits: bool) -> None:
    assert candidates(product(Lot(number="A", term=term))) == (["A"] if fits else [])


def test_a_lot_that_was_disposed_of_covers_nothing() -> None:
    """C6."""
    disposed = Disposal(on=TODAY, ground="obsolete", appraised_by="E0002", approval="2026-9")

    assert candidates(product(Lot(number="A", disposed=disposed), Lot(number="B"))) == ["B"]


def test_usable_versions_are_those_of_the_product_name() -> None:
    newer = product(Lot(number="B", usable_versions=("2016", "2019")), version="2023")
    own_only = product(Lot(number="C"), version="2023")
    other = product(Lot(number="D", usable_versions=("2019",)), name="Other")
    not_itself = product(Lot(number="E", usable_versions=("2016",)))

    assert candidates(product(), newer) == ["B"]
    assert candidates(product(), own_only, other) == []
    assert candidates(not_itself) == []


def test_lots_for_others_do_not_count() -> None:
    lots = (Lot(number="A", scope=Scope(computers=("PC-2",))), Lot(number="B", scope=Scope(computers=("PC-1",))))

    assert candidates(product(*lots)) == ["B"]
    assert candidates(product(lots[0])) == []
