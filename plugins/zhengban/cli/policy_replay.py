# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy explain``, ``impact`` and ``test``: what the lists mean, and what an edit of them would do."""

from __future__ import annotations

import datetime as dt
import enum
from pathlib import Path
from typing import Annotated

import typer

from .exits import FINDINGS
from .output import Format, FormatOption, write_json, write_lines
from .selection import open_workspace


class ImpactFormat(enum.StrEnum):
    """How an impact is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def impact(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The policy before the edit.", show_default=False)],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The policy after it.", show_default="what lies on the disk")
    ] = "worktree",
    format: Annotated[
        ImpactFormat, typer.Option("--format", help="text for people, json for programs, markdown for a merge request.")
    ] = ImpactFormat.TEXT,
) -> None:
    """Show what an edit of the policy would do, by judging all stored facts under both policies.

    OLD and NEW are directories that hold policies/, git revisions of the workspace (HEAD~1, origin/main), or "." or
    "worktree" for the workspace as it lies on the disk. Where a side has inventories/register/ its own register
    counts, else the workspace's. Facts, simulations and the ledger are always the workspace's; nothing is written, no
    host is asked.

    Grace is taken as over: "from" (JSON: "due") says when an action can happen at the earliest. A plan that needs a
    simulation nobody has made yet assumes that the host does exactly what it is asked.

    Exit code 1 when the edit arms a removal that the old policy does not; 0 otherwise, also when it only gains.

    JSON: {old, new, computers, judged, without_facts, verdicts: [{old, new, computers}], software: [{direction: loses,
    gains or changes, software, product, old, new, computers}], arms and spares: [{computer, kind, package, version,
    replaces, number, code, role, mode, due, simulated}], not_simulated: [{computer, request: {manager, install,
    upgrade, remove}}], limits}. An action is armed where its mode is "enforce".
    """
    from zhengban.desk.impact import measure_impact
    from zhengban.desk.impact_text import describe_as_markdown, describe_impact
    from zhengban.desk.sides import read_sides

    workspace = open_workspace(context)
    before, after = read_sides(old, new, workspace.root)
    measured = measure_impact(before, after, workspace, now=dt.datetime.now(dt.UTC))
    if format is ImpactFormat.JSON:
        write_json(measured)
    elif format is ImpactFormat.MARKDOWN:
        write_lines(describe_as_markdown(measured))
    else:
        write_lines(describe_impact(measured))
    if measured.arms_a_removal:
        raise typer.Exit(FINDINGS)


def explain(
    context: typer.Context,
    computer: Annotated[
        str, typer.Argument(metavar="COMPUTER", help="A computer number or Ansible host name.", show_default=False)
    ],
    package: Annotated[
        str,
        typer.Argument(metavar="PACKAGE", help="name, manager:name or manager:name:arch.", show_default=False),
    ],
    format: FormatOption = Format.TEXT,
) -> None:
    """Say why a package is, or is not, as decided on one computer, by the facts last stored.

    Which entry decides and where it is written, the entries that nearly fit, the chain of dependencies that approves
    it, the clauses, what would make it compliant, and what would be done about it from which day on. A package that
    is not installed is explained by the entries about it. Exit code 1 when one of the packages is not as decided.

    JSON: a list, one for each installed package that is meant, of {computer, package, version, standing, approved,
    decided_by, near_misses: [{entry, why}], base, chain: [{package, version, standing, entry}], needed_by, finding,
    excused, exception, compliant_by, mode, action, first_seen, due, planned}. "decided_by" and "entry" are {label,
    numbers, state, selector, scope, in_scope, place: {file, line}} or null, "base" is {number, place} or null,
    "finding" and "excused" are as `zhengban assess` prints them, "exception" is as policies/exceptions.yml has it.
    "standing" is product, base, dependency, forbidden, retired, out_of_scope, version, origin, unlisted, platform or
    not_installed.
    """
    from zhengban.desk.explain import explain_package
    from zhengban.desk.explain_text import describe_explanation

    workspace = open_workspace(context)
    explanations = explain_package(workspace, workspace.computer_named(computer), package, now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(explanations)
    else:
        for explanation in explanations:
            write_lines(describe_explanation(explanation))
    if any(explanation.finding is not None for explanation in explanations):
        raise typer.Exit(FINDINGS)


def test(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Files of examples.", show_default="policies/tests/*.yml"),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Judge the examples in policies/tests/: given packages on a computer, are the findings the expected ones?

    Every finding about a package has to be expected, and every expected one has to be found. Exit code 1 when an
    example fails.

    JSON: a list, in the order written, of {name, place: {file, line}, computer, passed, expected, excused, missing,
    unexpected, not_excused, excused_unasked}; the first three and "not_excused" are lists of {code, package}, the
    others of findings as `zhengban assess` prints them. "missing" and "not_excused" were expected and not found.
    """
    from zhengban.desk.examples import load_examples
    from zhengban.desk.examples_run import describe_results, run_example

    workspace = open_workspace(context)
    examples = load_examples(workspace.root, files, workspace.register)
    today = workspace.register.organisation.today(dt.datetime.now(dt.UTC))
    results = tuple(run_example(example, workspace.compiler, today=today) for example in examples)
    if format is Format.JSON:
        write_json(results)
    else:
        write_lines(describe_results(results))
    if not all(result.passed for result in results):
        raise typer.Exit(FINDINGS)
