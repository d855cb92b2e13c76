# SPDX-License-Identifier: Apache-2.0
"""What one plan rests on, and one change that is wished for. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt
from functools import cached_property

import msgspec

from zhengban.host import protect
from zhengban.licence.choose import candidate_lots
from zhengban.licence.seats import Seats
from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment, Finding
from zhengban.model.plan import ActionKind, Means, Refusal, split_package
from zhengban.model.policy import Product
from zhengban.model.record import UNASSIGNED, UNLISTED, History
from zhengban.model.waiver import UrgentRemoval
from zhengban.policy.compile import CompiledPolicy
from zhengban.policy.on_record import product_on_record
from zhengban.policy.urgent import names_package

REMOVABLE = ("forbidden", "out_of_scope", "retired", "unlisted", "version_not_allowed")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One named change: ``row`` of what is installed (None for an install), ``versions`` the range for what comes.

    ``name`` is ``name:arch`` of what leaves and ``name`` of what comes. An upgrade that replaces the package by one of
    another name has ``leaves``, the ``name:arch`` of the old one; one into another number's book has ``old_number``;
    one that may lead to a lower version is ``back``.
    ``lots`` and ``upgrade`` are those of an :class:`Action`; ``means`` the policy's for what comes.
    """

    kind: ActionKind
    package: str
    name: str
    row: int | None = None
    versions: str = ""
    number: str
    lots: tuple[str, ...] = ()
    old_number: str = ""
    leaves: str = ""
    back: bool = False
    means: Means | None = None
    cause: str
    code: str
    upgrade: str = ""
    because: str

    @property
    def manager(self) -> str:
        """The package manager that carries it out; a package is never replaced by one of another manager."""
        return self.package.partition(":")[0]

    @property
    def leaving(self) -> str:
        """``name:arch`` of the package that leaves, empty when none does."""
        return self.name if self.kind == "remove" else self.leaves

    @property
    def comes(self) -> bool:
        return self.kind != "remove"

    @property
    def is_in_place(self) -> bool:
        """Whether an installed package comes in another version, under its own name."""
        return self.kind == "upgrade" and not self.leaves

    def refuse(self, reason: str) -> Refusal:
        return Refusal(package=self.package, code=self.code, reason=reason)


class Circumstances(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything a plan of one computer rests on, as values."""

    compiled: CompiledPolicy
    computer: str
    facts: Facts
    assessment: Assessment
    history: History
    today: dt.date

    @cached_property
    def protected(self) -> frozenset[str]:
        """``manager:name:arch`` of what never leaves this computer, neither by name nor as a follower."""
        rows = msgspec.to_builtins(self.facts.packages)
        extra = list(self.compiled.policy.baseline.protect)
        return frozenset(protect.protected_refs(rows, self.facts.platform.kernel, extra))

    @property
    def is_platform_approved(self) -> bool:
        """Whether the operating system is as listed; without its own base list its packages look unlisted.

        An exception for it does not give it a base list.
        """
        platform = f"platform:{self.facts.platform.id}:"
        judged = (*self.assessment.findings, *self.assessment.excused)
        return not any(item.package == platform and item.code in REMOVABLE for item in judged)

    def first_seen(self, finding: Finding) -> dt.date:
        """The day a finding was first detected; today when it is new."""
        return self.history.first_seen.get((self.computer, finding.code, finding.package), self.today)

    def due_day(self, finding: Finding) -> dt.date:
        """The first day a finding may cost the computer something: grace runs from its first detection."""
        return self.first_seen(finding) + dt.timedelta(days=self.compiled.policy.baseline.grace_days)

    def urgent_for(self, finding: Finding) -> UrgentRemoval | None:
        """The first urgent removal that is open for the package of a finding; None when there is none."""
        if finding.code not in REMOVABLE:
            return None
        manager, (name, _arch) = finding.package.partition(":")[0], split_package(finding.package)
        urgent = (item for _identity, item in sorted(self.history.urgent.items()))
        return next((item for item in urgent if names_package(item, manager, name)), None)

    def lots_for(self, product: Product, *, on_record: str) -> tuple[str, ...]:
        """The lots an install of commercial software may be recorded under; none where no one has a seat for it."""
        lots = candidate_lots(self.compiled, product, on_record=on_record, today=self.today)
        seats = Seats(self.compiled.policy, self.history)
        return lots if any(seats.is_free(lot, self.computer) for lot in lots) else ()

    def lots_of_installed(self, package: str, product: Product) -> tuple[str, ...]:
        """The lots for commercial software that is there and in no book: with a licence or without, its upgrade is one
        of the records.
        """
        if product.type != "commercial" or self.history.number_of(self.computer, package):
            return ()
        return (*self.lots_for(product, on_record=""), UNASSIGNED)

    def is_relabelled(self, package: str, product: Product) -> bool:
        """Whether what is on record as another product, or as another version of it, would become this commercial one:
        then its lot on record does not carry it by itself.
        """
        holding = self.history.holdings.get((self.computer, package))
        if product.type != "commercial" or holding is None:
            return False
        before, _is_known = product_on_record(self.compiled, package, holding)
        return before is not product

    def held_number(self, package: str, product: Product | None) -> str:
        """The book an installed package belongs to: the one that holds it, else its product's first, else UNLISTED."""
        on_record = self.history.number_of(self.computer, package)
        return on_record or (product.numbers[0] if product and product.numbers else UNLISTED)
