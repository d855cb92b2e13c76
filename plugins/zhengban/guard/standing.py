# SPDX-License-Identifier: Apache-2.0
"""Which doors a computer has, and what its guard would be put there by today. Source: DESIGN 10."""

from __future__ import annotations

import datetime as dt

from zhengban.model.facts import WINDOWS, Facts
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

from .table import digest_policy, guard_mode
from .windows import compile_windows_guard


def expected_doors(facts: Facts) -> tuple[str, ...]:
    """The doors that a computer should keep shut by the package managers it has, sorted; () where none has one of ours.

    Whether an rpm system has dnf 4 or dnf 5, which shut doors, only a guard that is there says.
    """
    doors = {"apt", "dpkg"} if "dpkg" in facts.managers else set()
    if "rpm" in facts.managers:
        doors |= {"dnf"} if not facts.guard else {"dnf", "dnf5"} & facts.guard.keys()
    if WINDOWS in facts.managers:
        doors |= {"applocker", "installer"}
    return tuple(sorted(doors))


def current_digest(
    compiled: CompiledPolicy, computer: Computer, facts: Facts, history: History, *, today: dt.date
) -> str:
    """What ``policy`` in the computer's guard is as long as nothing has changed since it was put there."""
    if WINDOWS in facts.managers:
        return compile_windows_guard(compiled, guard_mode(compiled, computer), today=today).digest
    return digest_policy(compiled, computer, history)
