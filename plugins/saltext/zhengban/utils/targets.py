# SPDX-License-Identifier: Apache-2.0
"""Which computers a run is about. The register decides; what a minion says about itself does not.

Only ids and computer numbers select. Grains are claims of the minion: a target by grain would let a computer leave the
run by itself. Source: DESIGN 9, 11.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fnmatch import fnmatchcase

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem
from zhengban.model.register import Computer, Register

_PATTERN = re.compile(r"[*?\[]")


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """``computers`` are in use and can be asked, sorted by number; ``unknown`` ids have a key and no computer."""

    computers: tuple[Computer, ...]
    unknown: tuple[str, ...] = ()


def select_targets(
    register: Register, tgt: str | Collection[str], *, accepted: Collection[str], over_winrm: Collection[str] = ()
) -> Targets:
    """The computers named by minion id or computer number.

    Args:
        tgt: a text: names and patterns over them, commas between; or a list of names, taken literally: an event's id
            may be called ``*``.
        accepted: ids whose keys the master has accepted.
        over_winrm: numbers of computers that are asked over WinRM where they have no minion.

    Raises:
        InputError: a name, not a pattern, that no computer in use that can be asked has; a pattern that matches
            nothing.
    """
    wanted = [part.strip() for part in tgt.split(",")] if isinstance(tgt, str) else [str(name) for name in tgt]
    wanted = [name for name in wanted if name]
    there = {computer.names.minion: computer for computer in register.in_use if computer.names.minion}
    without = (item for item in register.in_use if item.number in over_winrm and not item.names.minion)
    known = {**{computer.number: computer for computer in (*there.values(), *without)}, **there}
    chosen: dict[str, Computer] = {}
    unknown: set[str] = set()
    problems = [] if wanted else [_problem("the target is empty", "name minions, computers, or '*'")]
    for name in wanted:
        if isinstance(tgt, str) and _PATTERN.search(name):
            found = [computer for key, computer in known.items() if fnmatchcase(key, name)]
            strange = {minion for minion in accepted if fnmatchcase(minion, name)} - there.keys()
            if not found and not strange:
                problems.append(_problem(f"no computer in use has a minion like {name!r}", ""))
            unknown |= strange
        elif name in known:
            found = [known[name]]
        else:
            message = f"no computer in use has the number or the minion {name!r}"
            problems.append(_problem(message, suggest(name, known)))
            found = []
        chosen.update({computer.number: computer for computer in found})
    if problems:
        raise InputError(problems)
    return Targets(computers=tuple(chosen[number] for number in sorted(chosen)), unknown=tuple(sorted(unknown)))


def _problem(message: str, hint: str) -> Problem:
    return Problem(file="inventories/register/computers.yml", path="names.minion", message=message, hint=hint)
