# SPDX-License-Identifier: Apache-2.0
"""What somebody decides about a request, a need or a purchase plan. Source: DESIGN 6, 11, DOMAIN I1, C1, C3."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import msgspec

from zhengban.model.errors import InputError, Problem
from zhengban.model.register import Register
from zhengban.run.people import unknown_people


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in the role whose turn it is.

    ``evidence`` is an outside approval (an OA number) that ``recorded_by`` entered; ``signature`` an armoured SSH
    signature over what is signed, or ``key`` a key file to make one with; ``expires`` the last day of the approval of a
    request (None: the longest the policy allows).
    """

    kind: Literal["approved", "rejected", "withdrawn"]
    by: str
    reason: str = ""
    evidence: str = ""
    recorded_by: str = ""
    signature: str = ""
    key: Path | None = None
    expires: dt.date | None = None


def require_whole(register: Register, decision: Decision) -> None:
    """Check that a decision names people there are, and says what it has to.

    Raises:
        InputError: with everything that is missing.
    """
    recorder = {"--recorded-by": decision.recorded_by} if decision.recorded_by else {}
    problems = list(unknown_people(register, {"--by": decision.by, **recorder}))
    if bool(decision.evidence) != bool(decision.recorded_by):
        message = "an outside approval is cited by its number and by who recorded it"
        problems.append(Problem(file="--evidence", message=message, hint="give both --evidence and --recorded-by"))
    if decision.kind == "rejected" and not decision.reason.strip():
        problems.append(Problem(file="--reason", message="a rejection says why", hint="who asked will ask"))
    if problems:
        raise InputError(problems)
