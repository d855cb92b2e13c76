# SPDX-License-Identifier: Apache-2.0
"""What people decided to set aside of the policy's limits, for a while or for one removal. Source: DESIGN 5."""

from __future__ import annotations

import datetime as dt

import msgspec


class UrgentRemoval(msgspec.Struct, frozen=True, kw_only=True):
    """Software that has to leave at once, without grace and beyond the limits, on at most ``computers`` computers.

    ``packages`` are patterns ``manager:name``. It takes away only what the policy finds fault with, and stays open
    for computers that are away until somebody closes it.
    """

    id: str
    packages: tuple[str, ...]
    computers: int
    reason: str
    approved_by: str
    opened: dt.date


class LimitRaise(msgspec.Struct, frozen=True, kw_only=True):
    """As many computers may lose software within the window as this says, until a moment (UTC)."""

    computers: int
    until: dt.datetime
    reason: str
    approved_by: str
