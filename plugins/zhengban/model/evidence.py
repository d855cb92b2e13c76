# SPDX-License-Identifier: Apache-2.0
"""How old the facts are that a judgement rests on. Source: DESIGN (every rate says how old its evidence is)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from .facts import Facts, moment_of


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """When one computer's facts were taken, each moment as :class:`Facts` has it."""

    collected_at: str
    read_at: str
    imported_at: str

    @classmethod
    def of(cls, facts: Facts) -> Evidence:
        return cls(collected_at=facts.collected_at, read_at=facts.read_at, imported_at=facts.imported_at)

    def age(self, now: dt.datetime) -> dt.timedelta | None:
        """By the computer's clock; None where it gave no time, and nothing where that is still to come."""
        moment = moment_of(self.collected_at)
        return max(now - moment, dt.timedelta(0)) if moment is not None else None

    def describe_age(self, now: dt.datetime) -> str:
        """The age as people say it, with how the facts came where nobody asked for them."""
        age = self.age(now)
        text = describe_age(age) if age is not None else "unknown"
        return f"{text}, imported" if self.imported_at else text


def describe_age(age: dt.timedelta) -> str:
    """Minutes, hours or days, rounded down: ``5 min``, ``3 h``, ``41 d``."""
    minutes = age // dt.timedelta(minutes=1)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{age.days} d"


def describe_ages(evidence: Iterable[Evidence], now: dt.datetime) -> str:
    """``3 h``, or ``3 h to 41 d`` where several differ; empty where none has an age."""
    ages = sorted(age for item in evidence for age in (item.age(now),) if age is not None)
    if not ages:
        return ""
    newest, oldest = describe_age(ages[0]), describe_age(ages[-1])
    return newest if newest == oldest else f"{newest} to {oldest}"
