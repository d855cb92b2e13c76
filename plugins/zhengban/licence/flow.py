# SPDX-License-Identifier: Apache-2.0
"""Filling lots with as many installs as they hold: a maximum flow over groups that may use the same lots."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import pairwise

# What may use the same lots: its place among the groups.
Group = int
_NO_END = 1 << 60


class Flow:
    """Members of groups, placed in lots; a lot that has filled stays filled while its members are moved about.

    Args:
        free: seats by lot, None where there is no end of them.
    """

    def __init__(self, free: Mapping[str, int | None]) -> None:
        self._free = {lot: _NO_END if seats is None else max(0, seats) for lot, seats in free.items()}
        self._groups: dict[tuple[str, ...], Group] = {}
        self._lots: list[tuple[str, ...]] = []
        self._members: list[frozenset[str]] = []
        self._waiting: list[int] = []
        self._placed: dict[str, dict[Group, int]] = {lot: {} for lot in free}

    def add(self, lots: tuple[str, ...]) -> Group:
        """One more member that waits for a place in one of these lots, in its order of preference."""
        group = self._groups.setdefault(lots, len(self._lots))
        if group == len(self._lots):
            self._lots.append(lots)
            self._members.append(frozenset(lots))
            self._waiting.append(0)
        self._waiting[group] += 1
        return group

    def drop(self, group: Group) -> None:
        """A member that waits does so no more."""
        self._waiting[group] -= 1

    def place(self, group: Group, lot: str) -> None:
        """Give a waiting member of a group this very lot, when it may use it and the lot has a seat."""
        if lot in self._members[group] and self._waiting[group] and self._free[lot]:
            self._push([(group, lot)], 1)

    def placed(self, group: Group) -> dict[str, int]:
        """How many of a group are in which lot, in its order of preference."""
        return {lot: self._placed[lot][group] for lot in self._lots[group] if group in self._placed[lot]}

    def fill(self, lots: frozenset[str]) -> None:
        """Place as many as these lots hold, moving others among them as little as each needs."""
        closed: set[str] = set()
        # Who has least to choose from first: it saves moves; the names make it the same every time.
        for group in sorted(range(len(self._lots)), key=lambda group: (len(self._lots[group]), self._lots[group])):
            for lot in self._lots[group]:
                size = min(self._waiting[group], self._free[lot]) if lot in lots else 0
                if size:
                    self._push([(group, lot)], size)
            while self._waiting[group]:
                way = self._find_way(group, lots, closed)
                if not way:
                    break
                self._push(way, self._size(way))

    def _find_way(self, group: Group, lots: frozenset[str], closed: set[str]) -> list[tuple[Group, str]]:
        """The shortest chain of (who, into which lot) that ends in a free seat: each makes room for the one before.

        Where there is none, no later one leads through any lot that was seen, so these are ``closed``.
        """
        came: dict[str, tuple[str, Group]] = {
            lot: ("", group) for lot in self._lots[group] if lot in lots and lot not in closed
        }
        seen = {group}
        queue = deque(came)
        while queue:
            lot = queue.popleft()
            if self._free[lot]:
                way = []
                while lot:
                    before, who = came[lot]
                    way.append((who, lot))
                    lot = before
                return way[::-1]
            for who in sorted(self._placed[lot].keys() - seen, key=self._lots.__getitem__):
                seen.add(who)
                for other in self._lots[who]:
                    if other in lots and other not in came and other not in closed:
                        came[other] = (lot, who)
                        queue.append(other)
        closed.update(came)
        return []

    def _size(self, way: list[tuple[Group, str]]) -> int:
        """How many can go along a way at once."""
        leaving = (self._placed[lot][who] for (_first, lot), (who, _to) in pairwise(way))
        return min(self._waiting[way[0][0]], self._free[way[-1][1]], *leaving)

    def _push(self, way: list[tuple[Group, str]], size: int) -> None:
        self._waiting[way[0][0]] -= size
        self._free[way[-1][1]] -= size
        for (_first, lot), (who, _to) in pairwise(way):
            self._placed[lot][who] -= size
            if not self._placed[lot][who]:
                del self._placed[lot][who]
        for who, lot in way:
            self._placed[lot][who] = self._placed[lot].get(who, 0) + size
