# SPDX-License-Identifier: Apache-2.0
"""The three verbs: installs, removals and upgrades nobody recorded. Source: DESIGN 4, DOMAIN S4, I1, L3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zhengban.model.facts import Facts
from zhengban.model.finding import Finding
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

from .approve import Ruling


def judge_private(
    compiled: CompiledPolicy,
    computer: Computer,
    facts: Facts,
    rulings: tuple[Ruling, ...],
    recognised: Mapping[int, int],
    history: History,
) -> Iterator[Finding]:
    """What differs between an adopted computer and its books."""
    yield from ()
