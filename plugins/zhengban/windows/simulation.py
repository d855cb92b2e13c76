# SPDX-License-Identifier: Apache-2.0
"""What a request would change on a Windows host: from its registry and the policy's means alone, nothing is asked.

Windows has no package manager that decides anything: every step is one the request names. Source: DESIGN 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from zhengban.host.version import VersionError, compare, in_range
from zhengban.model.facts import WINDOWS
from zhengban.model.plan import Means, Simulation, SimulationRequest, Step, Unavailable, Want

from .entry import Entry
from .reading import Programs, Reading
from .removal import Job, NoWay, job_of_source, removal_of


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """By what one knows that a step is done: ``path`` is the key that has to go, empty where something has to come."""

    step: Step
    path: str = ""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One step and the program that carries it out; ``entry`` is what is installed, ``means`` what is to be copied."""

    step: Step
    job: Job
    entry: Entry | None = None
    means: Means | None = None

    @property
    def ref(self) -> str:
        return f"{self.step.name}:{self.step.arch}"

    @property
    def sign(self) -> Sign:
        path = self.entry.path if self.entry is not None and self.step.kind == "remove" else ""
        return Sign(step=self.step, path=path)


class Tasks(msgspec.Struct, frozen=True, kw_only=True):
    """What a request comes to: what leaves, what is upgraded, what is new, in this order; and what is not to be had."""

    tasks: tuple[Task, ...]
    unavailable: tuple[Unavailable, ...]


def simulate(
    request: SimulationRequest, reading: Reading, programs: Programs, *, problem_of: Callable[[Means], str]
) -> Simulation:
    """The answer to a request; see :func:`tasks_of`."""
    found = tasks_of(request, reading, programs, problem_of=problem_of)
    return Simulation(
        request=request,
        steps=tuple(sorted(task.step for task in found.tasks)),
        unavailable=tuple(sorted(found.unavailable)),
    )


def tasks_of(
    request: SimulationRequest, reading: Reading, programs: Programs, *, problem_of: Callable[[Means], str]
) -> Tasks:
    """How a request is carried out.

    Args:
        request: of the manager ``windows``.
        reading: the host as it is.
        programs: of that host.
        problem_of: what is wrong with the policy's file on the controller; empty when it is there and is that file.

    Returns:
        A task for each wish that can be carried out, and why for each that cannot.
    """
    means = {item.package: item for item in request.means}
    found: list[Task | Unavailable] = [
        *(_removal(ref, means.get(ref), reading, programs) for ref in request.remove),
        *(_arrival(want, means, reading, programs, is_upgrade=True) for want in request.upgrade),
        *(_arrival(want, means, reading, programs, is_upgrade=False) for want in request.install),
    ]
    checked = [_with_file(item, problem_of) for item in found]
    return Tasks(
        tasks=tuple(item for item in checked if isinstance(item, Task)),
        unavailable=tuple(item for item in checked if isinstance(item, Unavailable)),
    )


def _with_file(item: Task | Unavailable, problem_of: Callable[[Means], str]) -> Task | Unavailable:
    if isinstance(item, Unavailable) or item.means is None or not (problem := problem_of(item.means)):
        return item
    return Unavailable(name=item.means.package, versions="", reason=problem)


def _removal(ref: str, means: Means | None, reading: Reading, programs: Programs) -> Task | Unavailable:
    entries = [entry for entry in reading.entries if entry.ref == ref]
    if len(entries) != 1:
        reason = f"{len(entries)} entries have that name: remove it by hand" if entries else "it is not installed"
        return Unavailable(name=ref, versions="", reason=reason)
    (entry,) = entries
    job = removal_of(entry, means, programs, profiles_folder=reading.profiles_folder)
    if isinstance(job, NoWay):
        return Unavailable(name=ref, versions="", reason=job.reason)
    step = Step(kind="remove", name=entry.name, arch=entry.arch, old=entry.version)
    return Task(step=step, job=job, entry=entry, means=means if means is not None and means.source else None)


def _arrival(
    want: Want, means_of: Mapping[str, Means], reading: Reading, programs: Programs, *, is_upgrade: bool
) -> Task | Unavailable:
    def refuse(reason: str) -> Unavailable:
        return Unavailable(name=want.name, versions=want.versions, reason=reason)

    means = means_of.get(want.name)
    if means is None or not means.source:
        return refuse("the policy does not say where it comes from: write install.source and its sha256")
    if not _holds(want.versions, means.version):
        return refuse(f"{means.source} is version {means.version}, and {want.versions!r} is wanted")
    installed = [entry for entry in reading.entries if entry.name == want.name]
    same = [entry for entry in installed if entry.arch == means.arch]
    if len(same) > 1:
        return refuse(f"{len(same)} entries have that name: remove one by hand")
    job = job_of_source(means, programs, verb="/i")
    if not is_upgrade:
        if same:
            return refuse(f"{same[0].version} of it is installed already")
        step = Step(kind="install", name=want.name, arch=means.arch, new=means.version)
        return Task(step=step, job=job, means=means)
    if not same:
        return refuse(f"{means.source} is for {means.arch}, and that is not what is installed")
    (entry,) = same
    if not _is_newer(means.version, entry.version):
        return refuse(f"{means.source} is version {means.version}, and {entry.version} is installed")
    step = Step(kind="upgrade", name=entry.name, arch=entry.arch, old=entry.version, new=means.version)
    return Task(step=step, job=job, entry=entry, means=means)


def _holds(versions: str, version: str) -> bool:
    try:
        return in_range(WINDOWS, version, versions)
    except VersionError:
        return False


def _is_newer(version: str, than: str) -> bool:
    try:
        return compare(WINDOWS, version, than) > 0
    except VersionError:
        # What has no version that can be ordered is replaced by what has one.
        return version != than
