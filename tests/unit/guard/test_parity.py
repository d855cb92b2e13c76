# SPDX-License-Identifier: Apache-2.0
"""The guard decides about what comes exactly as the judge would afterwards: shown on every golden case of the judge."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.golden.case import Case, case_folders
from zhengban.guard.table import MANAGERS, compile_table, encode_table
from zhengban.host.guard_decide import After, Coming, Row, Transaction, decide
from zhengban.host.guard_recovery import is_recovery
from zhengban.host.guard_table import System, Table
from zhengban.model.facts import Facts

# What the judge says about a package that is there; the other codes are about computers and books.
CODES = {"unlisted", "forbidden", "retired", "out_of_scope", "version_not_allowed", "private_upgrade"}


def load_case(folder: Path, root: Path) -> Case:
    """A case without origins: none is known before a package is there, and unknown is no mismatch (DESIGN 3)."""
    case = Case(folder, root)
    if case.facts is not None:
        packages = tuple(msgspec.structs.replace(package, origin=None) for package in case.facts.packages)
        case.facts = msgspec.structs.replace(case.facts, packages=packages)
    return case


def system_of(case: Case, facts: Facts) -> System:
    """The table as the host of a case has it: compiled, written, read."""
    # The case's day at noon, in the organisation's time zone.
    now = dt.datetime.combine(case.today, dt.time(4), tzinfo=dt.UTC)
    table = Table(json.loads(encode_table(compile_table(case.compiled, case.computer, case.history, now=now))))
    assert table.plain["written_at"] == int(now.timestamp())
    return table.on_system(facts.platform.id, facts.platform.version)


def decisions(case: Case) -> Iterator[tuple[str, list[str], str]]:
    """(package, why the guard blocks it, what the judge says about it) of every package of a case, as it comes."""
    facts = case.facts
    if facts is None:
        return
    system = system_of(case, facts)
    findings = {(one.package, one.version): one.code for one in case.judge().findings if one.code in CODES}
    for manager in sorted({package.manager for package in facts.packages} & set(MANAGERS)):
        numbers = [row for row, package in enumerate(facts.packages) if package.manager == manager]
        rows = [Row(one.name, one.version, one.arch, one.publisher) for one in (facts.packages[row] for row in numbers)]
        needs = [[numbers.index(row) for row in facts.packages[at].needs if row in numbers] for at in numbers]
        after = After(rows, lambda row, _names, needs=needs: needs[row])
        for row in rows:
            ref = f"{manager}:{row.name}:{row.arch}"
            objection = findings.get((ref, row.version), "")
            if objection == "private_upgrade" and ref not in system.table.recorded:
                # Another package took the place of the one on record: that one's removal is what the guard stops.
                objection = ""
            if is_recovery(manager, row.name):
                continue
            coming = Coming(row.name, row.version, row.arch, publisher=row.publisher)
            transaction = Transaction(manager, (coming,), (), lambda after=after: after)
            reasons = decide(system, transaction, (), system.table.plain["written_at"])
            yield ref, [reason.code for reason in reasons], objection


@pytest.mark.parametrize("folder", case_folders("judge"), ids=lambda folder: folder.name)
def test_what_comes_is_blocked_exactly_when_the_judge_objects(folder: Path, tmp_path: Path) -> None:
    for package, blocked, objection in decisions(load_case(folder, tmp_path / "workspace")):
        assert blocked == ([objection] if objection else []), package


def test_the_cases_hold_every_objection_and_approvals(tmp_path: Path) -> None:
    seen = [
        objection
        for folder in case_folders("judge")
        for _package, _blocked, objection in decisions(load_case(folder, tmp_path / folder.name))
    ]
    assert set(seen) == CODES | {""}
    assert seen.count("") > 50
