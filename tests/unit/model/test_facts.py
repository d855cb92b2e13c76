# SPDX-License-Identifier: Apache-2.0
"""A facts document comes from a host: whatever it says, it is facts or one clear error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from zhengban.model.errors import FactsError
from zhengban.model.facts import COLUMNS, FORMAT, MAX_TEXT, facts_from_plain, read_facts


def document(*edges: list[int], name: str = "a") -> dict[str, Any]:
    row = ["dpkg", name, "1", "amd64", None, None, False, False, "optional", False, None]
    return {
        "format": FORMAT,
        "host": "host",
        "identity": {},
        "collected_at": "2026-11-23T01:00:00Z",
        "platform": {"id": "debian", "version": "12"},
        "managers": {"dpkg": {"read": True}},
        "digest": "",
        "columns": list(COLUMNS),
        "packages": [[*row, needs, [], []] for needs in edges],
    }


@pytest.mark.parametrize("edges", [(), ([],), ([1], [0])])
def test_edges_inside_the_rows_are_read(edges: tuple[list[int], ...]) -> None:
    assert [list(package.needs) for package in read_facts(json.dumps(document(*edges)), source="h").packages] == [
        *edges
    ]


@pytest.mark.parametrize("needs", [[1], [-1], [0, 99, 0], [0, 2**70]])
def test_an_edge_outside_the_rows_is_refused(needs: list[int]) -> None:
    """Also one that hides between smaller ones: the judge follows edges and must not fall off the end."""
    for read in (lambda plain: read_facts(json.dumps(plain), source="PC-0001"), _from_plain):
        with pytest.raises(FactsError, match=r"^PC-0001: "):
            read(document(needs))


@pytest.mark.parametrize("name", ["a\ud800", "a" * (MAX_TEXT + 1)])
def test_a_text_that_could_not_be_written_again_is_refused(name: str) -> None:
    for read in (lambda plain: read_facts(json.dumps(plain), source="PC-0001"), _from_plain):
        with pytest.raises(FactsError, match=r"^PC-0001: "):
            read(document([], name=name))


def _from_plain(plain: object) -> object:
    return facts_from_plain(plain, source="PC-0001")
