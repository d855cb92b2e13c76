# SPDX-License-Identifier: Apache-2.0
"""Free seats, and who has one: a computer takes one of a lot, whatever it has under it. Source: DOMAIN S3, C9."""

from __future__ import annotations

import pytest

from zhengban.licence.seats import Seats
from zhengban.model.policy import Baseline, Lot, Policy, Product
from zhengban.model.record import UNASSIGNED, History, Holding

LOTS = (Lot(number="A", quantity=2), Lot(number="B"))
POLICY = Policy(
    baseline=Baseline(name="office"),
    products=(Product(name="WPS", version="2019", type="commercial", category="office", lots=LOTS),),
)
HISTORY = History(holdings={("PC-1", "dpkg:wps:amd64"): Holding(number="A")})


@pytest.fixture
def seats() -> Seats:
    return Seats(POLICY, HISTORY)


def test_a_computer_takes_one_seat_however_often_it_is_given(seats: Seats) -> None:
    seats.give([("A", "PC-1"), ("A", "PC-2")])
    seats.give([("A", "PC-2")])

    assert seats.describe("A") == "A (2 of 2 taken)"
    assert [seats.is_free("A", computer) for computer in ("PC-1", "PC-2", "PC-3")] == [True, True, False]


def test_a_seat_that_is_taken_back_is_free_for_others(seats: Seats) -> None:
    seats.give([("A", "PC-2")])
    seats.take_back([("A", "PC-1"), ("A", "PC-9")])
    seats.take_back([("A", "PC-1")])
    assert seats.describe("A") == "A (1 of 2 taken)"

    seats.give([("A", "PC-3")])

    assert [seats.is_free("A", computer) for computer in ("PC-1", "PC-2", "PC-3")] == [False, True, True]
    seats.take_back([("A", "PC-3")])
    seats.give([("A", "PC-1")])
    assert [seats.is_free("A", computer) for computer in ("PC-1", "PC-2", "PC-3")] == [True, True, False]


def test_what_has_no_end_and_what_is_no_lot(seats: Seats) -> None:
    assert [seats.is_free(number, "PC-9") for number in ("B", UNASSIGNED, "C")] == [True, True, False]
