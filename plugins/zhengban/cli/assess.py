# SPDX-License-Identifier: Apache-2.0
"""``zhengban assess``."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
import typer

from zhengban.model.evidence import Evidence, describe_ages
from zhengban.model.finding import Assessment

from .exits import FINDINGS, OK
from .output import Format, FormatOption, write_error, write_json, write_line, write_lines, write_table
from .selection import ComputersArgument, open_workspace, select_computers

if TYPE_CHECKING:
    from zhengban.run.workspace import Workspace

COLOURS = {"compliant": "green", "excused": "cyan", "violating": "red", "unread": "yellow"}


def assess(context: typer.Context, computers: ComputersArgument = None, format: FormatOption = Format.TEXT) -> None:
    """Judge computers by the facts last stored, asking none of them; one without facts is unread.

    How old those facts are stands beside each verdict, by the computer's clock, and whether they were imported from a
    file. Exit code 1 unless every one is compliant.

    JSON: a list, sorted by computer, of {computer, verdict, findings, excused, installs, approved_rows, facts}; a
    finding, excused by an exception or not, is {code, computer, package, version, number, clauses, place: {file, line},
    message, remedy}; an install is {row, package, version, product, label, numbers}; rows count from 0 in the
    computer's facts; facts is null where there are none, else {collected_at, read_at, imported_at} as in the facts.
    """
    from zhengban.judge import judge
    from zhengban.plan.describe import describe_assessment
    from zhengban.run.facts import stored_facts

    workspace = open_workspace(context)
    selected = select_computers(workspace, computers)
    now = dt.datetime.now(dt.UTC)
    today = workspace.register.organisation.today(now)
    compiler = workspace.compiler
    history = workspace.history(now)
    assessments: list[Assessment] = []
    evidence: list[Evidence | None] = []
    for computer in selected:
        facts = stored_facts(workspace, computer.number)
        assessment = judge(compiler.for_computer(computer), computer, facts, history=history, today=today)
        assessments.append(assessment)
        evidence.append(Evidence.of(facts) if facts is not None else None)
    judged = list(zip(assessments, evidence, strict=True))
    if format is Format.JSON:
        write_json([{**msgspec.structs.asdict(assessment), "facts": aged} for assessment, aged in judged])
    elif not assessments:
        write_line("the register has no computer in use")
    else:
        rows = [
            (
                item.computer,
                item.verdict,
                str(len(item.findings)),
                aged.collected_at if aged is not None else "never",
                aged.describe_age(now) if aged is not None else "",
            )
            for item, aged in judged
        ]
        write_table(("computer", "verdict", "findings", "facts of", "age"), rows, styles=COLOURS)
        for assessment in assessments:
            if assessment.findings or assessment.excused:
                write_line()
                write_lines(describe_assessment(assessment))
        write_line()
        ages = describe_ages((aged for aged in evidence if aged is not None), now)
        write_line(_total(assessments) + (f"; facts {ages} old" if ages else ""))
    warn_of_open_changes(workspace)
    raise typer.Exit(exit_code(assessments))


def warn_of_open_changes(workspace: Workspace) -> None:
    """Say which changes a run that was cut off has left open: what is shown may be about to change."""
    for intent in workspace.ledger.pending():
        write_error(f"{intent.computer}: run {intent.run} left a change open; settle it with: zhengban ledger recover")


def exit_code(assessments: Iterable[Assessment]) -> int:
    """0 when every computer is compliant (or excused), else 1."""
    return OK if all(assessment.verdict in ("compliant", "excused") for assessment in assessments) else FINDINGS


def _total(assessments: list[Assessment]) -> str:
    verdicts: Counter[str] = Counter(assessment.verdict for assessment in assessments)
    parts = [f"{verdicts[verdict]} {verdict}" for verdict in COLOURS if verdict in verdicts]
    return f"computers: {', '.join(parts)}"
