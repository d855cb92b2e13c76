# SPDX-License-Identifier: Apache-2.0
"""Which packages an urgent removal is about. Source: DESIGN 5."""

from __future__ import annotations

from zhengban.host.match import name_matches
from zhengban.model.waiver import UrgentRemoval


def names_package(urgent: UrgentRemoval, manager: str, name: str) -> bool:
    """Whether one of its patterns is about a package of this manager and name."""
    ignore_case = manager == "windows"
    patterns = (package.partition(":") for package in urgent.packages)
    return any(of == manager and name_matches(pattern, name, ignore_case) for of, _colon, pattern in patterns)
