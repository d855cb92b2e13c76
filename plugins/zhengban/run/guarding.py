# SPDX-License-Identifier: Apache-2.0
"""The guard of one computer: the table it is given, and what it reports back. Source: DESIGN 10."""

from __future__ import annotations

import datetime as dt

import msgspec

from zhengban.guard.table import compile_table, encode_table
from zhengban.judge import answers_for
from zhengban.model.facts import Facts
from zhengban.model.policy import Mode
from zhengban.model.register import Computer

from .workspace import Workspace

ATTEMPT = "guard_attempt"


class EncodedTable(msgspec.Struct, frozen=True, kw_only=True):
    """A computer's table as its host reads it, and the mode it has."""

    text: str
    mode: Mode


def guard_table(workspace: Workspace, computer: Computer, *, now: dt.datetime, is_audit: bool = False) -> EncodedTable:
    """Compile a computer's table; ``is_audit`` lowers its mode, which nothing here can raise.

    Raises:
        InputError, LedgerError: the policy, the register or the ledger cannot be used.
    """
    compiled = workspace.compiler.for_computer(computer)
    table = compile_table(compiled, computer, workspace.history(now), now=now)
    if is_audit:
        table = msgspec.structs.replace(table, mode="audit")
    return EncodedTable(text=encode_table(table), mode=table.mode)


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
