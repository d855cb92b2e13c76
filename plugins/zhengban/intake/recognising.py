# SPDX-License-Identifier: Apache-2.0
"""Which computer of the register a document is about that nobody asked for. Source: DESIGN 2 (identity), 3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.judge.computer import IDENTITY_PARTS, answers_for, identity_differences
from zhengban.model.facts import Facts
from zhengban.model.register import Computer, Register


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """The number of the computer, and what it is known by; ``reason`` says why there is none."""

    computer: str = ""
    known_by: Literal["identity", "host_name", ""] = ""
    reason: str = ""


def recognise(register: Register, facts: Facts) -> Recognised:
    """The computer whose identity a machine has; else the one that is called like it, if that has no identity yet.

    A computer that has an identity is never recognised by a name alone: anybody can take a name.
    """
    alike = [computer for computer in register.computers if computer.is_adopted and answers_for(computer, facts)]
    # What was scrapped may live on in another computer's row.
    alike = [computer for computer in alike if computer.status != "scrapped"] or alike
    if len(alike) == 1:
        return Recognised(computer=alike[0].number, known_by="identity")
    if alike:
        return Recognised(reason=f"{_numbers(alike)} have its identity ({_identity(facts)}); correct the register")
    spellings = _spellings(facts.host)
    named = [computer for computer in register.computers if not spellings.isdisjoint(_names(computer))]
    named = [computer for computer in named if computer.status != "scrapped"] or named
    other = next((computer for computer in (*named, *register.computers) if _is_other(computer, facts, named)), None)
    if other is not None:
        differences = " and ".join(
            f"its {part} is {answered!r}, not {expected!r}"
            for part, expected, answered in identity_differences(other, facts)
        )
        return Recognised(reason=f"is like {other.number}, but {differences}; find out which machine this is")
    if len(named) == 1:
        return Recognised(computer=named[0].number, known_by="host_name")
    if named:
        return Recognised(reason=f"{_numbers(named)} are called {facts.host!r}; correct their names in the register")
    known = {name for computer in register.computers for name in _names(computer)}
    hint = suggest(facts.host, known)
    return Recognised(
        reason=f"no computer of the register has its identity ({_identity(facts)}) or its name {facts.host!r}"
        f"{f'; {hint}' if hint else ''}"
    )


def _is_other(computer: Computer, facts: Facts, named: Iterable[Computer]) -> bool:
    """Whether a machine is taken for this computer, by its name or a part of its identity, and is another one."""
    if not computer.is_adopted:
        return False
    parts = ((getattr(computer.identity, part), getattr(facts.identity, part)) for part in IDENTITY_PARTS)
    return computer in named or any(known and known == answered for known, answered in parts)


def _names(computer: Computer) -> frozenset[str]:
    return frozenset().union(*map(_spellings, (computer.number, computer.names.ansible, computer.names.minion)))


def _spellings(name: str) -> frozenset[str]:
    """The name with and without its domain; names of hosts have no case."""
    plain = name.casefold()
    return frozenset(filter(None, (plain, plain.split(".")[0])))


def _numbers(computers: Iterable[Computer]) -> str:
    return " and ".join(computer.number for computer in computers)


def _identity(facts: Facts) -> str:
    answers = ((part, getattr(facts.identity, part)) for part in IDENTITY_PARTS)
    return ", ".join(f"{part} {text!r}" for part, text in answers if text) or "it gives none"
