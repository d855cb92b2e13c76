# SPDX-License-Identifier: Apache-2.0
"""Every computer under both policies, one after the other, so that a large fleet needs no more memory than a small."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from zhengban.model.facts import Facts
from zhengban.model.record import History
from zhengban.model.register import Computer, Register
from zhengban.run.facts import stored_facts, stored_simulations
from zhengban.run.workspace import Workspace

from .replay import Replay, replay_computer
from .shared_rulings import SharedRulings
from .sides import Side


class BothReplays(msgspec.Struct, frozen=True, kw_only=True):
    """One computer under OLD and NEW; a side is None where its register does not have the computer in use.

    ``old is new`` where the edit cannot make a difference to this computer.
    """

    computer: str
    facts: Facts
    old: Replay | None
    new: Replay | None


class Fleet:
    """The computers in use under either policy; ``judged`` and ``without_facts`` fill as they go by."""

    def __init__(self, old: Side, new: Side, workspace: Workspace, now: dt.datetime) -> None:
        self.judged = 0
        self.without_facts: list[str] = []
        self._old, self._new = old, new
        self._workspace = workspace
        self._now = now
        self._histories: dict[int, History] = {}
        self._rulings = SharedRulings()

    def history_of(self, side: Side) -> History:
        """What the ledger knows, over the window of one side's policy."""
        hours = side.policy.baseline.limits.window_hours
        if hours not in self._histories:
            self._histories[hours] = self._workspace.ledger.history(
                now=self._now, window_hours=hours, armed_dir=self._workspace.armed_dir
            )
        return self._histories[hours]

    def replays(self) -> Iterator[BothReplays]:
        """Replay each computer that has stored facts, by number."""
        numbers = {computer.number for side in (self._old, self._new) for computer in side.register.in_use}
        for number in sorted(numbers):
            facts = stored_facts(self._workspace, number)
            if facts is None:
                self.without_facts.append(number)
                continue
            self.judged += 1
            old = self._replay(self._old, number, facts)
            new = old if self._is_untouched(number) else self._replay(self._new, number, facts)
            yield BothReplays(computer=number, facts=facts, old=old, new=new)

    def _is_untouched(self, number: str) -> bool:
        """Whether both sides decide alike about a computer: then it is judged once."""
        old, new = (_in_use(side.register, number) for side in (self._old, self._new))
        if old is None or new is None or old != new:
            return False
        registers = (self._old.register, self._new.register)
        compiled = [side.compiler.for_computer(old) for side in (self._old, self._new)]
        return (
            compiled[0].digest == compiled[1].digest
            and compiled[0].mode == compiled[1].mode
            and registers[0].organisation.timezone == registers[1].organisation.timezone
            and registers[0].person_by_id.get(old.user) == registers[1].person_by_id.get(old.user)
        )

    def _replay(self, side: Side, number: str, facts: Facts) -> Replay | None:
        computer = _in_use(side.register, number)
        if computer is None:
            return None
        compiled = side.compiler.for_computer(computer)
        return replay_computer(
            compiled,
            computer,
            facts,
            history=self.history_of(side),
            today=side.register.organisation.today(self._now),
            simulations=stored_simulations(self._workspace, number, facts),
            rulings=self._rulings.of(compiled, facts),
        )


def _in_use(register: Register, number: str) -> Computer | None:
    computer = register.computer_by_number.get(number)
    return computer if computer is not None and computer.status == "in_use" else None
