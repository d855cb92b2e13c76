# SPDX-License-Identifier: Apache-2.0
"""The look-up that judging a fleet mostly is: right, shared between computers, and never larger than it may be."""

from __future__ import annotations

import pytest

from zhengban.model.policy import Baseline, Manager, PlatformBase, Policy, Product, Selector
from zhengban.policy import names
from zhengban.policy.names import PolicyNames

DEBIAN = PlatformBase(number="FREE-1", manager="dpkg", names=frozenset({"bash", "wps"}), globs=("linux-image-*",))
KYLIN = PlatformBase(number="FREE-2", manager="dpkg", names=frozenset({"kylin-menu", "bash"}))


def policy_names(*selectors: tuple[Manager, str]) -> PolicyNames:
    products = tuple(
        Product(
            name=f"P{at}",
            type="free",
            category="other",
            number=f"FREE-1{at}",
            packages=(Selector(manager=manager, name=name),),
        )
        for at, (manager, name) in enumerate(selectors)
    )
    return PolicyNames(Policy(baseline=Baseline(name="office"), products=products, platforms=(DEBIAN, KYLIN)))


@pytest.mark.parametrize(
    ("manager", "name", "exact", "loose", "bases"),
    [
        ("dpkg", "wps", (0, 3), (1,), (DEBIAN,)),
        ("dpkg", "wps-fonts", (), (1,), ()),
        ("dpkg", "linux-image-6.1.0-25-amd64", (), (), (DEBIAN,)),
        ("dpkg", "kylin-menu", (), (), ()),
        ("dpkg", "WPS", (), (), ()),
        ("rpm", "bash", (), (), ()),
        ("windows", "wps office", (2,), (), ()),
        ("", "", (), (), ()),
    ],
)
def test_what_is_written_about_a_name(
    manager: str, name: str, exact: tuple[int, ...], loose: tuple[int, ...], bases: tuple[PlatformBase, ...]
) -> None:
    policy = policy_names(("dpkg", "wps"), ("dpkg", "wps*"), ("windows", "WPS Office"), ("dpkg", "wps"))
    named = policy.on_system(("FREE-1",))[manager, name]
    assert (named.exact, named.loose, named.bases) == (exact, loose, bases)
    assert named.is_listed is bool(exact or loose)


def test_an_index_is_of_one_operating_system() -> None:
    policy = policy_names()
    assert policy.on_system(())["dpkg", "bash"].bases == ()
    assert policy.on_system(("FREE-2",))["dpkg", "bash"].bases == (KYLIN,)
    assert policy.on_system(("FREE-1", "FREE-2"))["dpkg", "bash"].bases == (DEBIAN, KYLIN)
    assert policy.on_system(("FREE-2",)) is policy.on_system(("FREE-2",))


def test_a_host_cannot_fill_the_memory_with_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is forgotten is found again, and is the same object: rulings are remembered by its identity."""
    monkeypatch.setattr(names, "NAMES_KEPT", 10)
    index = policy_names(("dpkg", "wps")).on_system(("FREE-1",))
    bash, wps = index["dpkg", "bash"], index["dpkg", "wps"]
    for number in range(1000):
        assert not index["dpkg", f"made-up-{number}"].is_listed
        assert len(index) <= 10
    assert index["dpkg", "bash"] is bash
    assert index["dpkg", "wps"] is wps
