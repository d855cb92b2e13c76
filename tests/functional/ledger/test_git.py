# SPDX-License-Identifier: Apache-2.0
"""Clones of a workspace that git merges by the ``.gitattributes`` of ``zhengban init``. Source: DESIGN 6."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest

from tests.unit.ledger.examples import NOW, assert_settled, carry_out, install_intent, read_as_yaml
from zhengban.cli.starter import starter_files
from zhengban.ledger import Ledger
from zhengban.ledger.tidy import tidy
from zhengban.model.errors import LedgerError
from zhengban.model.record import Intent

RECORDS = 500
BOOKS = 20


def git(workspace: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=ops", "-c", "user.email=ops@example.org", "-c", "commit.gpgsign=false")
    result = subprocess.run(["git", "-C", str(workspace), *identity, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def clones(tmp_path: Path) -> tuple[Path, Path]:
    """Two clones of a workspace that has one record."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    for name, text in starter_files("本单位").items():
        (first / name).parent.mkdir(parents=True, exist_ok=True)
        (first / name).write_text(text, encoding="utf-8")
    carry_out(Ledger(first / "ledger"), START)
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(first))
    commit(first)
    git(tmp_path, "clone", "--quiet", str(first), str(second))
    return first, second


def commit(workspace: Path) -> None:
    git(workspace, "add", "--all")
    git(workspace, "commit", "--quiet", "--message", "ledger")


def pull(workspace: Path, *others: Path) -> None:
    for other in others:
        git(workspace, "fetch", "--quiet", str(other), "main")
        git(workspace, "merge", "--quiet", "--no-edit", "FETCH_HEAD")


START = install_intent("PC-0000", "dpkg:wps-office:amd64", "COM-0000")


def intents(copy: int, first: int, count: int) -> list[Intent]:
    """One record each, over books of which some are both clones', some new in both and some of one clone alone."""
    return [
        install_intent(
            f"PC-{copy}{number:04}",
            f"dpkg:软件{number}:amd64",
            f"COM-{number % BOOKS:04}" if number % 5 else f"FREE-{copy}-{number % BOOKS:04}",
            run=f"2026112{copy}T093000Z-00000{copy}",
        )
        for number in range(first, first + count)
    ]


def write(workspace: Path, written: list[Intent]) -> list[Intent]:
    ledger = Ledger(workspace / "ledger")
    for intent in written:
        carry_out(ledger, intent)
    ledger.append_events([("notice", intent.run, intent.computer, {"text": "通知"}) for intent in written], at=NOW)
    commit(workspace)
    return written


def yaml_ids(workspace: Path) -> list[str]:
    """The ids of all records as YAML tools see them."""
    documents = [read_as_yaml(path) for path in sorted((workspace / "ledger" / "books").iterdir())]
    return sorted(row["id"] for document in documents for row in document["records"])  # type: ignore[index]


def test_two_clones_with_500_new_records_each(tmp_path: Path) -> None:
    first, second = clones(tmp_path)
    written = [START, *write(first, intents(1, 0, RECORDS)), *write(second, intents(2, 0, RECORDS))]
    shared = set(Ledger(first / "ledger").books()) & set(Ledger(second / "ledger").books())
    assert len(shared - {"COM-0000"}) > 10
    pull(first, second)
    assert_settled(first / "ledger", *written)
    ids = yaml_ids(first)
    assert len(set(ids)) == len(ids) == 2 * RECORDS + 1
    # And back: the other clone goes on from the merge.
    pull(second, first)
    written += write(second, intents(2, RECORDS, 10))
    pull(first, second)
    assert_settled(first / "ledger", *written)
    assert_settled(second / "ledger", *written)


@pytest.mark.parametrize(("step", "kind"), [(1, "repeated"), (-1, "reordered")])
def test_branches_merged_both_ways_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, kind: str
) -> None:
    """git then finds no single ancestor, and its union writes lines twice or in another order; none is lost."""
    seconds = itertools.count(1_795_426_200, step)
    first, second = clones(tmp_path)
    written = []
    for workspace, new in ((second, installs(2, 0, 2)), (first, installs(1, 0, 1))):
        # Of two ancestors git takes the later one first.
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{next(seconds)} +0000")
        written += write(workspace, new)
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    for workspace, other in ((first, second), (second, first)):
        git(workspace, "fetch", "--quiet", str(other), "main")
    for workspace in (first, second):
        git(workspace, "merge", "--quiet", "--no-edit", "FETCH_HEAD")
        assert Ledger(workspace / "ledger").verify() == ()
    written += [*write(second, installs(2, 2, 1)), *write(first, installs(1, 1, 1))]
    pull(first, second)
    problems = Ledger(first / "ledger").verify()
    assert {problem.message.split(":")[0] for problem in problems} == {kind}
    assert all("run zhengban ledger merge" in problem.hint for problem in problems)
    assert tidy(Ledger(first / "ledger"), at=NOW) == (first / "ledger" / "books" / "COM-0000.yml",)
    assert_settled(first / "ledger", START, *written)
    assert len(yaml_ids(first)) == len(written) + 1


def test_a_checkout_of_the_time_before_the_ledger(tmp_path: Path) -> None:
    """Nothing is written there: not even what keeps git from our own files, which would be in the way back."""
    workspace = tmp_path / "workspace"
    for name, text in starter_files("本单位").items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(workspace))
    commit(workspace)
    git(workspace, "branch", "before")
    carry_out(Ledger(workspace / "ledger"), START)
    commit(workspace)
    tracked = git(workspace, "ls-files", "ledger").split()
    assert [name.split("/")[1] for name in tracked] == [".gitignore", "books", "runs"]
    git(workspace, "checkout", "--quiet", "before")
    with pytest.raises(LedgerError, match="it ends at seq 0, and this workspace has written it up to seq 1"):
        carry_out(Ledger(workspace / "ledger"), installs(1, 0, 1)[0])
    assert git(workspace, "status", "--porcelain") == ""
    git(workspace, "checkout", "--quiet", "main")
    assert_settled(workspace / "ledger", START, *write(workspace, installs(1, 0, 1)))


def installs(copy: int, first: int, count: int) -> list[Intent]:
    """In the one book both clones have."""
    run = f"2026112{copy}T093000Z-00000{copy}"
    return [
        install_intent(f"PC-{copy}{number:04}", "dpkg:wps-office:amd64", "COM-0000", run=run)
        for number in range(first, first + count)
    ]
