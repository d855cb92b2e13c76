# SPDX-License-Identifier: Apache-2.0
"""A judgement and a plan as lines of text, the same in every front end."""

from __future__ import annotations

from collections.abc import Iterator

from zhengban.model.finding import Assessment, Finding
from zhengban.model.plan import Action, Plan

SIGN = {"remove": "-", "install": "+", "upgrade": "^"}


def describe_finding(finding: Finding) -> str:
    """One finding: ``unlisted dpkg:xunlei:amd64 1.0: message (S3; policies/free.yml:12)``."""
    what = " ".join(part for part in (finding.code, finding.package, finding.version) if part)
    basis = "; ".join([*finding.clauses, *([str(finding.place)] if finding.place.line else [])])
    return f"{what}: {finding.message}" + (f" ({basis})" if basis else "")


def describe_action(action: Action) -> str:
    """One action: ``- xunlei 1.0 [UNLISTED] because``; - leaves, + comes, ^ is upgraded."""
    what, version = f"{action.name}:{action.arch}", action.old or action.new
    if action.kind == "upgrade":
        version = f"{action.old} -> {action.new}"
    if action.old_package:
        what, version = f"{action.old_package.split(':', 1)[1]} {action.old} -> {what}", action.new
    book = f"{action.old_number} -> {action.number}" if action.old_number else action.number
    return f"{SIGN[action.kind]} {what} {version} [{book}] {action.because}"


def describe_plan(plan: Plan) -> Iterator[str]:
    """The plan's lines: a heading with the short hash, its actions, its refusals."""
    if not plan.actions:
        yield f"{plan.computer} plan: no changes"
    else:
        yield f"{plan.computer} plan {plan.hash[:12]} ({plan.mode}): {_count(len(plan.actions), 'action')}"
    for action in plan.actions:
        yield f"  {describe_action(action)}"
    for refusal in plan.refusals:
        yield f"  ! {refusal.package or plan.computer} ({refusal.code or 'computer'}) stays as it is: {refusal.reason}"


def describe_assessment(assessment: Assessment) -> Iterator[str]:
    """The judgement's lines: the verdict, then one for each finding, then those an exception covers."""
    apart = f", {len(assessment.excused)} excused" if assessment.excused else ""
    yield f"{assessment.computer} is {assessment.verdict}: {_count(len(assessment.findings), 'finding')}{apart}"
    for finding in assessment.findings:
        yield f"  {describe_finding(finding)}"
    for finding in assessment.excused:
        yield f"  excused: {describe_finding(finding)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
