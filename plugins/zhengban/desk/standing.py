# SPDX-License-Identifier: Apache-2.0
"""How installed software stands under one policy, and what differs under another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from zhengban.model.facts import Facts
from zhengban.model.finding import Assessment

from .replay import Replay

APPROVED = "approved"
EXCUSED = "excused"
# What may not stay as it is; the other codes (an upgrade is due, something is missing) forbid no software.
NOT_ALLOWED = frozenset(
    {"exception_expired", "forbidden", "out_of_scope", "retired", "unlisted", "version_not_allowed"}
)

Direction = Literal["loses", "gains", "changes"]


class StandingChange(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One package that stands otherwise: ``software`` is ``manager:name``, ``product`` the entry it fits, if any.

    ``old`` and ``new`` are approved, excused, the codes of its findings, or empty when nothing is said about it.
    """

    direction: Direction
    software: str
    product: str
    old: str
    new: str


def compare_standings(facts: Facts, before: Replay, after: Replay) -> tuple[StandingChange, ...]:
    """Compare how each package of one computer stands, sorted; findings about the computer itself are left out."""
    old, new = before.assessment, after.assessment
    refs = {facts.packages[row].ref for row in set(old.approved_rows).symmetric_difference(new.approved_rows)}
    refs.update(package for package, _code, _excused in set(_keyed(old)).symmetric_difference(_keyed(new)))
    changes = set()
    standing_before, standing_after = _Standings(facts, before), _Standings(facts, after)
    for ref in refs:
        was, becomes = standing_before.of(ref), standing_after.of(ref)
        if was != becomes:
            changes.add(
                StandingChange(
                    direction=_direction(was, becomes),
                    software=software_of(ref),
                    product=standing_after.product_of(ref) or standing_before.product_of(ref),
                    old=was,
                    new=becomes,
                )
            )
    return tuple(sorted(changes))


def software_of(ref: str) -> str:
    """``manager:name`` of ``manager:name:arch``."""
    return ref.rpartition(":")[0] or ref


def _direction(was: str, becomes: str) -> Direction:
    before, after = _is_allowed(was), _is_allowed(becomes)
    if was and before and not after:
        return "loses"
    return "gains" if becomes and after and not before else "changes"


def _is_allowed(standing: str) -> bool:
    return NOT_ALLOWED.isdisjoint(standing.split(", "))


def _keyed(assessment: Assessment) -> Iterable[tuple[str, str, bool]]:
    """(package, code, whether it is excused) of the findings about packages."""
    for findings, is_excused in ((assessment.findings, False), (assessment.excused, True)):
        yield from ((item.package, item.code, is_excused) for item in findings if item.package)


class _Standings:
    """How the packages of one computer stand under one policy."""

    def __init__(self, facts: Facts, replay: Replay) -> None:
        self._facts = facts
        self._replay = replay
        self._approved = frozenset(replay.assessment.approved_rows)
        self._codes: dict[str, list[str]] = {}
        self._excused: set[str] = set()
        self._numbers: dict[str, str] = {}
        for finding in replay.assessment.findings:
            self._codes.setdefault(finding.package, []).append(finding.code)
            self._numbers[finding.package] = finding.number
        for finding in replay.assessment.excused:
            self._excused.add(finding.package)
            self._numbers[finding.package] = finding.number

    def of(self, ref: str) -> str:
        codes = self._codes.get(ref)
        if codes:
            return ", ".join(sorted(codes))
        if ref in self._excused:
            return EXCUSED
        return APPROVED if self._facts.rows_by_ref.get(ref) in self._approved else ""

    def product_of(self, ref: str) -> str:
        """The label of the entry a package fits, or that a finding about it names; empty when there is none."""
        product = self._replay.compiled.policy.product_by_number.get(self._numbers.get(ref, ""))
        row = self._facts.rows_by_ref.get(ref)
        if product is None and row is not None:
            package = self._facts.packages[row]
            found = self._replay.compiled.match(package.manager, package.name, package.version, package.publisher)
            product = found.rule.product if found is not None and found.misfit in ("", "version") else None
        return product.label if product is not None else ""
