# SPDX-License-Identifier: Apache-2.0
"""Thousands of computers are read one by one: what is kept does not grow with them."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.facts import facts_document
from tests.golden.workspace import make_workspace
from zhengban.desk.base import draft_base
from zhengban.desk.census import Census
from zhengban.desk.draft import draft_policy
from zhengban.desk.source import Source
from zhengban.run.workspace import Workspace

PACKAGES = 400


def take_census(workspace: Workspace, sources: list[Source]) -> None:
    census = Census(workspace.policy, workspace.compiler)
    for source in sources:
        census.add(workspace.register.in_use[0], source.read())
    assert census.read == len(sources)


@pytest.mark.parametrize(
    "gather",
    [
        take_census,
        lambda workspace, sources: draft_policy(workspace.policy, sources),
        lambda workspace, sources: draft_base(workspace.policy, sources),
    ],
    ids=["lint", "draft", "base"],
)
def test_memory_is_that_of_a_few_documents(tmp_path: Path, gather: Callable[[Workspace, list[Source]], object]) -> None:
    path = tmp_path / "facts.json"
    packages = [{"name": f"package-{number}", "manual": True} for number in range(PACKAGES)]
    path.write_text(json.dumps(facts_document({"packages": packages})), encoding="utf-8")
    workspace = make_workspace(tmp_path / "w")

    def peak(computers: int) -> int:
        sources = [Source(name=f"PC-{number}", path=path) for number in range(computers)]
        tracemalloc.start()
        try:
            gather(workspace, sources)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(60) < 1.5 * peak(3)
