# SPDX-License-Identifier: Apache-2.0
"""Numbers people give to software, computers, people and departments: one pattern, which the schemas have."""

from __future__ import annotations

from .schemas import accepts_text, read_schema


def number_problem(text: str) -> str:
    """What was expected of a number that is none, in words; empty for one that is."""
    schema = read_schema("computers")["properties"]["computers"]["items"]["properties"]["number"]
    return "" if accepts_text(schema, text) else str(schema["x-expects"])
