# SPDX-License-Identifier: Apache-2.0
"""What may leave together, against the plain reading of the words. Source: DESIGN 5."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.facts import facts_of
from zhengban.model.facts import Package
from zhengban.plan.leave import followers, held_back, leads_to

LETTERS = "abcdefgh"


@st.composite
def computers(draw: st.DrawFn) -> tuple[Package, ...]:
    """Up to eight packages with any edges, loops and edges to themselves included."""
    names = LETTERS[: draw(st.integers(1, len(LETTERS)))]
    some = st.lists(st.sampled_from(names), max_size=3, unique=True)
    return facts_of(
        {
            "packages": [
                {"name": name, "needs": draw(some), "needs_virtual": draw(some), "wants": draw(some)} for name in names
            ]
        }
    ).packages


def rows_of(packages: tuple[Package, ...]) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(0, len(packages) - 1))


def edges(package: Package) -> set[int]:
    return {*package.needs, *package.needs_virtual, *package.wants}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_that_stays_needs_what_goes(data: st.DataObject) -> None:
    packages = data.draw(computers())
    leaving = data.draw(rows_of(packages))

    going, blocked = held_back(packages, leaving)

    assert going | blocked.keys() == leaving
    assert not going & blocked.keys()
    for row, package in enumerate(packages):
        assert row in going or not going & set(package.needs)
    for row, keeper in blocked.items():
        assert keeper not in going
        assert row in packages[keeper].needs


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_followers_are_candidates_that_only_what_leaves_needs(data: st.DataObject) -> None:
    packages = data.draw(computers())
    leaving = data.draw(rows_of(packages))
    candidates = data.draw(rows_of(packages))

    found = set(followers(packages, leaving, candidates))

    assert found <= candidates - leaving
    gone = found | leaving
    for row, package in enumerate(packages):
        assert row in gone or not edges(package) & found
    # None is left out that would fit: each other candidate is not reached, or somebody who stays uses what comes of it.
    for row in candidates - gone:
        reached = any(leads_to(packages, start, {row}) for start in leaving)
        kept = any(
            other not in candidates | leaving and (edges(packages[other]) & {row} or leads_to(packages, other, {row}))
            for other in range(len(packages))
        )
        assert kept or not reached or not _alone(packages, row, candidates | leaving, leaving)


def _alone(packages: tuple[Package, ...], row: int, inside: frozenset[int], leaving: frozenset[int]) -> bool:
    """Whether every way of users from ``row`` upwards ends in what leaves, without leaving ``inside``."""
    seen, waiting = {row}, [row]
    while waiting:
        current = waiting.pop()
        if current in leaving:
            continue
        users = [other for other, package in enumerate(packages) if current in edges(package) and other != current]
        if not users or not set(users) <= inside:
            return False
        waiting += [user for user in users if user not in seen]
        seen.update(users)
    return True


def test_held_back_goes_on_until_nothing_changes() -> None:
    packages = facts_of(
        {"packages": [{"name": "a"}, {"name": "b", "needs": ["a"]}, {"name": "c", "needs": ["b"]}, {"name": "d"}]}
    ).packages

    assert held_back(packages, {0, 1, 3}) == (frozenset({3}), {0: 1, 1: 2})
    assert held_back(packages, {0, 1, 2}) == (frozenset({0, 1, 2}), {})


def test_cycles_leave_together() -> None:
    packages = facts_of(
        {
            "packages": [
                {"name": "app", "needs": ["one"]},
                {"name": "one", "needs": ["two", "one"]},
                {"name": "two", "wants": ["one"]},
            ]
        }
    ).packages

    assert followers(packages, {0}, {1, 2}) == (1, 2)
    assert held_back(packages, {1, 2}) == (frozenset({2}), {1: 0}) or held_back(packages, {1, 2})[1] == {1: 0, 2: 1}
