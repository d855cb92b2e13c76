# SPDX-License-Identifier: Apache-2.0
"""Licences on record that do not carry their install. Source: DESIGN 4, 7, DOMAIN S3, C9."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from zhengban.model.finding import Finding
from zhengban.model.record import History
from zhengban.model.register import Computer
from zhengban.policy.compile import CompiledPolicy


def judge_licences(
    compiled: CompiledPolicy, computer: Computer, history: History, *, today: dt.date
) -> Iterator[Finding]:
    """Installs on record beyond the quantity or the term of their lot, or under none."""
    yield from ()
