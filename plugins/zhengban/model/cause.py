# SPDX-License-Identifier: Apache-2.0
"""The causes of records that name what they were made under: the kind, and the id behind it. Source: DESIGN 6."""

from __future__ import annotations

REQUEST = "request:"
"""Made under a request; its id follows."""
URGENT = "urgent:"
"""Taken away by an urgent removal; its id follows."""
RESTORE = "restore:"
"""Put back what a run changed; the run's id follows."""
WITH_AN_ID = (REQUEST, RESTORE, URGENT)


def id_in(cause: str, kind: str) -> str:
    """The id that a cause of this kind names, empty when it is another cause."""
    return cause.removeprefix(kind) if cause.startswith(kind) else ""
