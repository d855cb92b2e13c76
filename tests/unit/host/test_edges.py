# SPDX-License-Identifier: Apache-2.0
"""Dependencies between installed packages: versions, Provides, architectures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.host.systems import Pkg, make_system
from zhengban.host.facts import collect

I386 = ("Multi-Arch: same",)


def edges(root: Path, *packages: Pkg) -> tuple[list[str], list[str], list[str]]:
    """(needs, needs_virtual, wants) of the package ``x`` as ``name:arch``."""
    rows = collect(str(make_system(root, *packages)))["packages"]
    row = next(row for row in rows if row[1] == "x")
    needs, virtual, wants = ([f"{rows[i][1]}:{rows[i][3]}" for i in numbers] for numbers in row[11:])
    return needs, virtual, wants


@pytest.mark.parametrize(
    ("relation", "fits"),
    [
        ("lib (<< 2)", True),
        ("lib (<< 1.5)", False),
        ("lib (<= 1.5)", True),
        ("lib (= 1.5)", True),
        ("lib (= 1.5-1)", False),
        ("lib (>= 1.5)", True),
        ("lib (>> 1.5)", False),
        ("lib(>=1)", True),
        ("lib (>= not a version", False),
        ("lib (>= :)", False),
        ("lib (< 1.5)", True),
    ],
)
def test_versions_decide(tmp_path: Path, relation: str, fits: bool) -> None:
    found = edges(tmp_path, Pkg(name="x", fields=(f"Depends: {relation}",)), Pkg(name="lib", version="1.5"))
    assert found[0] == (["lib:all"] if fits else [])


def test_every_alternative_that_is_installed_counts(tmp_path: Path) -> None:
    x = Pkg(
        name="x", fields=("Pre-Depends: a", "Depends: absent | b (>= 1) | c,\n d", "Recommends: e, v", "Suggests: f")
    )
    others = [Pkg(name=name) for name in "abcdef"]
    assert edges(tmp_path, x, *others, Pkg(name="g", fields=("Provides: v",))) == (
        ["a:all", "b:all", "c:all", "d:all"],
        [],
        ["e:all", "g:all"],
    )


def test_a_virtual_package_is_needed_through_its_providers(tmp_path: Path) -> None:
    x = Pkg(name="x", fields=("Depends: mta, awk (>= 2)", "Provides: mta"))
    plain = Pkg(name="postfix", fields=("Provides: mta, awk",))
    versioned = Pkg(name="gawk", fields=("Provides: awk (= 1:1)",))
    old = Pkg(name="mawk", fields=("Provides: awk (= 1)",))
    # itself is never among them, a Provides without version meets no version
    assert edges(tmp_path, x, plain, versioned, old) == ([], ["gawk:all", "postfix:all"], [])


@pytest.mark.parametrize(
    ("arch", "relation", "found"),
    [
        ("amd64", "lib", ["lib:amd64"]),
        ("i386", "lib", ["lib:i386"]),
        ("all", "lib", ["lib:amd64"]),
        ("i386", "doc", []),
        ("amd64", "doc", ["doc:all"]),
        ("i386", "foreign", ["foreign:amd64"]),
        ("i386", "tool", []),
        ("i386", "tool:any", ["tool:amd64"]),
        ("i386", "lib:any", ["lib:i386"]),
        ("i386", "lib:amd64", ["lib:amd64"]),
        ("i386", "lib:native", ["lib:amd64"]),
    ],
)
def test_architectures_decide(tmp_path: Path, arch: str, relation: str, found: list[str]) -> None:
    others = [
        Pkg(name="lib", arch="amd64", fields=I386),
        Pkg(name="lib", arch="i386", fields=I386),
        Pkg(name="doc"),
        Pkg(name="foreign", arch="amd64", fields=("Multi-Arch: foreign",)),
        Pkg(name="tool", arch="amd64", fields=("Multi-Arch: allowed",)),
    ]
    assert edges(tmp_path, Pkg(name="x", arch=arch, fields=(f"Depends: {relation}",)), *others)[0] == found


def test_a_dependency_that_is_nonsense_gives_nothing(tmp_path: Path) -> None:
    assert edges(tmp_path, Pkg(name="x", fields=("Depends: , |, ((, {{ 7*7 }}, (>= 1)",))) == ([], [], [])
