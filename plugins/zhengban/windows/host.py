# SPDX-License-Identifier: Apache-2.0
"""A Windows host as the core sees every host: four questions, answered from the controller through command lines.

The order of a change is the one of other systems: checked, planned again, journalled, carried out, read again. The
journal lies on the host. Source: DESIGN 5, 6, 9.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from zhengban.guard.windows import WindowsGuard
from zhengban.host.rightful import object_to_order
from zhengban.model.errors import Refused
from zhengban.model.facts import WINDOWS, Identity
from zhengban.model.plan import Means, Outcome, SimulationRequest, Step

from .changing import Change, await_sign, change_host
from .document import facts_document
from .execution import Waits
from .guard_journal import GuardError, GuardRegistry
from .guarding import GuardChange, put_guard, read_doors, take_guard_away
from .journal import Journal, JournalEntry, JournalError
from .reading import Programs, Reading, Registry, System, ask_programs, read_software, read_system
from .shell import NoSuchCommand, Shell
from .simulation import Sign, Task, simulate, tasks_of
from .source import CopyError, copy_source, local_problem, remove_copies

_INSTALLER_AT_WORK = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\InProgress"
_SETTLE_SECONDS = 60.0


class WindowsHost:
    """One host behind a shell. ``workspace`` is where the policy's files lie; ``now`` is the controller's clock."""

    def __init__(
        self, shell: Shell, workspace: Path, *, waits: Waits | None = None, now: Callable[[], dt.datetime]
    ) -> None:
        self._shell = shell
        self._workspace = workspace
        self._waits = waits or Waits()
        self._now = now
        self._reading: Reading | None = None

    def software_info(self, known_digest: str, outside: object = None) -> dict[str, Any]:  # noqa: ARG002
        """The facts document; without rows when the digest still is the one the caller holds.

        ``outside`` is for systems with packages: here all software is in one registry.
        """
        return self._document(self._look(), known_digest=known_digest)

    def simulate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """What a request would change, by the registry as it was last read."""
        asked = msgspec.convert(request, SimulationRequest)
        reading = self._reading or self._look()
        found = simulate(asked, reading, self._programs, problem_of=self._local_problem)
        answer: dict[str, Any] = msgspec.to_builtins(found)
        return answer

    def apply(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an order, or refuse it; see ``zhengban.host.transaction`` for order and answer."""
        document: dict[str, Any] | None = None
        try:
            self._check_journal(order["intent"])
            reading = self._look()
            document = self._document(reading)
            if objection := object_to_order(order, document):
                unread = ", ".join(sorted(reading.unread))
                # Somebody who signs in or out is a change as well: their software is read, or not.
                raise Refused([f"{objection} (not read now: {unread})" if unread else objection])
            tasks = self._tasks(order, reading)
            means = dict.fromkeys(task.means for task in tasks if task.means is not None)
            copies = [copy_source(self._shell, self._programs, self._workspace, item) for item in means]
            self._begin(order)
        except (Refused, CopyError, JournalError) as err:
            return _answer("refused", reason=str(err), facts=document)
        change = change_host(
            self._shell,
            self._registry,
            self._programs,
            tasks,
            waits=self._waits,
            profiles_folder=reading.profiles_folder,
            started=lambda handle, sign: self._note(order, handle, sign),
        )
        answer = self._concluded(order, tasks, change)
        remove_copies(self._shell, copies)
        return answer

    def settle(self, intent: str) -> dict[str, Any]:
        """What became of an intent; a program of it that still runs is waited for, and then ``busy`` is the answer."""
        entry = self._journal.entries().get(intent)
        if entry is None or entry.state == "settled":
            self._journal.write(intent, JournalEntry(state="settled"))
            return _answer("never", facts=self._document(self._look()))
        if entry.state == "started":
            if self._is_at_work(entry.command):
                return _answer("busy", reason="a program of the change still runs on the host; recover again later")
            if not self._registry.is_absent(_INSTALLER_AT_WORK, *self._programs.view):
                reason = f"Windows Installer is at work or was cut off ({_INSTALLER_AT_WORK}); recover again later"
                return _answer("busy", reason=reason)
            if entry.sign is not None:
                await_sign(entry.sign, self._registry, self._programs, self._waits.registry)
            self._journal.write(intent, JournalEntry(state="interrupted", plan=entry.plan))
        facts = self._document(self._look())
        if entry.state == "done":
            return _answer("done", outcomes=entry.outcomes, facts=facts)
        return _answer("interrupted", facts=facts)

    def guard(
        self, guard: WindowsGuard | None, identity: Identity, *, check: bool
    ) -> tuple[GuardChange, dict[str, str]]:
        """Put this guard on the host, or take it away (None), and say which doors are shut then.

        Raises:
            GuardError: it is another machine, or that cannot be done.
        """
        here = {"serial_number": self._system.serial_number, "machine_id": self._system.machine_guid}
        for key, answered in here.items():
            expected = getattr(identity, key)
            if expected and expected != answered:
                raise GuardError(f"this is for {key} {expected!r}, this machine has {answered!r}")
        if guard is None:
            change = take_guard_away(self._guard_registry, check=check)
        else:
            change = put_guard(self._guard_registry, guard, now=self._now(), check=check)
        return change, read_doors(self._guard_registry)

    @cached_property
    def _guard_registry(self) -> GuardRegistry:
        return GuardRegistry(self._registry, self._programs.view)

    @cached_property
    def _programs(self) -> Programs:
        return ask_programs(self._shell)

    @cached_property
    def _registry(self) -> Registry:
        return Registry(self._shell, self._programs)

    @cached_property
    def _system(self) -> System:
        return read_system(self._registry, self._programs)

    @cached_property
    def _journal(self) -> Journal:
        return Journal(self._registry, self._programs.view)

    def _look(self) -> Reading:
        self._reading = read_software(self._registry, self._programs, self._system)
        return self._reading

    def _document(self, reading: Reading, *, known_digest: str = "") -> dict[str, Any]:
        doors = read_doors(self._guard_registry)
        return facts_document(reading, guard=doors, known_digest=known_digest, now=self._now())

    def _local_problem(self, means: Means) -> str:
        return local_problem(self._workspace, means)

    def _check_journal(self, intent: str) -> None:
        for name, entry in self._journal.entries().items():
            if name == intent:
                raise Refused([f"the order {intent!r} is in this host's journal as {entry.state!r}; plan again"])
            if entry.state == "started":
                raise Refused([f"the order {name!r} was started here and its end is unknown; recover it first"])

    def _tasks(self, order: Mapping[str, Any], reading: Reading) -> tuple[Task, ...]:
        """The tasks of the order, which must come to exactly its steps."""
        tasks: list[Task] = []
        for transaction in order["transactions"]:
            request = msgspec.convert(transaction["request"], SimulationRequest)
            if request.manager != WINDOWS:
                raise Refused([f"changes through {request.manager} are not carried out on this computer"])
            found = tasks_of(request, reading, self._programs, problem_of=self._local_problem)
            if found.unavailable:
                raise Refused([f"not to be had any more: {item.name}: {item.reason}" for item in found.unavailable])
            if set(msgspec.convert(transaction["steps"], tuple[Step, ...])) != {task.step for task in found.tasks}:
                raise Refused(["this host would do something else now; plan again"])
            tasks += found.tasks
        if not tasks:
            raise Refused(["the order has no steps"])
        return tuple(tasks)

    def _begin(self, order: Mapping[str, Any]) -> None:
        """Say that the order begins, and that no other began at the same moment: both would step back."""
        self._note(order, self._shell.place)
        entries = self._journal.entries()
        if [intent for intent, entry in entries.items() if entry.state == "started"] != [order["intent"]]:
            self._journal.write(order["intent"], JournalEntry(state="settled"))
            raise Refused(["another order began on this host at the same moment; plan again"])
        self._journal.prune(entries)

    def _note(self, order: Mapping[str, Any], handle: str, sign: Sign | None = None) -> None:
        entry = JournalEntry(state="started", plan=order["plan"], command=handle, sign=sign)
        self._journal.write(order["intent"], entry)

    def _concluded(self, order: Mapping[str, Any], tasks: tuple[Task, ...], change: Change) -> dict[str, Any]:
        """The answer, from what is read now; an exit code never makes up for what the registry does not show."""
        reading = self._look()
        if not all(reading.is_read(task.step.arch) for task in tasks):
            # What it has done is unknown. The journal keeps 'started', so that recovering looks again.
            return _answer("failed", output=change.output, facts=self._document(reading))
        outcomes = tuple(change.outcome_of(task, reading) for task in tasks)
        missing = {item.package: item.reason for item in outcomes if item.state == "not_done"}
        told = [f"{package}: {reason}" for package, reason in missing.items()]
        told += [text for ref, text in change.problems.items() if f"{WINDOWS}:{ref}" not in missing]
        try:
            self._journal.write(order["intent"], JournalEntry(state="done", plan=order["plan"], outcomes=outcomes))
        except JournalError as err:
            told.append(str(err))
        return _answer(
            "failed" if told else "done",
            reason="; ".join(told),
            output=change.output,
            outcomes=outcomes,
            facts=self._document(reading),
            needs_restart=change.needs_restart,
        )

    def _is_at_work(self, handle: str) -> bool:
        try:
            if not handle.endswith("/"):
                return self._shell.wait(handle, _SETTLE_SECONDS) is None
        except NoSuchCommand:
            return False
        # It was cut off between starting a program and saying so: what may run there is ended.
        self._shell.end(handle)
        return False


def _answer(
    state: str,
    *,
    reason: str = "",
    output: str = "",
    outcomes: tuple[Outcome, ...] = (),
    facts: dict[str, Any] | None = None,
    needs_restart: bool = False,
) -> dict[str, Any]:
    return {
        "state": state,
        "reason": reason,
        "output": output,
        "outcomes": msgspec.to_builtins(outcomes),
        "facts": facts,
        "needs_restart": needs_restart,
    }
