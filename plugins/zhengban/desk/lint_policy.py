# SPDX-License-Identifier: Apache-2.0
"""All lints of one policy over the facts stored of its computers."""

from __future__ import annotations

from zhengban.run.facts import stored_facts
from zhengban.run.workspace import Workspace

from .census import Census
from .lint import Day, Lint
from .lint_bases import lint_bases
from .lint_changes import lint_changes
from .lint_entries import lint_entries


def read_census(workspace: Workspace) -> Census:
    """Count what the stored facts of every computer in use say, one document in memory at a time."""
    census = Census(workspace.policy, workspace.compiler)
    for computer in workspace.register.in_use:
        census.add(computer, stored_facts(workspace, computer.number))
    return census


def lint_policy(census: Census, day: Day) -> tuple[Lint, ...]:
    """Every lint, sorted by place, each once.

    Without facts only those that the policy alone shows.
    """
    return tuple(sorted({*lint_entries(census), *lint_bases(census), *lint_changes(census, day)}))
