# SPDX-License-Identifier: Apache-2.0
"""2,000 damaged policy files: each is a policy or located problems, never a traceback. Source: DESIGN 2, STYLE 5."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from zhengban.model.errors import Problem
from zhengban.policy.compile import PolicyCompiler
from zhengban.policy.load import read_policy
from zhengban.register.load import load_register

from .mutation import mutate

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "policies"

MUTANTS = 2_000
BATCHES = 20
SECONDS_EACH = 2.0
"""A generous bound for one small file; what it forbids is time that grows with what is written."""


def make_workspace(kind: str, root: Path) -> Path:
    """The example organisation, or a good golden case laid over its base."""
    if kind == "example":
        shutil.copytree(ROOT / "policies" / "example", root / "policies")
        shutil.copytree(ROOT / "inventories" / "example", root / "inventories")
    else:
        shutil.copytree(GOLDEN / "base", root)
        shutil.copytree(GOLDEN / "positive" / kind, root, dirs_exist_ok=True)
    return root


def policy_files(workspace: Path) -> list[Path]:
    tests = workspace / "policies" / "tests"
    return sorted(path for path in workspace.glob("policies/**/*.yml") if tests not in path.parents)


# The example holds a file of each kind; the golden cases hold the unusual ways to write them.
KINDS = ("example", "design-example", "example", "anchors", "example", "vault-text", "same-package-told-apart")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_damaged_file_is_a_policy_or_located_problems(batch: int, tmp_path: Path) -> None:
    workspace = make_workspace(KINDS[batch % len(KINDS)], tmp_path / "workspace")
    register = load_register(workspace)
    files = policy_files(workspace)
    originals = {path: path.read_bytes() for path in files}
    outcomes: Counter[str] = Counter()
    for number in range(batch, MUTANTS, BATCHES):
        path = files[number // BATCHES % len(files)]
        path.write_bytes(mutate(originals[path].decode("utf-8"), number))
        started = time.process_time()
        policy, problems = read_policy(workspace, register)
        if policy is not None:
            # What is accepted can be judged by, also where the text is strange.
            PolicyCompiler(policy, register).for_computer(register.computers[0])
        taken = time.process_time() - started
        assert (policy is None) == bool(problems), number
        for problem in problems:
            assert_located(problem, workspace, number)
        assert taken < SECONDS_EACH, (number, taken)
        outcomes["valid" if policy is not None else "problems"] += 1
        path.write_bytes(originals[path])
    # A batch that only ever ends one way would prove half.
    assert min(outcomes["valid"], outcomes["problems"]) >= 5, outcomes


def assert_located(problem: Problem, workspace: Path, number: int) -> None:
    place = workspace / problem.file
    assert problem.file == "policies" or place.is_file(), (number, problem)
    assert problem.message and str(problem).isprintable(), (number, problem)
    assert str(problem).encode("utf-8"), number
    if problem.line == 0:
        assert problem.column == 0 and not problem.path, (number, problem)
    else:
        # Every line end YAML 1.1 knows; one more, because a text may end where its next line would begin.
        lines = place.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        ends = sum(lines.count(end) for end in "\n\r\x85\u2028\u2029")
        assert 1 <= problem.line <= ends + 2 and problem.column >= 1, (number, problem)
