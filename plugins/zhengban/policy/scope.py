# SPDX-License-Identifier: Apache-2.0
"""For whom a rule is: whether a scope holds for a computer, and which mode the computer is in."""

from __future__ import annotations

from zhengban.model.policy import Policy, Scope
from zhengban.model.register import Computer, Register
from zhengban.model.settings import Mode


def in_scope(scope: Scope, computer: Computer, register: Register) -> bool:
    """Say whether every non-empty part of a scope holds for a computer.

    A computer without a user (a spare, a shared server) belongs to no department, so a scope that names
    departments never holds for it. An empty scope is everyone.

    Source: DESIGN 2 (``for``), DOMAIN S3.
    """
    if scope.computers and computer.number not in scope.computers:
        return False
    if scope.kinds and computer.kind not in scope.kinds:
        return False
    if scope.departments:
        department = register.department_of(computer)
        return department is not None and department.id in scope.departments
    return True


def mode_for(policy: Policy, computer: Computer, register: Register) -> Mode:
    """Choose a computer's mode: that of the rule with the most specific scope that holds, else the default.

    A scope that names computers is more specific than one that names departments, and that than one that
    names kinds; of two that name the same part, the one that also names the next is the more specific. Rules
    that tie and disagree give ``audit``: doing less is the safe reading of two equal decisions.

    Source: DESIGN 2 (``modes``).
    """
    holding = [rule for rule in policy.baseline.modes if in_scope(rule.scope, computer, register)]
    if not holding:
        return policy.baseline.mode
    top = max(_specificity(rule.scope) for rule in holding)
    modes = {rule.mode for rule in holding if _specificity(rule.scope) == top}
    return "enforce" if modes == {"enforce"} else "audit"


def _specificity(scope: Scope) -> tuple[bool, bool, bool]:
    return bool(scope.computers), bool(scope.departments), bool(scope.kinds)
