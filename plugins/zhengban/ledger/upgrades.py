# SPDX-License-Identifier: Apache-2.0
"""What the ledger knows of decided upgrades: where they were tried, and what health checks found. Source: DESIGN 5."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from zhengban.model.record import Event

from .waivers import armed_for

HEALTH = "upgrade_health"
"""The kind of the events that say how a computer is after an upgrade: {upgrade, healthy, reason}."""


def upgrade_tries(events: Iterable[Event], settled: Collection[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(upgrade, computer) of what was armed in a run and settled there; ``settled`` are (run, computer)."""
    for event in events:
        for identity, computer in armed_for(event, "upgrades"):
            if (event.run, computer) in settled:
                yield identity, computer


def fold_unwell(events: Iterable[Event]) -> dict[tuple[str, str], str]:
    """The reason for each (upgrade, computer) that its last health check found wanting."""
    unwell: dict[tuple[str, str], str] = {}
    for event in events:
        if event.kind == HEALTH:
            place = (str(event.data.get("upgrade", "")), event.computer)
            unwell.pop(place, None)
            if event.data.get("healthy") is not True:
                unwell[place] = str(event.data.get("reason", ""))
    return unwell
