# SPDX-License-Identifier: Apache-2.0
"""What an edit of the policy does to the fleet, replayed over the facts last stored. Source: DESIGN intro 5."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from zhengban.model.errors import InputError, Problem
from zhengban.model.plan import Plan, SimulationRequest
from zhengban.model.settings import Mode
from zhengban.plan.arm import exceeded_limits
from zhengban.run.workspace import Workspace

from .replay import Replay, shown_version
from .replays import BothReplays, Fleet
from .sides import Side
from .standing import Direction, StandingChange, compare_standings, software_of

_DIRECTIONS: tuple[Direction, ...] = ("loses", "gains", "changes")


class VerdictChange(msgspec.Struct, frozen=True, kw_only=True):
    """Computers whose verdict is another one; a verdict is empty where the register did not have the computer."""

    old: str
    new: str
    computers: tuple[str, ...]


class SoftwareChange(msgspec.Struct, frozen=True, kw_only=True):
    """Installed software that the edit allows or no longer allows, and where it is.

    ``old`` and ``new`` are its standing: approved, excused, a finding's code, or empty where there is nothing to say.
    """

    direction: Direction
    software: str
    product: str
    old: str
    new: str
    computers: tuple[str, ...]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One action that only one of the two policies leads to.

    It is armed where ``mode`` is enforce. ``due`` is the first day it can happen. ``simulated`` says that the
    computer's host has said it would do so; else ``version`` is the range asked for. ``replaces`` is the package that
    leaves for it in the same transaction (an upgrade to another package), else empty.
    """

    computer: str
    kind: Literal["remove", "install", "upgrade"]
    package: str
    version: str
    replaces: str
    number: str
    code: str
    role: str
    mode: Mode
    due: dt.date
    simulated: bool


class NotSimulated(msgspec.Struct, frozen=True, kw_only=True):
    """What a host would have to be asked before the new policy's plan for it is sure."""

    computer: str
    request: SimulationRequest


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between two policies over a fleet.

    ``computers`` counts those in use under either; ``judged`` those among them with stored facts, ``without_facts``
    are the others. ``software`` sorts by (loses, gains, changes; most computers first; software), the rest by computer.
    ``arms`` are actions of the new policy that the old one does not lead to, ``spares`` those of the old one that the
    new one does not. ``limits`` keep everything the new policy arms from going in one run.
    """

    old: str
    new: str
    computers: int
    judged: int
    without_facts: tuple[str, ...] = ()
    verdicts: tuple[VerdictChange, ...] = ()
    software: tuple[SoftwareChange, ...] = ()
    arms: tuple[Move, ...] = ()
    spares: tuple[Move, ...] = ()
    not_simulated: tuple[NotSimulated, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def arms_a_removal(self) -> bool:
        """Whether enforced computers will lose software that they keep under the old policy."""
        return any(move.kind == "remove" and move.mode == "enforce" for move in self.arms)


def measure_impact(old: Side, new: Side, workspace: Workspace, *, now: dt.datetime) -> Impact:
    """Replay both policies over everything stored, one computer at a time.

    Args:
        old, new: the two policies, each with its register.
        workspace: whose stored facts, simulations and ledger are used; its own policy is not read.
        now: the moment, with a time zone.

    Raises:
        InputError: no computer in use has stored facts: nothing can be said.
        LedgerError: the ledger cannot be read.
    """
    fleet = Fleet(old, new, workspace, now)
    gathered = _Gathered()
    for both in fleet.replays():
        gathered.add(both)
    if not fleet.judged:
        hint = "collect them first: ansible-playbook -i inventories/hosts.yml zhengban.baseline.collect"
        raise InputError([Problem(file="facts", message="no computer in use has stored facts", hint=hint)])
    return Impact(
        old=old.name,
        new=new.name,
        computers=fleet.judged + len(fleet.without_facts),
        judged=fleet.judged,
        without_facts=tuple(fleet.without_facts),
        verdicts=gathered.verdict_changes(),
        software=gathered.software_changes(),
        arms=tuple(gathered.arms),
        spares=tuple(gathered.spares),
        not_simulated=tuple(gathered.not_simulated),
        limits=exceeded_limits(tuple(gathered.acting), new.compiler, fleet.history_of(new)),
    )


class _Gathered:
    """What has been seen so far: it grows with what differs, not with the fleet."""

    def __init__(self) -> None:
        self.arms: list[Move] = []
        self.spares: list[Move] = []
        self.not_simulated: list[NotSimulated] = []
        self.acting: list[Plan] = []
        self._verdicts: dict[tuple[str, str], list[str]] = {}
        self._software: dict[StandingChange, list[str]] = {}

    def add(self, both: BothReplays) -> None:
        old, new = both.old, both.new
        if new is not None and new.plan.actions and new.plan.mode == "enforce":
            self.acting.append(msgspec.structs.replace(new.plan, simulations=(), refusals=()))
        if old is new:
            return
        verdicts = (old.assessment.verdict if old else "", new.assessment.verdict if new else "")
        if verdicts[0] != verdicts[1]:
            self._verdicts.setdefault(verdicts, []).append(both.computer)
        if old is not None and new is not None:
            for change in compare_standings(both.facts, old, new):
                self._software.setdefault(change, []).append(both.computer)
        before, after = _moves(both, old), _moves(both, new)
        if old is not None and new is not None and (old.asked is None) != (new.asked is None):
            # What comes along with something is only known where a host has simulated it.
            before, after = _without_dependencies(before), _without_dependencies(after)
        arms = [move for key, move in after.items() if key not in before]
        self.arms += arms
        self.spares += (move for key, move in before.items() if key not in after)
        if arms and new is not None and new.asked is not None:
            self.not_simulated.append(NotSimulated(computer=both.computer, request=new.asked))

    def verdict_changes(self) -> tuple[VerdictChange, ...]:
        return tuple(
            VerdictChange(old=old, new=new, computers=tuple(computers))
            for (old, new), computers in sorted(self._verdicts.items())
        )

    def software_changes(self) -> tuple[SoftwareChange, ...]:
        # What is lost is what people look for, and the widest change first.
        found = sorted(
            self._software.items(), key=lambda item: (_DIRECTIONS.index(item[0].direction), -len(item[1]), item[0])
        )
        return tuple(
            SoftwareChange(**msgspec.structs.asdict(change), computers=tuple(where)) for change, where in found
        )


def _moves(both: BothReplays, replay: Replay | None) -> dict[tuple[str, ...], Move]:
    """The actions of one side by what makes them the same action on the other one."""
    found: dict[tuple[str, ...], Move] = {}
    for action in replay.plan.actions if replay is not None else ():
        assert replay is not None
        move = Move(
            computer=both.computer,
            kind=action.kind,
            package=action.package,
            version=shown_version(action, replay.asked),
            replaces=action.old_package,
            number=action.number,
            code=action.code,
            role=action.role,
            mode=replay.plan.mode,
            due=replay.due.get(action.package, replay.plan.as_of),
            simulated=replay.asked is None,
        )
        # Which architecture an install gets is the host's to say.
        what = action.package if action.kind == "remove" else software_of(action.package)
        found[(action.kind, what, replay.plan.mode)] = move
    return found


def _without_dependencies(moves: dict[tuple[str, ...], Move]) -> dict[tuple[str, ...], Move]:
    return {key: move for key, move in moves.items() if move.role != "dependency"}
