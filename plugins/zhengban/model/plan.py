# SPDX-License-Identifier: Apache-2.0
"""The plan of one computer, what a simulation says, and what an apply reports back. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from .cause import REQUEST, URGENT, id_in
from .policy import PackageManager
from .settings import Mode

ActionKind = Literal["remove", "install", "upgrade"]
Role = Literal["named", "follower", "dependency"]


class Want(msgspec.Struct, frozen=True, kw_only=True, order=True, omit_defaults=True):
    """A package that should come, in a version within ``versions`` (the policy's range; empty: any).

    ``back``: a lower version than the installed one may come.
    """

    name: str
    versions: str
    back: bool = False


class Means(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What the policy says about how a package comes or leaves, where a host has no repository that knows.

    ``package`` is the ``name`` of what comes or the ``name:arch`` of what leaves. ``source`` is a file of the workspace
    with its ``sha256``, run with ``arguments``; without one they are for the package's own uninstaller. What comes is
    then installed in ``version`` for ``arch``. ``replaces`` is the ``name:arch`` that has to have left before.
    """

    package: str
    source: str = ""
    sha256: str = ""
    arguments: tuple[str, ...] = ()
    version: str = ""
    arch: str = ""
    replaces: str = ""


class SimulationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one host is asked to simulate, in one transaction of one manager.

    ``install`` and ``upgrade`` let the host choose the highest version in range its repositories offer; ``remove`` are
    ``name:arch`` of installed packages. ``means`` are the policy's for some of them. All sorted.
    """

    manager: PackageManager
    install: tuple[Want, ...] = ()
    upgrade: tuple[Want, ...] = ()
    remove: tuple[str, ...] = ()
    means: tuple[Means, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.install or self.upgrade or self.remove)


class Step(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One line of a transaction: ``old`` is empty for an install, ``new`` for a removal."""

    kind: ActionKind
    name: str
    arch: str
    old: str = ""
    new: str = ""


def split_package(package: str) -> tuple[str, str]:
    """Name and architecture of ``manager:name:arch``; the name of a Windows product may hold colons."""
    name, _colon, arch = package.partition(":")[2].rpartition(":")
    return name, arch


def steps_of(kind: ActionKind, package: str, *, old: str, new: str, old_package: str) -> tuple[Step, ...]:
    """The lines of a transaction that one change is made of; packages are ``manager:name:arch``."""
    name, arch = split_package(package)
    if not old_package:
        return (Step(kind=kind, name=name, arch=arch, old=old, new=new),)
    old_name, old_arch = split_package(old_package)
    return (
        Step(kind="remove", name=old_name, arch=old_arch, old=old),
        Step(kind="install", name=name, arch=arch, new=new),
    )


class Unavailable(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A wanted package that the host's repositories do not offer in range."""

    name: str
    versions: str
    reason: str


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """The host's answer: every step the package manager would take, sorted; or why it would not.

    ``brings`` are pairs (package, what it needs) of names among the steps that install or upgrade, sorted: which of
    them comes because of which.
    """

    request: SimulationRequest
    steps: tuple[Step, ...] = ()
    brings: tuple[tuple[str, str], ...] = ()
    unavailable: tuple[Unavailable, ...] = ()
    error: str = ""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One change on one computer.

    ``old`` is empty for an install and ``new`` for a removal. ``number`` is the book the record goes to; an upgrade
    that leaves another number's book names that as ``old_number``, and one that puts another package in the place of
    the old one names that as ``old_package`` (``manager:name:arch``, which leaves in the same transaction). ``role``:
    named by a finding or a deployment; a follower leaves because only what leaves needs it; a dependency comes with
    what comes.
    ``lots`` are the numbers commercial software that comes may be recorded under, the preferred first (it is
    ``number``): arming hands out a seat in one of them. ``because`` is a sentence for people. ``code`` is the finding's
    code, ``deployment``, ``request``, ``restore`` or ``urgent``; ``upgrade`` the id of the decided upgrade it carries
    out.
    """

    kind: ActionKind
    manager: PackageManager
    name: str
    arch: str
    old: str = ""
    new: str = ""
    role: Role = "named"
    number: str
    old_number: str = ""
    old_package: str = ""
    lots: tuple[str, ...] = ()
    quantity: int
    cause: str
    code: str = ""
    upgrade: str = ""
    because: str

    @property
    def package(self) -> str:
        return f"{self.manager}:{self.name}:{self.arch}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The lines of the transaction that carry it out: one, or two where one package replaces another."""
        return steps_of(self.kind, self.package, old=self.old, new=self.new, old_package=self.old_package)


class Refusal(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Something the policy asks for that this plan does not do, and why."""

    package: str
    code: str
    reason: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen on one computer, all of it.

    ``hash`` is the SHA-256 of the RFC 8785 form of everything the plan rests on; empty when a simulation is missing.
    ``simulations`` are one for each manager that changes something, sorted by its name. ``notice`` is what a unified
    deployment rests on (I2).
    """

    computer: str
    mode: Mode
    as_of: dt.date
    facts_digest: str
    policy_digest: str
    simulations: tuple[Simulation, ...] = ()
    lots: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notice: str = ""
    hash: str = ""

    @property
    def is_deployment(self) -> bool:
        """Whether people decided this plan for this run; the policy's mode is about enforcing findings."""
        return all(action.code in ("deployment", "request", "restore") for action in self.actions)

    @property
    def requests(self) -> tuple[str, ...]:
        """The ids of the requests its actions are done under, sorted."""
        found = {id_in(action.cause, REQUEST) for action in self.actions}
        return tuple(sorted(found - {""}))

    @property
    def urgent(self) -> tuple[str, ...]:
        """The ids of the urgent removals some of its actions belong to, sorted."""
        found = {id_in(action.cause, URGENT) for action in self.actions}
        return tuple(sorted(found - {""}))

    @property
    def upgrades(self) -> tuple[str, ...]:
        """The ids of the decided upgrades it carries out, sorted."""
        return tuple(sorted({action.upgrade for action in self.actions} - {""}))

    @property
    def removals(self) -> tuple[Action, ...]:
        """Everything the computer would lose, followers included."""
        return tuple(action for action in self.actions if action.kind == "remove")

    @property
    def limited_removals(self) -> tuple[Action, ...]:
        """Those that count against the policy's limits: what leaves urgently has a limit of its own."""
        return tuple(action for action in self.removals if not id_in(action.cause, URGENT))


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one action, from the state read after the transaction.

    ``version`` is the installed version then, empty when the package is absent.
    """

    package: str
    state: Literal["done", "not_done"]
    version: str = ""
    reason: str = ""
