# SPDX-License-Identifier: Apache-2.0
"""What exceptions excuse among the findings of one computer. Source: DESIGN 2 (``exceptions.yml``), 4, DOMAIN I1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from zhengban.host import match
from zhengban.model.facts import Facts
from zhengban.model.finding import Code, Finding
from zhengban.model.policy import ExceptionRule
from zhengban.policy.compile import CompiledPolicy

# What an exception can be about: a package that is there or is not, never who the computer is.
EXCUSABLE: frozenset[Code] = frozenset(
    {
        "forbidden",
        "missing_required",
        "origin_mismatch",
        "out_of_scope",
        "retired",
        "unlisted",
        "upgrade_due",
        "version_not_allowed",
    }
)


def excuse(
    compiled: CompiledPolicy, facts: Facts, findings: Iterable[Finding], *, today: dt.date
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Part the findings into those that stand and those that are excused.

    Args:
        compiled: its exceptions are those for this computer.
        facts: for what an excused package needs.
        findings: of one computer, any order.
        today: an exception holds up to and including its ``until``.

    Returns:
        (standing, excused), each in the order given. A finding that an exception used to cover stands, and
        ``exception_expired`` is added behind all. What only an excused package brings along, unlisted or for others, is
        excused with it by real dependency, as an approved package's would be approved; nothing else is.
    """
    findings = tuple(findings)
    if not compiled.exceptions:
        return findings, ()
    standing: list[Finding] = []
    excused: list[Finding] = []
    ended: dict[Finding, Finding] = {}
    for finding in findings:
        rule = exception_for(compiled, finding)
        if rule is not None and today <= rule.until:
            excused.append(_noted(finding, f"excused until {rule.until} ({rule.place})"))
            continue
        standing.append(finding)
        if rule is not None:
            ended[finding] = _expired(finding, rule)
    if excused:
        standing = list(_part_dependencies(facts, standing, excused))
    # One ended exception may have covered two findings of a package; that it has ended is one.
    expired = dict.fromkeys(ended[finding] for finding in standing if finding in ended)
    return (*standing, *expired), tuple(excused)


def exception_for(compiled: CompiledPolicy, finding: Finding) -> ExceptionRule | None:
    """The exception that covers a finding longest; of several to the same day not the file order decides."""
    covering = (rule for rule in compiled.exceptions if _covers(compiled, rule, finding))
    return max(covering, key=lambda rule: (rule.until, rule.label, rule.place), default=None)


def _covers(compiled: CompiledPolicy, rule: ExceptionRule, finding: Finding) -> bool:
    if finding.code not in EXCUSABLE:
        return False
    if rule.number:
        product = compiled.policy.product_by_number.get(rule.number)
        # What only looks like the entry (a wrong signer) is unlisted, and the entry's exception is not about it.
        return product is not None and finding.number in product.numbers and finding.code != "unlisted"
    if finding.code == "forbidden" and rule.is_glob:
        return False
    manager, name = _manager_and_name(finding.package)
    return (
        manager == rule.manager
        and match.name_matches(rule.name, name, manager == "windows")
        and not match.misfit(manager, rule.versions, "", "", finding.version, None)
    )


def _manager_and_name(package: str) -> tuple[str, str]:
    manager, _colon, rest = package.partition(":")
    return manager, rest.rpartition(":")[0]


def _expired(finding: Finding, rule: ExceptionRule) -> Finding:
    return Finding(
        code="exception_expired",
        computer=finding.computer,
        package=finding.package,
        version=finding.version,
        number=finding.number,
        clauses=("I1",),
        place=rule.place,
        message=f"the exception for {rule.label} ended on {rule.until}",
        remedy="settle the finding it was for, or have a new exception approved (form 10)",
    )


def _part_dependencies(facts: Facts, standing: list[Finding], excused: list[Finding]) -> Iterator[Finding]:
    """Yield what stands, and add to ``excused`` what excused packages need."""
    rows = {(package.ref, package.version): row for row, package in enumerate(facts.packages)}
    open_rows = {
        row: finding
        for finding in standing
        for row in (rows.get((finding.package, finding.version)),)
        if row is not None and finding.code in ("unlisted", "out_of_scope")
    }
    waiting = sorted({rows[key] for finding in excused for key in ((finding.package, finding.version),) if key in rows})
    brought: set[Finding] = set()
    while waiting:
        package = facts.packages[waiting.pop()]
        for needed in package.needs:
            if needed in open_rows:
                finding = open_rows.pop(needed)
                brought.add(finding)
                excused.append(_noted(finding, f"excused with {package.name}, which needs it"))
                waiting.append(needed)
    yield from (finding for finding in standing if finding not in brought)


def _noted(finding: Finding, note: str) -> Finding:
    return msgspec.structs.replace(finding, message=f"{finding.message}; {note}")
