# SPDX-License-Identifier: Apache-2.0
"""What is allowed in a policy and yet hardly meant: every lint with its code, place and remedy. Source: DESIGN 2, 9."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from zhengban.model.policy import Place

Severity = Literal["warning", "note"]

CODES: dict[str, Severity] = {
    "base_overrides_scope": "warning",
    "dead_base_name": "note",
    "dead_entry": "warning",
    "dead_exception": "note",
    "dead_package": "note",
    "empty_range": "warning",
    "exception_expired": "warning",
    "exception_expires": "warning",
    "glob_matches_base": "warning",
    "glob_matches_protected": "warning",
    "listed_in_base": "note",
    "no_packages": "warning",
    "no_silent_uninstall": "warning",
    "prohibited_in_base": "warning",
    "protected_stays": "warning",
    "publisher_never_met": "warning",
    "required_by_pattern": "warning",
    "required_without_package": "warning",
    "required_without_source": "warning",
    "shadowed_entry": "warning",
    "signer_never_met": "warning",
    "version_never_met": "warning",
}
"""Code -> severity. Codes are stable: pipelines name them."""


class Lint(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is hardly meant; ``entry`` is the entry's name as people say it. Sorts by place."""

    place: Place
    code: str
    severity: Severity
    entry: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.code}: {self.entry}: {self.message}; {self.remedy}"


def make_lint(code: str, place: Place, entry: str, message: str, remedy: str) -> Lint:
    """A lint with the severity of its code."""
    return Lint(place=place, code=code, severity=CODES[code], entry=entry, message=message, remedy=remedy)


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The day of the lint in the organisation's time zone, and how many days ahead an end is near."""

    today: dt.date
    near_days: int
