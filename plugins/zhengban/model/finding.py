# SPDX-License-Identifier: Apache-2.0
"""What the judge says about one computer. Source: DESIGN 4."""

from __future__ import annotations

from typing import Literal

import msgspec

from .policy import NOWHERE, Place

Code = Literal[
    "exception_expired",
    "forbidden",
    "guard_open",
    "identity_mismatch",
    "licence_expired",
    "missing_required",
    "no_pledge",
    "not_adopted",
    "oem_mismatch",
    "origin_mismatch",
    "out_of_scope",
    "over_licensed",
    "private_install",
    "private_removal",
    "private_upgrade",
    "retired",
    "scrapped_in_use",
    "unconfirmed",
    "unlisted",
    "unpackaged",
    "unread",
    "upgrade_due",
    "version_not_allowed",
]
Verdict = Literal["compliant", "violating", "excused", "unread"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as decided.

    ``package`` is ``manager:name:arch``; for ``missing_required`` the first selector as ``manager:name:``; for
    ``unpackaged`` ``outside:path:``; for ``unread`` the manager; for findings about the computer itself empty.
    ``version`` is the installed one.
    ``clauses`` are ids of DOMAIN 2, ``place`` is where the policy decided, ``remedy`` what to do.
    """

    code: Code
    computer: str
    package: str = ""
    version: str = ""
    number: str = ""
    clauses: tuple[str, ...] = ()
    place: Place = NOWHERE
    message: str
    remedy: str = ""


class Install(msgspec.Struct, frozen=True, kw_only=True):
    """A product recognised on a computer: the row that gives its version, and the entry it fits.

    ``label`` is the product's version label (empty for free software), ``numbers`` those it may be recorded under.
    """

    row: int
    package: str
    version: str
    product: str
    label: str
    numbers: tuple[str, ...]


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The judgement of one computer.

    ``findings`` sort by (computer, package, version, code), and so do those that an exception covers, ``excused``:
    nothing is ever planned for them. ``approved_rows`` are ascending row numbers of the facts:
    what the policy, a platform base or the dependency closure approves.
    """

    computer: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    excused: tuple[Finding, ...] = ()
    installs: tuple[Install, ...]
    approved_rows: tuple[int, ...]
