# SPDX-License-Identifier: Apache-2.0
"""Judging the examples of the policy, and saying what is not as expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from zhengban.judge import judge
from zhengban.model.facts import Facts, Identity, ManagerFacts, PlatformFacts
from zhengban.model.finding import Assessment, Finding
from zhengban.model.policy import Place
from zhengban.plan.describe import describe_finding
from zhengban.policy.compile import PolicyCompiler

from .examples import Example, Expected
from .lookup import read_query

_IDENTITY = Identity(machine_id="example")
_NO_PLATFORM = PlatformFacts(id="", version="", arch="amd64")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one example.

    ``missing`` are expected findings that are not there, ``unexpected`` findings nobody expected; ``not_excused`` and
    ``excused_unasked`` are the same for what exceptions cover.
    """

    name: str
    place: Place
    computer: str
    passed: bool
    expected: tuple[Expected, ...]
    excused: tuple[Expected, ...]
    missing: tuple[Expected, ...] = ()
    unexpected: tuple[Finding, ...] = ()
    not_excused: tuple[Expected, ...] = ()
    excused_unasked: tuple[Finding, ...] = ()


def run_example(example: Example, compiler: PolicyCompiler, *, today: dt.date) -> Result:
    """Judge one example.

    The computer counts as adopted and as answering for itself. A finding about the computer itself counts only where
    the example expects one with this code, and one about the operating system only where the example names one: an
    example about software stays true when a pledge is missing.

    Args:
        today: the day for an example that names none.
    """
    computer = msgspec.structs.replace(compiler.register.computer_by_number[example.computer], identity=_IDENTITY)
    day = example.today or today
    assessment: Assessment = judge(compiler.for_computer(computer), computer, _facts(example), today=day)
    missing, unexpected = _compare(example.expected, _counted(example, assessment.findings))
    not_excused, unasked = _compare(example.excused, _counted(example, assessment.excused))
    return Result(
        name=example.name,
        place=example.place,
        computer=example.computer,
        passed=not (missing or unexpected or not_excused or unasked),
        expected=example.expected,
        excused=example.excused,
        missing=missing,
        unexpected=unexpected,
        not_excused=not_excused,
        excused_unasked=unasked,
    )


def describe_results(results: tuple[Result, ...]) -> Iterator[str]:
    """One line for each failed example with what differs below it, then the count."""
    for result in results:
        if not result.passed:
            yield f"{result.place}: FAILED: {result.name} ({result.computer})"
            for words, listed in (("expected", result.missing), ("expected excused", result.not_excused)):
                yield from (f"  {words} and not found: {_shown(item)}" for item in listed)
            for words, found in (("found", result.unexpected), ("found excused", result.excused_unasked)):
                yield from (f"  {words} and not expected: {describe_finding(item)}" for item in found)
    failed = sum(1 for result in results if not result.passed)
    yield f"{len(results) - failed} passed, {failed} failed" if results else "no examples in policies/tests/"


def _shown(expected: Expected) -> str:
    return f"{expected.code} {expected.package}".strip()


def _facts(example: Example) -> Facts:
    platform = _NO_PLATFORM
    if example.platform is not None:
        identifier, version = example.platform
        platform = PlatformFacts(id=identifier, version=version, arch="amd64")
    managers = {package.manager for package in example.packages} or {"dpkg"}
    return Facts(
        host=example.computer,
        identity=_IDENTITY,
        collected_at="",
        platform=platform,
        managers={manager: ManagerFacts(read=True) for manager in sorted(managers)},
        digest="",
        packages=example.packages,
    )


def _counted(example: Example, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    asked = {item.code for item in (*example.expected, *example.excused) if not item.package}
    return tuple(
        item
        for item in findings
        if (item.package or item.code in asked)
        and (example.platform is not None or not item.package.startswith("platform:"))
    )


def _compare(
    expected: tuple[Expected, ...], found: tuple[Finding, ...]
) -> tuple[tuple[Expected, ...], tuple[Finding, ...]]:
    """What was expected and is not there, and the other way round; one finding meets one expectation."""
    left = list(found)
    missing: list[Expected] = []
    for item in expected:
        match = next((finding for finding in left if _meets(finding, item)), None)
        if match is None:
            missing.append(item)
        else:
            left.remove(match)
    return tuple(missing), tuple(left)


def _meets(finding: Finding, expected: Expected) -> bool:
    if finding.code != expected.code or not (finding.package and expected.package):
        return finding.code == expected.code and finding.package == expected.package
    manager, _colon, rest = finding.package.partition(":")
    name, _colon, arch = rest.rpartition(":")
    return read_query(expected.package).means(manager, name, arch)
