# SPDX-License-Identifier: Apache-2.0
"""How often the fault tests kill, with which seed, and what they say in the end.

They are not part of ``make test``: ``make faults`` names this folder. ``ZHENGBAN_FAULT_RUNS`` is the number of runs of
each kind of kill, ``ZHENGBAN_FAULT_SEED`` draws other kill points.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable

import pytest

LANES = 2
"""Each suite runs in so many tests side by side, each on a workspace of its own."""

Report = Callable[[str, int, Counter[str]], None]


@pytest.fixture(scope="session")
def runs() -> int:
    """How many runs one lane makes."""
    return -(-int(os.environ.get("ZHENGBAN_FAULT_RUNS", "200")) // LANES)


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ.get("ZHENGBAN_FAULT_SEED", "20261123"))


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Keeps one lane's (suite, runs, kills by the phase they landed in) for the summary at the end."""

    def keep(suite: str, done: int, landed: Counter[str]) -> None:
        record_property("faults", json.dumps([suite, done, landed]))

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each suite, its lanes added up."""
    counts: dict[str, Counter[str]] = {}
    for reports in terminalreporter.stats.values():
        for one in reports:
            for name, value in getattr(one, "user_properties", ()):
                if name == "faults" and one.when == "call":
                    suite, done, landed = json.loads(value)
                    counts.setdefault(suite, Counter()).update({"runs": done, **landed})
    if counts:
        terminalreporter.section("faults")
    for suite, total in sorted(counts.items()):
        rest = ", ".join(f"{phase} {count}" for phase, count in total.items() if phase != "runs")
        terminalreporter.line(f"{suite}: {total['runs']} runs; {rest}")
