# SPDX-License-Identifier: Apache-2.0
"""The guard of one computer: what its host is ordered, and what it reports back. Source: DESIGN 10."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, get_args

import msgspec

from zhengban.guard.table import compile_table, encode_table, guard_mode
from zhengban.guard.windows import WindowsGuard, compile_windows_guard
from zhengban.judge import answers_for
from zhengban.model.errors import Refused
from zhengban.model.facts import Facts, Identity
from zhengban.model.register import Computer
from zhengban.model.settings import Mode

from .workspace import Workspace

ATTEMPT = "guard_attempt"


State = Literal["present", "audit", "absent"]
STATES: tuple[State, ...] = get_args(State)


class GuardOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a computer's host is told to do (``zhengban.host.guard_order``); ``mode`` is empty where nothing stays."""

    state: Literal["present", "absent"]
    table: str | None
    identity: Identity
    mode: Mode | Literal[""]

    def plain(self) -> dict[str, Any]:
        """As the host code takes it."""
        return {"state": self.state, "table": self.table, "identity": msgspec.to_builtins(self.identity)}


def order_guard(workspace: Workspace, computer: Computer, state: State, *, now: dt.datetime) -> GuardOrder:
    """The order for one computer: ``audit`` lowers the mode of its table, which nothing here can raise.

    Raises:
        InputError, LedgerError: the policy, the register or the ledger cannot be used; nothing of them matters for
            ``absent``.
    """
    if state == "absent":
        return GuardOrder(state="absent", table=None, identity=computer.identity, mode="")
    compiled = workspace.compiler.for_computer(computer)
    table = compile_table(compiled, computer, workspace.history(now), now=now)
    if state == "audit":
        table = msgspec.structs.replace(table, mode="audit")
    return GuardOrder(state="present", table=encode_table(table), identity=computer.identity, mode=table.mode)


class WindowsGuardOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a Windows computer is to be told; no guard where nothing stays."""

    guard: WindowsGuard | None
    identity: Identity

    @property
    def mode(self) -> Mode | Literal[""]:
        return self.guard.mode if self.guard is not None else ""


def order_windows_guard(
    workspace: Workspace, computer: Computer, state: State, *, now: dt.datetime
) -> WindowsGuardOrder:
    """The same for a Windows computer.

    Raises:
        Refused: enforced, it would stop programs of products that this computer may have; or Windows would not take it.
        InputError: as :func:`order_guard`.
    """
    if state == "absent":
        return WindowsGuardOrder(guard=None, identity=computer.identity)
    guard = windows_guard_of(workspace, computer, now=now, is_audit=state == "audit")
    if guard.mode == "enforce" and guard.unnamed:
        raise Refused(
            [
                f"{computer.number}: enforced, nobody could start {', '.join(guard.unnamed)}: name their programs in "
                "the policy (packages[].programs), or only record (state audit)"
            ]
        )
    # With its library it would be loaded for every host of every other system too.
    from zhengban.windows.applocker_schema import find_schema_errors

    if errors := find_schema_errors(guard.applocker.xml()):
        raise Refused([f"{computer.number}: AppLocker's schema does not take its rules: {text}" for text in errors])
    return WindowsGuardOrder(guard=guard, identity=computer.identity)


def windows_guard_of(
    workspace: Workspace, computer: Computer, *, now: dt.datetime, is_audit: bool = False
) -> WindowsGuard:
    """The guard of one computer, were it one with Windows; ``is_audit`` lowers its mode."""
    compiled = workspace.compiler.for_computer(computer)
    mode: Mode = "audit" if is_audit else guard_mode(compiled, computer)
    return compile_windows_guard(compiled, mode, today=workspace.register.organisation.today(now))


def note_attempts(workspace: Workspace, computer: Computer, facts: Facts, *, now: dt.datetime) -> None:
    """Take the attempts a computer's guard noted into the ledger's events, each once; none from another machine.

    The spool stays on the host, which drops the oldest; what is in the ledger already is known by its id. Texts are the
    host's own: who could write its spool could write anything into it.
    """
    if not facts.attempts or not answers_for(computer, facts):
        return
    known = {
        event.data.get("id")
        for event in workspace.ledger.recall().events
        if event.kind == ATTEMPT and event.computer == computer.number
    }
    fresh = {row["id"]: row for row in facts.attempts if row.get("id") and row["id"] not in known}
    if fresh:
        workspace.ledger.append_events([(ATTEMPT, "", computer.number, row) for row in fresh.values()], at=now)
