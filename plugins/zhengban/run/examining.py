# SPDX-License-Identifier: Apache-2.0
"""Whether a computer's stored facts can be taken for what is on it, and what they say. Source: DESIGN 3, 4, 8."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterable, Iterator

import msgspec

from zhengban.judge.computer import IDENTITY_PARTS
from zhengban.judge.passed_over import list_packages
from zhengban.model.facts import Facts, Identity, moment_of
from zhengban.model.record import History
from zhengban.model.register import Computer, Register

from .facts import stored_facts
from .presence import Present, present_software
from .workspace import Workspace

MAX_AGE_HOURS = 24


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """One computer by its facts. ``versions`` are those of packages on record that are there, by package.

    ``passed_over`` lists the packages that are not among ``present``, where the computer was not adopted before.

    ``reason`` says why the facts cannot be used; then the rest is empty.
    """

    computer: Computer
    reason: str = ""
    identity: Identity = Identity()
    present: tuple[Present, ...] = ()
    versions: dict[str, str] = {}
    passed_over: str = ""


def examine_computers(
    workspace: Workspace, computers: Iterable[Computer], *, history: History, now: dt.datetime
) -> Iterator[Examined]:
    """Read the stored facts of computers, one after the other; none is asked."""
    for computer in computers:
        facts = stored_facts(workspace, computer.number)
        reason = _objection(computer, facts, now=now)
        if facts is None or reason:
            yield Examined(computer=computer, reason=reason)
            continue
        compiled = workspace.compiler.for_computer(computer)
        held = history.held_on.get(computer.number, {})
        platform = (f"platform:{facts.platform.id}:", facts.platform.version)
        packages = ((package.ref, package.version) for package in facts.packages)
        present = present_software(compiled, facts)
        passed_over = ""
        if computer.number not in history.adopted:
            passed_over = list_packages(facts.rows_by_ref.keys() - {item.package for item in present})
        yield Examined(
            computer=computer,
            identity=facts.identity,
            present=present,
            # Facts are large and the examined are many: nothing else of them is kept.
            versions={package: version for package, version in (platform, *packages) if package in held},
            passed_over=passed_over,
        )


def clashes(register: Register, examined: Iterable[Examined]) -> dict[str, str]:
    """Why computers that have no identity yet cannot have the machine id that their facts give, by number: another one
    has it (cloned images).
    """
    owners: dict[str, set[str]] = {}
    for computer in register.computers:
        if computer.status != "scrapped":
            owners.setdefault(computer.identity.machine_id, set()).add(computer.number)
    found = [item for item in examined if not item.reason and item.identity.machine_id and not item.computer.is_adopted]
    for item in found:
        owners.setdefault(item.identity.machine_id, set()).add(item.computer.number)
    reasons = {}
    for item in found:
        others = sorted(owners[item.identity.machine_id] - {item.computer.number})
        if others:
            reasons[item.computer.number] = (
                f"{', '.join(others)} has the machine id {item.identity.machine_id!r} too: a cloned image; run "
                "systemd-machine-id-setup on one of them and collect the facts again, or correct the register"
            )
    return reasons


def _objection(computer: Computer, facts: Facts | None, *, now: dt.datetime) -> str:
    if computer.status == "scrapped":
        return "the register says it is scrapped; correct its status first if it is still used"
    host = computer.names.ansible or computer.number
    again = f"collect its facts: zhengban facts collect --hosts {shlex.quote(host)}"
    if facts is None:
        return f"no facts of it are stored, or they cannot be read; {again}"
    if facts.imported_at:
        again = "collect its facts there again and carry them over: zhengban facts import FILE"
    collected = moment_of(facts.collected_at)
    if collected is None or abs(now - collected) > dt.timedelta(hours=MAX_AGE_HOURS):
        return f"its facts are of {facts.collected_at!r}, not of the last {MAX_AGE_HOURS} hours; {again}"
    unread = [f"{manager} ({state.why})" for manager, state in sorted(facts.managers.items()) if not state.read]
    if unread or not facts.managers:
        what = ", ".join(unread) or "any package manager"
        return f"what is installed is not known: could not read {what}; repair that, then {again}"
    if facts.identity.is_empty:
        return "it gives neither a machine id nor a serial number to know it by; set up /etc/machine-id"
    for part in IDENTITY_PARTS:
        expected, answered = getattr(computer.identity, part), getattr(facts.identity, part)
        if expected and expected != answered:
            return (
                f"it answers with {part} {answered!r}, the register says {expected!r}: find out which machine this is"
            )
        if not answered.isprintable():
            return f"its {part} {answered!r} is no text that the register could hold"
    return ""
