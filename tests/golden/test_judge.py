# SPDX-License-Identifier: Apache-2.0
"""Judging, case by case: policy and facts in, findings out."""

from __future__ import annotations

from pathlib import Path

import pytest

from .case import Case, case_folders, shown


@pytest.mark.parametrize("folder", case_folders("judge"), ids=lambda folder: folder.name)
def test_judge(folder: Path, tmp_path: Path) -> None:
    case = Case(folder, tmp_path / "workspace")
    expected = case.expected
    assert expected.keys() <= {"verdict", "findings", "installs", "approved"}

    assessment = case.judge()

    wanted = expected["findings"]
    for finding in wanted:
        assert {"code", "package", "place", "clauses"} <= finding.keys(), finding
    found = [shown(finding, keys) for finding, keys in zip(assessment.findings, wanted, strict=False)] + [
        finding.code for finding in assessment.findings[len(wanted) :]
    ]
    assert found == wanted
    assert assessment.verdict == expected["verdict"]
    if "approved" in expected:
        assert case.facts is not None
        assert [case.facts.packages[row].name for row in assessment.approved_rows] == expected["approved"]
    if "installs" in expected:
        installs = [
            shown(install, keys) for install, keys in zip(assessment.installs, expected["installs"], strict=True)
        ]
        assert installs == expected["installs"]
