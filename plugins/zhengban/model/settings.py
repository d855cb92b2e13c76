# SPDX-License-Identifier: Apache-2.0
"""The settings of a policy that are about no software by itself, as frozen types. Source: DESIGN 2."""

from __future__ import annotations

from typing import Literal

import msgspec

from .facts import OutsideKind

Mode = Literal["audit", "enforce"]
FindingAction = Literal["report", "remove", "install", "upgrade", "restore"]


class Actions(msgspec.Struct, frozen=True, kw_only=True):
    """What to do about each kind of finding; the cautious default is to report."""

    unlisted: FindingAction = "report"
    out_of_scope: FindingAction = "report"
    retired: FindingAction = "report"
    forbidden: FindingAction = "report"
    version_not_allowed: FindingAction = "report"
    missing_required: FindingAction = "report"
    upgrade_due: FindingAction = "report"
    private_removal: FindingAction = "report"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much may leave before a person has to look. ``computers_per_run`` is a number or a share in percent."""

    removals_per_computer: int = 5
    computers_per_run: str = "20%"
    window_hours: int = 24

    def computers_allowed(self, in_use: int) -> int:
        """``max(1, ceil(share x in_use))``, or the number itself. Source: DESIGN 5."""
        if self.computers_per_run.endswith("%"):
            share = int(self.computers_per_run[:-1])
            return max(1, -(-share * in_use // 100))
        return int(self.computers_per_run)


class GuardSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the guard behaves on hosts, and whom the blocked person should ask."""

    mode: Mode = "audit"
    message: str = ""


class OutsideSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which programs outside packages are looked for, for how long on a computer; ``allow`` are patterns of paths.

    Nothing is looked for unless ``look_for`` says so, and nothing found is ever removed.
    """

    look_for: tuple[OutsideKind, ...] = ()
    allow: tuple[str, ...] = ()
    seconds: int = 20


class Approvals(msgspec.Struct, frozen=True, kw_only=True):
    """How requests (form 10) are approved and changes confirmed (form 11).

    ``signatures`` required: an approval counts only with an SSH signature. A request is good for ``valid_days`` from
    its last approval, both days included; a change not confirmed within ``confirm_days`` is ``unconfirmed``.
    """

    signatures: Literal["required", "optional"] = "optional"
    valid_days: int = 30
    confirm_days: int = 14
