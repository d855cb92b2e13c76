# SPDX-License-Identifier: Apache-2.0
"""The programs of one order, run one after the other, each until the registry shows what it was for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from zhengban.model.facts import WINDOWS
from zhengban.model.plan import Outcome

from .entry import Entry
from .execution import Waits, execute
from .reading import Programs, Reading, Registry, read_machine_entries
from .removal import Job, NoWay, removal_of
from .shell import Shell
from .simulation import Sign, Task

_OUTPUT_CHARACTERS = 4000
_POLL_SECONDS = 1.0


@dataclass
class Change:
    """What the programs of an order did; ``problems`` by ``name:arch`` of the step."""

    problems: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    needs_restart: bool = False

    @property
    def output(self) -> str:
        """The end of what was run and said."""
        return "\n".join(self.said)[-_OUTPUT_CHARACTERS:]

    def outcome_of(self, task: Task, reading: Reading) -> Outcome:
        """What the registry shows of one step; where an entry is there twice, the old one counts."""
        versions = sorted(entry.version for entry in reading.entries if entry.ref == task.ref)
        others = [version for version in versions if version != task.step.new]
        is_done = not others and (not task.step.new or task.step.new in versions)
        version = (others or versions or [""])[0]
        expected = f"expected {task.step.new or 'absent'}, found {version or 'absent'}"
        reason = "; ".join(part for part in (expected, self.problems.get(task.ref, "")) if part)
        return Outcome(
            package=f"{WINDOWS}:{task.ref}",
            state="done" if is_done else "not_done",
            version=version,
            reason="" if is_done else reason,
        )


def change_host(
    shell: Shell,
    registry: Registry,
    programs: Programs,
    tasks: tuple[Task, ...],
    *,
    waits: Waits,
    profiles_folder: str,
    started: Callable[[str, Sign], None],
) -> Change:
    """Carry out tasks in their order.

    One that fails does not keep the others from theirs; only what should take the place of something waits for it to
    leave. ``started`` is told the place a program is about to be started in, then its handle as soon as it runs, each
    time with how one sees that its step is done.
    """
    change = Change()

    def run_job(job: Job, sign: Sign) -> str:
        started(shell.place, sign)
        executed = execute(shell, job, waits, started=lambda handle: started(handle, sign))
        change.said.append(executed.output)
        change.needs_restart = change.needs_restart or executed.needs_restart
        return executed.problem

    def carry_out(task: Task) -> str:
        replaced = task.means.replaces if task.means is not None else ""
        if replaced in change.problems:
            return f"{replaced} did not leave, so it was not begun"
        problem = run_job(task.job, task.sign) or await_sign(task.sign, registry, programs, waits.registry)
        old = task.entry
        if problem or task.step.kind != "upgrade" or old is None or not _is_beside(old, registry, programs):
            return problem
        job = removal_of(old, None, programs, profiles_folder=profiles_folder)
        return (
            f"{old.version} of it is still there: {job.reason}" if isinstance(job, NoWay) else run_job(job, task.sign)
        )

    for task in tasks:
        problem = carry_out(task)
        if problem:
            change.problems[task.ref] = problem
    return change


def await_sign(sign: Sign, registry: Registry, programs: Programs, seconds: float) -> str:
    """Wait until the registry shows what was ordered: some uninstallers return before they are done.

    Returns:
        Why not, after so long; empty as soon as it shows.
    """
    deadline = time.monotonic() + seconds
    while not _shows(sign, registry, programs):
        if time.monotonic() >= deadline:
            return f"the registry does not show it {seconds:.0f} s after the program ended"
        time.sleep(_POLL_SECONDS)
    return ""


def _shows(sign: Sign, registry: Registry, programs: Programs) -> bool:
    arch = sign.step.arch
    if sign.path:
        return registry.is_absent(sign.path, *programs.views.get(arch, ()))
    found = read_machine_entries(registry, programs, arch)
    return any(entry.name == sign.step.name and entry.version == sign.step.new for entry in found)


def _is_beside(old: Entry, registry: Registry, programs: Programs) -> bool:
    """Whether an installer has put the new version beside the old one, not in its place."""
    found = read_machine_entries(registry, programs, old.arch)
    return any(other.path == old.path and other.version == old.version for other in found)
