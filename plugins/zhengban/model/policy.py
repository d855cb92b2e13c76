# SPDX-License-Identifier: Apache-2.0
"""The policy: what is decided about software, as frozen types. Source: DESIGN 2, DOMAIN N1-N8."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property
from typing import Literal

import msgspec

from .disposal import Disposal
from .installation import Installation, Uninstallation
from .programs import Programs
from .register import Kind
from .settings import Actions, Approvals, GuardSettings, Limits, Mode, OutsideSettings

State = Literal["required", "allowed", "retired", "forbidden"]
SoftwareType = Literal["commercial", "oem", "free"]
Category = Literal["os", "office", "antivirus", "other", "component"]
LicenceType = Literal["site", "volume", "seat", "subscription", "other"]
MadeIn = Literal["domestic", "foreign"]
PackageManager = Literal["dpkg", "rpm", "snap", "flatpak", "windows"]
Manager = Literal[PackageManager, "platform"]
# In the order in which their transactions happen: of their names.
PACKAGE_MANAGERS: tuple[PackageManager, ...] = ("dpkg", "flatpak", "rpm", "snap", "windows")
OnMismatch = Literal["report", "remove"]


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where something is written: a file relative to the workspace and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


NOWHERE = Place(file="", line=0)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a rule is for; every non-empty part must hold. Departments are ids after loading.

    An empty scope is everyone.
    """

    departments: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    computers: tuple[str, ...] = ()


EVERYONE = Scope()


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A licence term (许可期限), both days included."""

    start: dt.date = msgspec.field(name="from")
    until: dt.date


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """One licence purchase with its own software number (N1, N2).

    ``term`` None is perpetual, ``quantity`` None unlimited. One that is ``disposed`` of stays listed, covering nothing.
    """

    number: str
    acquired: Literal["purchase", "gift", "transfer"] = "purchase"
    purchased_on: dt.date | None = None
    amount: Decimal | None = None
    licence_type: LicenceType = "seat"
    quantity: int | None = None
    usable_versions: tuple[str, ...] = ()
    term: Term | None = None
    scope: Scope = EVERYONE
    serials: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    disposed: Disposal | None = None


class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """What a product is on a host: one package of one manager.

    ``name`` is a glob only where ``*`` or ``?`` is written. ``origins`` are patterns of where it should come from: a
    hint, so a package of another known origin still is the product; ``on_mismatch`` says whether it may stay.
    ``programs`` are for the guard of Windows alone.
    """

    manager: Manager
    name: str
    versions: str = ""
    publisher: str = ""
    signer: str = ""
    origins: tuple[str, ...] = ()
    on_mismatch: OnMismatch = "report"
    install: Installation | None = None
    uninstall: Uninstallation | None = None
    programs: tuple[Programs, ...] = ()

    @property
    def is_glob(self) -> bool:
        return "*" in self.name or "?" in self.name

    @property
    def installable_name(self) -> str:
        """The exact name of what an install brings; empty where only a pattern is known."""
        return (self.install.name if self.install else "") or ("" if self.is_glob else self.name)


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the software lists: name and version label. ``number`` for OEM and free, ``lots`` for commercial."""

    name: str
    version: str = ""
    listed_versions: tuple[str, ...] = ()
    type: SoftwareType
    category: Category
    vendor: str = ""
    vendor_contact: str = ""
    source: str = ""
    reason: str = ""
    registration: str = ""
    made_in: MadeIn | None = None
    number: str = ""
    lots: tuple[Lot, ...] = ()
    packages: tuple[Selector, ...] = ()
    state: State = "allowed"
    scope: Scope = EVERYONE
    place: Place = NOWHERE

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every software number of this entry, lots in the order written."""
        return tuple(lot.number for lot in self.lots) or ((self.number,) if self.number else ())

    @property
    def label(self) -> str:
        """Name and version label as people say it: ``WPS Office 2019``."""
        return f"{self.name} {self.version}".strip()


class PlatformBase(msgspec.Struct, frozen=True, kw_only=True):
    """The packages that belong to an operating system; ``names`` are exact, ``globs`` only where written as such.

    ``origins``, ``signers`` and ``publishers`` are patterns that narrow the names and approve nothing by themselves.
    """

    number: str
    manager: Manager
    names: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    place: Place = NOWHERE


class ExceptionRule(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would be a finding and is excused on some computers, up to and including ``until``.

    It names either ``number``, all packages of that entry, or ``manager`` and ``name`` (a glob only where ``*`` or
    ``?`` is written) with an optional range ``versions``. ``approved_by`` is a person's id.
    """

    manager: Manager | None = None
    name: str = ""
    versions: str = ""
    number: str = ""
    scope: Scope
    until: dt.date
    reason: str
    approved_by: str
    request: str = ""
    place: Place = NOWHERE

    @property
    def is_glob(self) -> bool:
        return "*" in self.name or "?" in self.name

    @property
    def label(self) -> str:
        """What it excuses: ``dpkg wireshark >=4``, or a number."""
        return self.number or " ".join(part for part in (self.manager, self.name, self.versions) if part)


class RolloutStep(msgspec.Struct, frozen=True, kw_only=True):
    """From ``start`` on an upgrade is due for the computers of ``scope``, or for ``percent`` of all computers.

    The next step waits while more than ``failures`` percent of those that tried it failed.
    """

    scope: Scope | None = None
    percent: int | None = None
    start: dt.date
    failures: int = 10


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """A decided upgrade (升级方案, I4), rolled out in steps.

    From the version label ``source`` to ``target`` of one name (commercial and OEM software), or free software into
    the range ``to_version``.
    """

    software: str
    source: str = ""
    target: str = ""
    to_version: str = ""
    request: str = ""
    rollout: tuple[RolloutStep, ...]
    place: Place = NOWHERE

    @property
    def id(self) -> str:
        """What a computer's share in a percentage is drawn from, and the name people know it by."""
        change = self.to_version or f"{self.source} → {self.target}"
        return f"{self.software} {change}"


class ModeRule(msgspec.Struct, frozen=True, kw_only=True):
    """A mode for part of the organisation; the most specific scope wins, a tie is audit."""

    scope: Scope
    mode: Mode


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one policy; what is absent is the cautious choice."""

    name: str
    mode: Mode = "audit"
    modes: tuple[ModeRule, ...] = ()
    actions: Actions = Actions()
    grace_days: int = 30
    limits: Limits = Limits()
    protect: tuple[str, ...] = ()
    outside: OutsideSettings = OutsideSettings()
    guard: GuardSettings = GuardSettings()
    approvals: Approvals = Approvals()


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything decided, loaded and checked; ``products`` in the order of (file, line), the others as written."""

    baseline: Baseline
    products: tuple[Product, ...]
    platforms: tuple[PlatformBase, ...] = ()
    exceptions: tuple[ExceptionRule, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()

    @cached_property
    def product_by_number(self) -> dict[str, Product]:
        return {number: product for product in self.products for number in product.numbers}

    @cached_property
    def lot_by_number(self) -> dict[str, Lot]:
        return {lot.number: lot for product in self.products for lot in product.lots}
