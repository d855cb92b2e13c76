# SPDX-License-Identifier: Apache-2.0
"""Whether the doors a computer should keep shut are shut. Source: DESIGN 4, 10, DOMAIN S4, S6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from zhengban.guard.standing import current_digest, expected_doors
from zhengban.model.facts import Facts
from zhengban.model.finding import Finding
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy


def judge_guard(
    compiled: CompiledPolicy, computer: Computer, facts: Facts, history: History, *, today: dt.date
) -> Iterator[Finding]:
    """One finding for all doors that are not shut, where the policy enforces the guard on this computer.

    A door is not shut to what the guard's table does not know yet: one made before the policy, the register or what is
    on record changed. A computer that was not adopted is only audited.
    """
    doors = expected_doors(facts)
    if compiled.policy.baseline.guard.mode != "enforce" or not computer.is_adopted or not doors:
        return
    states = {door: facts.guard.get(door, "absent") for door in doors}
    ajar = [f"{door} {state}" for door, state in states.items() if state not in ("shut", "unread")]
    table = facts.guard.get("table", "ok")
    if table not in ("ok", "unread"):
        ajar.append(table.replace("_", " "))
    elif table == "ok" and facts.guard.get("policy") != current_digest(compiled, computer, facts, history, today=today):
        ajar.append("table of an older policy or older books")
    if not ajar:
        if table == "unread":
            yield Finding(
                code="unread",
                computer=computer.number,
                clauses=("S6",),
                message="whether the guard is shut could not be read",
                remedy="collect the facts as root: run with become (-b)",
            )
        return
    until, reason = facts.guard.get("open_until"), facts.guard.get("open_reason", "")
    opened = f"; opened until {until}: {reason}" if until else ""
    yield Finding(
        code="guard_open",
        computer=computer.number,
        clauses=("S4", "S6"),
        message=f"the guard is not shut: {', '.join(ajar)}{opened}",
        remedy="wait for its end, or close it there with `zhengban-guard close`"
        if until
        else "run the playbook zhengban.baseline.guard",
    )
