# SPDX-License-Identifier: Apache-2.0
"""The rings of an upgrade are found once for all the computers that wait for them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.golden.case import Case, case_folders
from zhengban.model.record import EMPTY_HISTORY
from zhengban.plan.rings import Ring, rings_of
from zhengban.policy.upgrades import sides_of


def test_rings_are_those_of_their_register_and_their_history(tmp_path: Path) -> None:
    (folder,) = (folder for folder in case_folders("plan") if folder.name == "upgrade_ring_failed")
    case = Case(folder, tmp_path / "workspace")
    policy, register, history = case.workspace.policy, case.workspace.register, case.history
    (upgrade,) = policy.upgrades
    sides = sides_of(upgrade, policy.products)
    assert sides is not None

    def found(register_now: object = register, history_now: object = history) -> tuple[Ring, ...]:
        return rings_of(upgrade, sides, register_now, history_now)  # type: ignore[arg-type]

    first = found()
    assert first[0].failed
    assert found() is first
    assert found(msgspec.structs.replace(register, computers=()))[0].members == ()
    assert found(history_now=EMPTY_HISTORY)[0].failed == ()
    assert found() is first
