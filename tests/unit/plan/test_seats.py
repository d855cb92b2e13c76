# SPDX-License-Identifier: Apache-2.0
"""Seats over a whole run: the first lot with a free one, in the order of the computers. Source: DESIGN 5, DOMAIN S3."""

from __future__ import annotations

import msgspec
import pytest

from zhengban.model.errors import Refused
from zhengban.model.plan import Action, Plan
from zhengban.model.policy import Lot
from zhengban.model.record import UNASSIGNED, History, Holding
from zhengban.plan.seats import HandOut, actions_in_lots, hand_out

from .armoury import make_compiler, make_plan

COMPILER = make_compiler(seats=1, more_lots=(Lot(number="COM-0002", quantity=2), Lot(number="COM-0003", quantity=1)))
BOTH = ("COM-0001", "COM-0002")


def plans(*numbers: int, lots: tuple[str, ...] = BOTH) -> list[Plan]:
    return [make_plan(COMPILER, f"PC-{number}", installs=lots) for number in numbers]


def hand(*made: Plan, history: History | None = None) -> HandOut:
    return hand_out(made, COMPILER.policy, history or History())


def with_actions(plan: Plan, *actions: Action) -> Plan:
    return msgspec.structs.replace(plan, actions=actions)


def test_in_the_order_of_computer_numbers() -> None:
    handed = hand(*plans(4, 2, 3, 1))

    assert handed.seats == (("COM-0001", "PC-1"), ("COM-0002", "PC-2"), ("COM-0002", "PC-3"))
    assert handed.moved == {"PC-2": {"COM-0001": "COM-0002"}, "PC-3": {"COM-0001": "COM-0002"}}
    full = "COM-0001 (1 of 1 taken), COM-0002 (2 of 2 taken)"
    assert handed.without_seat == {"PC-4": f"no seat is left in {full}: buy seats, or free some"}
    assert hand(*reversed(plans(4, 2, 3, 1))) == handed


def test_the_others_go_on_after_one_that_gets_none() -> None:
    handed = hand(*plans(1, 2, lots=("COM-0001",)), *plans(3, lots=("COM-0002",)))

    assert (handed.seats, list(handed.without_seat)) == ((("COM-0001", "PC-1"), ("COM-0002", "PC-3")), ["PC-2"])


def test_what_is_on_record_or_reserved_is_taken_and_a_computers_own_seat_is_its_own() -> None:
    history = History(
        holdings={("PC-9", "dpkg:wps:amd64"): Holding(number="COM-0001")}, reserved=frozenset({("COM-0002", "PC-2")})
    )

    handed = hand(*plans(1, 2, 3), history=history)

    assert handed.seats == (("COM-0002", "PC-1"), ("COM-0002", "PC-2"))
    assert list(handed.without_seat) == ["PC-3"]


def test_a_computer_takes_a_seat_once_and_all_or_nothing() -> None:
    (first,), (other,) = plans(1), plans(1, lots=("COM-0003",))
    second = msgspec.structs.replace(first.actions[0], name="wps-fonts")
    two = with_actions(first, first.actions[0], second)
    assert hand(two).seats == (("COM-0001", "PC-1"),)

    both = with_actions(first, first.actions[0], other.actions[0])
    history = History(reserved=frozenset({("COM-0003", "PC-9")}))
    handed = hand(both, *plans(2, lots=("COM-0001",)), history=history)
    # PC-1 gives back what it found in COM-0001.
    assert (handed.seats, list(handed.without_seat)) == ((("COM-0001", "PC-2"),), ["PC-1"])


def test_what_shares_a_number_goes_to_a_lot_that_does_for_all() -> None:
    (plan,) = plans(2)
    older = msgspec.structs.replace(plan.actions[0], name="wps-2016", lots=("COM-0001", "COM-0003", "COM-0002"))

    handed = hand(*plans(1), with_actions(plan, older, plan.actions[0]))

    assert handed.moved == {"PC-2": {"COM-0001": "COM-0002"}}


def test_what_is_there_without_a_licence_is_upgraded_unassigned() -> None:
    (full, plan) = plans(1, 2, lots=("COM-0001", UNASSIGNED))
    there = msgspec.structs.replace(plan.actions[0], kind="upgrade", old="10")

    handed = hand(full, with_actions(plan, there))

    assert handed.moved == {"PC-2": {"COM-0001": UNASSIGNED}}
    (action,) = actions_in_lots((there,), handed.moved["PC-2"])
    assert (action.old_number, action.number) == ("COM-0001", UNASSIGNED)


def test_an_upgrade_takes_a_seat_in_its_new_book() -> None:
    upgrades = [
        with_actions(plan, msgspec.structs.replace(plan.actions[0], kind="upgrade", old="10", old_number="COM-0009"))
        for plan in plans(1, 2, lots=("COM-0001",))
    ]

    handed = hand(*upgrades)

    assert (handed.seats, list(handed.without_seat)) == ((("COM-0001", "PC-1"),), ["PC-2"])


def test_an_upgrade_of_what_is_in_no_book_takes_a_seat() -> None:
    """It is the first record of the install, so the last seat is not for two of them."""
    upgrades = [
        with_actions(plan, msgspec.structs.replace(plan.actions[0], kind="upgrade", old="10"))
        for plan in plans(1, 2, lots=("COM-0001", UNASSIGNED))
    ]

    handed = hand(*upgrades)

    assert handed.seats == (("COM-0001", "PC-1"), (UNASSIGNED, "PC-2"))
    assert handed.moved == {"PC-2": {"COM-0001": UNASSIGNED}}


def test_a_seat_of_its_own_counts_also_in_a_lot_that_others_have_found_full() -> None:
    history = History(holdings={("PC-3", "dpkg:wps:amd64"): Holding(number="COM-0001")})

    handed = hand(*plans(1, 2, 3), history=history)

    assert handed.seats == (("COM-0001", "PC-3"), ("COM-0002", "PC-1"), ("COM-0002", "PC-2"))


def test_of_many_full_lots_some_are_named() -> None:
    numbers = tuple(f"L{index:02}" for index in range(1, 31))
    compiler = make_compiler(seats=1, more_lots=tuple(Lot(number=number, quantity=0) for number in numbers))
    plan = make_plan(compiler, "PC-1", installs=numbers)

    (reason,) = hand_out([plan], compiler.policy, History()).without_seat.values()

    assert reason.endswith("L10 (0 of 0 taken) and 20 more lots: buy seats, or free some")


def test_free_software_has_no_end_of_seats() -> None:
    free = [
        with_actions(plan, msgspec.structs.replace(plan.actions[0], number="FREE-1", lots=())) for plan in plans(1, 2)
    ]

    assert hand(*free).seats == (("FREE-1", "PC-1"), ("FREE-1", "PC-2"))


def test_what_comes_along_goes_to_the_same_book() -> None:
    (plan,) = plans(1)
    named = plan.actions[0]
    along = msgspec.structs.replace(named, name="libwps", role="dependency", quantity=0, lots=())
    stays = msgspec.structs.replace(along, name="libold", kind="upgrade", old="1")
    leaves = msgspec.structs.replace(named, name="game", kind="remove", old="1", new="", lots=())

    moved = actions_in_lots((named, along, stays, leaves), {"COM-0001": "COM-0002"})

    assert [(action.name, action.number) for action in moved] == [
        ("wps", "COM-0002"),
        ("libwps", "COM-0002"),
        # Its own record says where it is.
        ("libold", "COM-0001"),
        ("game", "COM-0001"),
    ]


def test_a_lot_the_plan_does_not_name_is_refused() -> None:
    """The hash covers the candidates: an altered arming cannot book into any other lot."""
    (plan,) = plans(1)

    with pytest.raises(Refused, match="cannot be recorded under 'COM-0003': plan and arm again"):
        actions_in_lots(plan.actions, {"COM-0001": "COM-0003"})


def test_the_hash_covers_the_candidates() -> None:
    """Which of them is free is not part of a plan, which of them there are is."""
    (one,), (two,), (turned,) = plans(1, lots=BOTH[:1]), plans(1), plans(1, lots=BOTH[::-1])

    assert len({one.hash, two.hash, turned.hash}) == 3
