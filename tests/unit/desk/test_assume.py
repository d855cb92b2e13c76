# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.golden.facts import facts_of
from zhengban.desk.assume import assume_simulation
from zhengban.host.version import in_range
from zhengban.model.plan import SimulationRequest, Step, Want

FACTS = facts_of(
    {"packages": [{"name": "wps", "version": "11.0"}, {"name": "xunlei", "arch": "all", "version": "1.4"}]}
)


def test_what_is_asked_for_happens_and_nothing_else() -> None:
    request = SimulationRequest(
        manager="dpkg",
        install=(Want(name="kav", versions=""),),
        upgrade=(Want(name="wps", versions=">=11.1, <12"),),
        remove=("xunlei:all",),
    )
    assumed = assume_simulation(request, FACTS)
    assert assumed.request == request
    assert assumed.steps == (
        Step(kind="install", name="kav", arch="amd64", new="0"),
        Step(kind="remove", name="xunlei", arch="all", old="1.4"),
        Step(kind="upgrade", name="wps", arch="amd64", old="11.0", new="11.1"),
    )
    assert (assumed.unavailable, assumed.error) == ((), "")


@pytest.mark.parametrize(
    "versions", ["", "1", "=2:1-1", ">=1", ">1", "<1", "<=1", ">1, <2", ">=1:0, <1:0.1", ">1, <1.0.1"]
)
def test_some_version_of_a_range(versions: str) -> None:
    assumed = assume_simulation(SimulationRequest(manager="dpkg", install=(Want(name="a", versions=versions),)), FACTS)
    (step,) = assumed.steps
    assert in_range("dpkg", step.new, versions)


def test_an_empty_range_has_none() -> None:
    assumed = assume_simulation(SimulationRequest(manager="dpkg", install=(Want(name="a", versions=">2, <1"),)), FACTS)
    assert assumed.steps == ()
    assert [item.name for item in assumed.unavailable] == ["a"]
