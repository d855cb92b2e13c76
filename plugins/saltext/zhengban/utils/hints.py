# SPDX-License-Identifier: Apache-2.0
"""Minions to look at, in the order they were first named; many hints about one minion are one look."""

from __future__ import annotations

import re
import threading
import time

# A minion id holds no slash. Both are what a minion says, or what anybody says who may send events: hints.
TAGS = re.compile(r"salt/(?:beacon/(?P<changed>[^/]+)/zhengban/.*|minion/(?P<started>[^/]+)/start)\Z")

_PAUSE_SECONDS = 0.2


def minion_of(tag: str) -> str:
    """The minion that an event's tag names; empty when the event is none of ours."""
    found = TAGS.match(tag)
    return (found["changed"] or found["started"]) if found else ""


class Hints:
    """A queue between the thread that listens and the one that looks.

    A hint is answered by a look that begins after it came, so none is lost and those of one minion stay in order: a
    hint that comes while its minion is being looked at is a new one.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._later: dict[str, float] = {}
        self._changed = threading.Condition()

    def add(self, minion: str, *, count: int = 1, delay_seconds: float = 0) -> None:
        """Note ``count`` hints about a minion, not to be given out before ``delay_seconds`` are over."""
        with self._changed:
            if delay_seconds:
                self._later.setdefault(minion, time.monotonic() + delay_seconds)
            else:
                self._later.pop(minion, None)
            self._counts[minion] = self._counts.get(minion, 0) + count
            self._changed.notify()

    def take(self, limit: int, *, wait_seconds: float) -> dict[str, int]:
        """At most ``limit`` minions, first named first, with the number of hints each; empty when none came in time."""
        deadline = time.monotonic() + wait_seconds
        with self._changed:
            while True:
                now = time.monotonic()
                ready = [minion for minion in self._counts if self._later.get(minion, 0) <= now][:limit]
                if ready or now >= deadline:
                    break
                self._changed.wait(min(deadline - now, _PAUSE_SECONDS if self._later else deadline - now))
            for minion in ready:
                self._later.pop(minion, None)
            return {minion: self._counts.pop(minion) for minion in ready}
