# SPDX-License-Identifier: Apache-2.0
"""Judging, case by case: policy and facts in, findings out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zhengban.model.finding import Finding

from .case import Case, case_folders, shown


def _compare(findings: tuple[Finding, ...], wanted: list[dict[str, Any]]) -> None:
    for finding in wanted:
        assert {"code", "package", "place", "clauses"} <= finding.keys(), finding
    found = [shown(finding, keys) for finding, keys in zip(findings, wanted, strict=False)]
    assert [*found, *(finding.code for finding in findings[len(wanted) :])] == wanted


@pytest.mark.parametrize("folder", case_folders("judge"), ids=lambda folder: folder.name)
def test_judge(folder: Path, tmp_path: Path) -> None:
    case = Case(folder, tmp_path / "workspace")
    expected = case.expected
    assert expected.keys() <= {"verdict", "findings", "excused", "installs", "approved"}
    assert case.run.keys() <= {"today", "holdings", "adopted", "passed_over"}

    assessment = case.judge()

    _compare(assessment.findings, expected["findings"])
    _compare(assessment.excused, expected.get("excused", []))
    assert assessment.verdict == expected["verdict"]
    if "approved" in expected:
        assert case.facts is not None
        assert [case.facts.packages[row].name for row in assessment.approved_rows] == expected["approved"]
    if "installs" in expected:
        installs = [
            shown(install, keys) for install, keys in zip(assessment.installs, expected["installs"], strict=True)
        ]
        assert installs == expected["installs"]
