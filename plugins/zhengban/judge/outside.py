# SPDX-License-Identifier: Apache-2.0
"""Programs that no package owns, where the policy has them looked for. Source: DESIGN 4, DOMAIN S3, S6."""

from __future__ import annotations

from collections.abc import Iterator

from zhengban.host import match
from zhengban.model.facts import Facts, OutsideProgram
from zhengban.model.finding import Finding
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy

WHAT = {"program": "program", "desktop": "menu entry", "pip": "Python package", "npm": "npm package"}


def judge_outside(compiled: CompiledPolicy, computer: Computer, facts: Facts) -> Iterator[Finding]:
    """One finding for each program the policy does not allow where it is, and one for a look that is not whole.

    Windows has no such look: all of its software is in one registry.
    """
    settings = compiled.policy.baseline.outside
    if not settings.look_for or "windows" in facts.managers:
        return
    seen = facts.outside.kinds if facts.outside is not None else ()
    missing = [kind for kind in settings.look_for if kind not in seen]
    if missing:
        reason = f"nobody has looked for {', '.join(missing)} outside packages"
        yield _unread(computer, reason, "collect its facts again; the one-file collector looks with --outside")
    if facts.outside is None:
        return
    if not facts.outside.complete:
        reason = f"not everything outside packages was seen: {facts.outside.why}"
        yield _unread(computer, reason, "collect its facts again, as root, or give it more seconds (baseline: outside)")
    for row in facts.outside.rows:
        kind = row.kind if row.kind in ("pip", "npm") else "programs"
        if kind in settings.look_for and not any(match.name_matches(allowed, row.path) for allowed in settings.allow):
            yield _unpackaged(computer, row)


def _unread(computer: Computer, message: str, remedy: str) -> Finding:
    return Finding(
        code="unread", computer=computer.number, package="outside", clauses=("S6",), message=message, remedy=remedy
    )


def _unpackaged(computer: Computer, row: OutsideProgram) -> Finding:
    owner = f", put there by {row.owner}" if row.owner else ""
    return Finding(
        code="unpackaged",
        computer=computer.number,
        package=row.ref,
        version=row.version,
        clauses=("S3", "S6"),
        message=f"the {WHAT[row.kind]} {row.name!r} belongs to no package{owner}",
        remedy="remove it by hand, or allow its path (policies/baseline.yml: outside); it is only reported",
    )
