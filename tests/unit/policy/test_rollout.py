# SPDX-License-Identifier: Apache-2.0
"""Which computers an upgrade reaches, and from when. Source: DESIGN 2 (``upgrades.yml``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from zhengban.model.policy import Product, RolloutStep, Upgrade
from zhengban.policy.rollout import first_day, share_of, sides_of

OFFICE = Upgrade(software="WPS Office", source="2019", target="2023", rollout=())
ZIP = Upgrade(software="7-Zip", to_version=">=23.01", rollout=())
MONDAY = dt.date(2026, 12, 7)
TUESDAY = dt.date(2026, 12, 8)


def _percent(percent: int, start: dt.date) -> RolloutStep:
    return RolloutStep(percent=percent, start=start)


def test_a_share_never_changes() -> None:
    # Written out: a release that changes them would restart every rollout with other computers.
    assert [share_of(number, OFFICE) for number in ("PC-0001", "PC-0002", "NB-0001")] == [82, 74, 1]
    assert [share_of(number, ZIP) for number in ("PC-0001", "PC-0002", "NB-0001")] == [14, 8, 98]


def test_shares_are_spread() -> None:
    shares = [share_of(f"PC-{index:04}", OFFICE) for index in range(5000)]

    assert set(shares) == set(range(100))
    assert sum(1 for share in shares if share < 10) == pytest.approx(500, abs=75)


def test_another_request_or_rollout_keeps_the_shares_another_version_does_not() -> None:
    again = Upgrade(
        software="WPS Office", source="2019", target="2023", request="REQ-1", rollout=(_percent(1, MONDAY),)
    )
    other = Upgrade(software="WPS Office", source="2019", target="2024", rollout=())
    numbers = [f"PC-{index:04}" for index in range(50)]

    assert [share_of(number, again) for number in numbers] == [share_of(number, OFFICE) for number in numbers]
    assert [share_of(number, other) for number in numbers] != [share_of(number, OFFICE) for number in numbers]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), None),
        ((_percent(82, MONDAY),), None),
        ((_percent(83, MONDAY),), MONDAY),
        ((_percent(10, MONDAY), _percent(100, TUESDAY)), TUESDAY),
        ((_percent(90, MONDAY), _percent(100, TUESDAY)), MONDAY),
        ((RolloutStep(start=MONDAY), _percent(100, TUESDAY)), MONDAY),
        ((_percent(100, TUESDAY), RolloutStep(start=MONDAY)), MONDAY),
    ],
)
def test_the_first_step_that_reaches_a_computer_counts(steps: Sequence[RolloutStep], expected: dt.date | None) -> None:
    assert first_day("PC-0001", OFFICE, steps) == expected


def test_sides() -> None:
    old = Product(name="WPS Office", version="2019", type="commercial", category="office")
    new = Product(name="WPS Office", version="2023", type="commercial", category="office")
    same_name = Product(name="WPS Office", type="free", category="office", number="FREE-1")
    free = Product(name="7-Zip", type="free", category="other", number="FREE-2")

    assert sides_of(OFFICE, (free, new, same_name, old)) == (old, new)
    assert sides_of(OFFICE, (old, same_name)) is None
    assert sides_of(ZIP, (old, free)) == (free, free)
    assert sides_of(ZIP, (old, new)) is None
