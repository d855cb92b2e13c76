# SPDX-License-Identifier: Apache-2.0
"""The engine's work: hints in, looks at the minions they name. Source: DESIGN 9."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from zhengban.model.errors import ZhengbanError

from .hints import Hints
from .look import FleetRun
from .office import Office
from .targets import Targets

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
RETRIES = 3


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch of hints; it goes to the event bus as ``zhengban/looked``.

    ``hints`` counts those answered by minion id, ``computers`` maps a number to its state, ``refused`` is why a run was
    not armed.
    """

    hints: Mapping[str, int]
    runs: tuple[str, ...] = ()
    computers: Mapping[str, str] = {}
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Watch:
    """Answers hints, one batch at a time.

    Args:
        open_office: gives the workspace as it is now; policy and register may be edited while the engine runs.
        say: called with every :class:`Looked`.
        look_at_all: begin with every minion of the register: what happened before was said to nobody.
    """

    def __init__(
        self, hints: Hints, open_office: Callable[[], Office], say: Callable[[Looked], None], *, look_at_all: bool
    ) -> None:
        self._hints = hints
        self._open_office = open_office
        self._say = say
        self._look_at_all = look_at_all
        self._tries: dict[str, int] = {}
        self._told = ""

    def step(self, *, wait_seconds: float) -> None:
        """Take one batch of hints and look at their minions; hints that cannot be answered now are kept."""
        hints: dict[str, int] = {}
        try:
            office = self._open_office()
            if self._look_at_all:
                for computer in office.workspace.register.in_use:
                    if computer.names.minion:
                        self._hints.add(computer.names.minion, count=0)
                self._look_at_all = False
            hints = self._hints.take(office.settings.batch, wait_seconds=wait_seconds)
            if hints:
                # Policy or register may have been edited while we waited, before the hint came.
                self._look(self._open_office(), hints)
            self._told = ""
        except ZhengbanError as err:
            if str(err) != self._told:
                log.error("zhengban: no minion can be looked at: %s", err)
            self._told = str(err)
            if not hints:
                # Nobody waited for one either.
                time.sleep(wait_seconds)
            for minion, count in hints.items():
                self._hints.add(minion, count=count, delay_seconds=RETRY_SECONDS)

    def _look(self, office: Office, hints: Mapping[str, int]) -> None:
        there = {item.names.minion: item for item in office.workspace.register.in_use if item.names.minion}
        unknown = tuple(sorted(hints.keys() - there.keys()))
        for minion in unknown:
            log.warning("zhengban: the minion %r is no computer's in the register: not looked at", minion)
        named = tuple(there[minion] for minion in hints if minion in there)
        fleet = office.fleet()
        runs = [fleet.enforce(Targets(computers=named), test=False)] if named else []
        if runs and runs[0].refused and len(named) > 1:
            # One computer over its limit must not keep the others from being looked at.
            runs = [fleet.enforce(Targets(computers=(computer,)), test=False) for computer in named]
        for run in runs:
            self._retry(run)
        self._say(
            Looked(
                hints=dict(hints),
                runs=tuple(run.run for run in runs),
                computers={look.computer: look.state for run in runs for look in run.computers},
                refused=tuple(reason for run in runs for reason in run.refused),
                unknown=unknown,
            )
        )

    def _retry(self, run: FleetRun) -> None:
        """Look again, a few times, where somebody else was at work or nobody answered; limits are for people."""
        for look in run.computers:
            if look.state in ("refused", "pending", "unread") and not run.refused:
                tries = self._tries[look.minion] = self._tries.get(look.minion, 0) + 1
                if tries <= RETRIES:
                    self._hints.add(look.minion, count=0, delay_seconds=RETRY_SECONDS)
                    continue
            self._tries.pop(look.minion, None)


def plain(looked: Looked) -> dict[str, Any]:
    """As the bus carries it."""
    built: dict[str, Any] = msgspec.to_builtins(looked)
    return built
