# SPDX-License-Identifier: Apache-2.0
"""Which arriving package comes because of which."""

from __future__ import annotations

import pytest

from zhengban.host.brings import brings

OTHERS = "\n\nPackage: b\n\nPackage: c\nProvides: virtual (= 1), other\n"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("Depends: b (>= 1:2), libc6", [["a", "b"]]),
        ("Pre-Depends: b\nRecommends: c", [["a", "b"], ["a", "c"]]),
        ("Depends: absent | b:any, c [amd64]", [["a", "b"], ["a", "c"]]),
        ("Depends: virtual", [["a", "c"]]),
        ("Depends: absent,\n b", [["a", "b"]]),
        ("Suggests: b\nDescription: Depends on\n b, c", []),
        ("Depends: a, {{ 7*7 }}", []),
        ("", []),
    ],
)
def test_needs_among_what_arrives(fields: str, found: list[list[str]]) -> None:
    assert brings(f"Package: a\n{fields}{OTHERS}", ["a", "b", "c"]) == found


def test_what_does_not_arrive_is_not_named() -> None:
    assert brings("Package: a\nDepends: b\n\nPackage: b\nDepends: a\n", ["a"]) == []


def test_who_needs_each_other_is_named_both_ways() -> None:
    assert brings("Package: b\nDepends: a\n\nPackage: a\nDepends: b\n", ["a", "b"]) == [["a", "b"], ["b", "a"]]
