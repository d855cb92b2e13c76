# SPDX-License-Identifier: Apache-2.0
"""What a requirement of an rpm leads to: a need approves, a virtual need does not. Source: DESIGN 4."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from zhengban.host.rpm import Capability, Installed, Relations
from zhengban.host.rpm_edges import Resolver

EQUAL, AT_LEAST, BELOW = 8, 12, 2


def edges_of(
    requires: Sequence[Capability | str],
    *others: tuple[str, Sequence[Capability | str]],
    signers: dict[str, str] | None = None,
    version: str = "1.0-1",
    owners: dict[str, str] | None = None,
) -> tuple[list[str], list[str]]:
    """(needs, virtual needs) of a package ``app`` among others, each with what it provides beside its own name."""
    signers = signers or {}
    named = [("app", ()), *others]
    rows = [Installed(name, version, "x86_64", signers.get(name), None, None) for name, _provides in named]
    relations = [Relations(tuple(map(capability, requires)), (("app", EQUAL, version),), ())]
    relations += [Relations((), ((name, EQUAL, version), *map(capability, provides)), ()) for name, provides in others]

    def find_owners(paths: Sequence[str]) -> list[tuple[str, tuple[str, str]]]:
        return [(path, (owner, "x86_64")) for path, owner in (owners or {}).items() if path in paths]

    needs, virtual, _wants = Resolver(rows, relations, find_owners).edges(0)
    return [rows[number].name for number in needs], [rows[number].name for number in virtual]


def capability(text: Capability | str) -> Capability:
    return text if isinstance(text, tuple) else (text, 0, "")


SONAME = "libx.so.1()(64bit)"


def test_a_name_is_a_need_with_and_without_its_architecture() -> None:
    assert edges_of(["lib"], ("lib", [])) == (["lib"], [])
    assert edges_of(["lib(x86-64)"], ("lib", ["lib(x86-64)"]), ("other", ["lib(x86-64)"])) == (["lib"], ["other"])
    # a name provided by somebody else too stays the need of the one that is called so
    assert edges_of(["lib"], ("lib", []), ("other", ["lib"])) == (["lib"], ["other"])


def test_what_one_package_provides_is_a_need() -> None:
    assert edges_of([SONAME], ("libx", [SONAME])) == (["libx"], [])
    assert edges_of(["/bin/sh"], ("bash", []), owners={"/bin/sh": "bash"}) == (["bash"], [])


def test_a_second_provider_is_approved_by_nobody() -> None:
    both = (("libx", [SONAME]), ("look-alike", [SONAME]))
    assert edges_of([SONAME], *both) == ([], ["libx", "look-alike"])
    # nor does it cost the first one its approval, where the vendor signs
    signers = {"app": "vendor", "libx": "vendor", "look-alike": "somebody"}
    assert edges_of([SONAME], *both, signers=signers) == (["libx"], ["look-alike"])
    assert edges_of([SONAME], *both, signers={"app": "vendor", "look-alike": "somebody"}) == (
        [],
        ["libx", "look-alike"],
    )
    everybody = dict.fromkeys(("app", "libx", "look-alike"), "vendor")
    assert edges_of([SONAME], *both, signers=everybody) == ([], ["libx", "look-alike"])


def test_what_a_package_provides_for_itself_leads_nowhere() -> None:
    assert edges_of(["app"], ("other", ["app"])) == ([], [])


@pytest.mark.parametrize(
    ("flags", "wanted", "is_met"),
    [
        (AT_LEAST, "1.0", True),
        (AT_LEAST, "1.0-1", True),
        (AT_LEAST, "1.0-2", False),
        (AT_LEAST, "1:0.5", False),
        (BELOW, "1:0.5", True),
        (EQUAL, "1.0", True),
        (EQUAL, "1.0-2", False),
        (BELOW, "1.0", False),
        (BELOW, "1.0.1", True),
        (AT_LEAST, "no version: at all", False),
    ],
)
def test_versions_as_rpm_compares_them(flags: int, wanted: str, is_met: bool) -> None:
    assert edges_of([("lib", flags, wanted)], ("lib", [])) == (["lib"] if is_met else [], [])


def test_an_unversioned_provide_meets_any_version() -> None:
    assert edges_of([("virt", AT_LEAST, "9")], ("lib", ["virt"])) == (["lib"], [])


@pytest.mark.parametrize(
    ("rich", "expected"),
    [
        ("(liba or libb)", ["liba", "libb"]),
        ("(liba >= 1 with liba < 2)", ["liba"]),
        ("(liba >= 2 and libb)", ["libb"]),
        ("(liba if libb)", ["liba"]),
        ("(libb unless liba)", ["libb"]),
    ],
)
def test_boolean_requirements(rich: str, expected: list[str]) -> None:
    needs, virtual = edges_of([rich], ("liba", []), ("libb", []))
    assert sorted([*needs, *virtual]) == expected
