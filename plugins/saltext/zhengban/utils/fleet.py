# SPDX-License-Identifier: Apache-2.0
"""One run over many computers: settle, plan all, arm once, carry out. Source: DESIGN 5, 9."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from zhengban.judge import judge
from zhengban.ledger.ids import new_run_id
from zhengban.model.errors import Busy, InputError, LedgerError, Refused, ZhengbanError
from zhengban.model.plan import Plan
from zhengban.model.register import Computer
from zhengban.model.settings import Mode
from zhengban.plan import Armed, Deployment
from zhengban.run.applying import apply_plan
from zhengban.run.arming import arm_run
from zhengban.run.facts import outside_question, stored_facts
from zhengban.run.guarding import State
from zhengban.run.planning import plan_host
from zhengban.run.requests import order_of
from zhengban.run.settling import settle_host
from zhengban.run.workspace import Workspace

from .guards import GuardLook
from .look import FleetRun, Look
from .targets import Targets
from .ways import Ways

_PAUSE_SECONDS = 0.2

_Seen = TypeVar("_Seen", Look, GuardLook)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many computers are through, and how many there are."""


class Fleet:
    """The computers of one workspace that can be asked.

    Args:
        batch: how many of them are planned, or changed, side by side.
        wait_seconds: how long to wait for another run that is being armed; 0 refuses at once.
    """

    def __init__(
        self, workspace: Workspace, ways: Ways, *, batch: int, wait_seconds: float, progress: Progress
    ) -> None:
        self._workspace = workspace
        self._ways = ways
        self._batch = batch
        self._wait_seconds = wait_seconds
        self._progress = progress

    def audit(self, targets: Targets, *, test: bool) -> FleetRun:
        """Settle what is open, read, judge and plan; nothing on a minion changes.

        With ``test``, nothing is written on the master either. Raises as :meth:`enforce`.
        """
        run = new_run_id(_now())
        looks = self._plan(targets, test=test, mode="audit")
        return FleetRun(run=run, test=test, computers=tuple(looks.values()), unknown=targets.unknown)

    def enforce(
        self, targets: Targets, *, test: bool, deployment: Deployment | None = None, request: str = ""
    ) -> FleetRun:
        """Settle what is open, plan every target, arm the run once, and carry it out; or do so with a deployment, or
        with what the approved request of this id orders.

        With ``test`` nothing is written or changed; plans, hashes and refusals are those of a real run.

        Raises:
            InputError: policy, register or deployment are wrong; nothing was asked.
            LedgerError: the ledger cannot be used; what was being carried out is pending.
        """
        run = new_run_id(_now())
        looks = self._plan(targets, test=test, deployment=deployment, request=request)
        offered = {look.minion or look.computer: look.plan for look in looks.values()}
        try:
            armed = self._arm(offered, run=run, test=test)
        except Refused as err:
            looks = {number: _not_armed(look) for number, look in looks.items()}
            return FleetRun(
                run=run, test=test, computers=tuple(looks.values()), refused=err.reasons, unknown=targets.unknown
            )
        looks = {number: _as_armed(look, armed) for number, look in looks.items()}
        if not test:
            acting = [computer for computer in targets.computers if computer.number in armed.computers]
            looks |= self._each(
                "carrying out", acting, lambda computer: self._apply(computer, looks[computer.number], armed)
            )
        return FleetRun(run=armed.run, test=test, computers=tuple(looks.values()), unknown=targets.unknown)

    def recover(self, targets: Targets, *, test: bool) -> FleetRun:
        """Settle what earlier runs left open; computers with nothing open are not asked and not in the result."""
        pending = {intent.computer for intent in self._workspace.ledger.pending()}
        concerned = [computer for computer in targets.computers if computer.number in pending]
        looks = self._each("settling", concerned, lambda computer: self._settle(computer, test=test))
        return FleetRun(run="", test=test, computers=tuple(looks.values()))

    def guard(self, targets: Targets, *, state: State, test: bool) -> tuple[GuardLook, ...]:
        """Order the guard of every target: each gets the table compiled for it. With ``test``, nothing is changed.

        Raises:
            InputError, LedgerError: policy, register or ledger cannot be used; minions may have been ordered already.
        """
        now = _now()
        if state != "absent":
            # Loaded by one thread, before the others want it.
            _ = self._workspace.compiler
            self._workspace.history(now)

        def order(computer: Computer) -> GuardLook:
            return self._ways.guard(self._workspace, computer, state, test=test, now=now)

        looks = self._each("guarding", list(targets.computers), order)
        return tuple(looks[computer.number] for computer in targets.computers)

    def report(self, targets: Targets) -> FleetRun:
        """Judge by the facts last kept; nobody is asked and nothing is written."""
        now = _now()
        today = self._workspace.register.organisation.today(now)
        history = self._workspace.history(now)

        def judged(computer: Computer) -> Look:
            compiled = self._workspace.compiler.for_computer(computer)
            facts = stored_facts(self._workspace, computer.number)
            assessment = judge(compiled, computer, facts, history=history, today=today)
            return _look(computer, "unread" if facts is None else "unchanged", assessment=assessment)

        looks = {computer.number: judged(computer) for computer in targets.computers}
        return FleetRun(run="", test=True, computers=tuple(looks.values()), unknown=targets.unknown)

    def _plan(
        self,
        targets: Targets,
        *,
        test: bool,
        mode: Mode | None = None,
        deployment: Deployment | None = None,
        request: str = "",
    ) -> dict[str, Look]:
        """A look at every target, by number, in the order of the targets."""
        now = _now()
        # Loaded by one thread, before the others want it.
        _ = self._workspace.compiler
        opened = {look.computer: look for look in self.recover(targets, test=test).computers}
        free = [item for item in targets.computers if item.number not in opened or opened[item.number].state == "done"]
        history = self._workspace.history(now)
        headers = self._ways.read_headers(free, outside=outside_question(self._workspace), test=test)

        def look_at(computer: Computer) -> Look:
            settled = opened[computer.number].settled if computer.number in opened else ()
            header = headers.get(computer.number)
            if isinstance(header, ZhengbanError):
                return _look(computer, "unread", reason=str(header), settled=settled)
            try:
                host = self._ways.host(computer, header=header, test=test)
                # Only now that an open change is settled: the request may have been used for it.
                order = order_of(self._workspace, request, computer.number, now=now) if request else deployment
                planned = plan_host(
                    self._workspace, computer, host, now=now, check=test, mode=mode, deployment=order, history=history
                )
            except (InputError, LedgerError):
                raise
            except Refused as err:
                return _look(computer, "refused", reason=str(err), settled=settled)
            except ZhengbanError as err:
                return _look(computer, "unread", reason=str(err), settled=settled)
            state = "planned" if planned.plan is not None and planned.plan.actions else "unchanged"
            return _look(computer, state, assessment=planned.assessment, plan=planned.plan, settled=settled)

        looks = self._each("planning", free, look_at)
        return {item.number: looks.get(item.number) or opened[item.number] for item in targets.computers}

    def _settle(self, computer: Computer, *, test: bool) -> Look:
        pending = self._workspace.ledger.pending_of(computer.number)
        if test and pending is not None:
            reason = f"run {pending.run} left a change open; a run without test=True settles it first"
            return _look(computer, "pending", reason=reason)
        try:
            records = settle_host(self._workspace, computer, self._ways.host(computer))
        except LedgerError:
            raise
        except ZhengbanError as err:
            return _look(computer, "pending", reason=str(err))
        return _look(computer, "done", settled=records or ())

    def _arm(self, offered: Mapping[str, Plan | None], *, run: str, test: bool) -> Armed:
        deadline = time.monotonic() + self._wait_seconds
        while True:
            try:
                return arm_run(self._workspace, offered, run=run, now=_now(), check=test)
            except Busy:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_PAUSE_SECONDS)

    def _apply(self, computer: Computer, look: Look, armed: Armed) -> Look:
        plan_hash = armed.computers[computer.number]
        try:
            host = self._ways.host(computer)
            applied = apply_plan(self._workspace, computer, plan_hash, host, run=armed.run, now=_now())
        except Refused as err:
            return msgspec.structs.replace(look, state="refused", reason=str(err))
        except LedgerError:
            raise
        except ZhengbanError as err:
            return msgspec.structs.replace(
                look, state="pending", reason=f"{err}; the change stays open until it answers"
            )
        return msgspec.structs.replace(
            look, state=applied.state, reason=applied.reason, outcomes=applied.outcomes, records=applied.records
        )

    def _each(self, what: str, computers: list[Computer], work: Callable[[Computer], _Seen]) -> dict[str, _Seen]:
        """Do a piece of work for each computer, some side by side; an error ends it when those begun are through."""
        looks: dict[str, _Seen] = {}
        with ThreadPoolExecutor(max_workers=self._batch) as pool:
            try:
                for look in pool.map(work, computers):
                    looks[look.computer] = look
                    self._progress(what, len(looks), len(computers))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return looks


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _look(computer: Computer, state: Any, **fields: Any) -> Look:
    return Look(computer=computer.number, minion=computer.names.minion, state=state, **fields)


def _not_armed(look: Look) -> Look:
    if look.plan is None or not look.plan.actions or look.plan.mode == "audit":
        return _as_audited(look)
    return msgspec.structs.replace(look, state="refused", reason="the run was not armed")


def _as_audited(look: Look) -> Look:
    is_audit_only = look.plan is not None and look.plan.actions and look.plan.mode == "audit"
    return msgspec.structs.replace(look, state="audit_only") if is_audit_only else look


def _as_armed(look: Look, armed: Armed) -> Look:
    reason = armed.without_seat.get(look.computer)
    return msgspec.structs.replace(look, state="left_out", reason=reason) if reason else _as_audited(look)
