# SPDX-License-Identifier: Apache-2.0
"""The hash that makes a plan a contract. Source: DESIGN 5; RFC 8785 (JSON Canonicalization Scheme)."""

from __future__ import annotations

import hashlib

import msgspec
import rfc8785

from zhengban.model.plan import Plan
from zhengban.model.register import Computer


def with_hash(plan: Plan, computer: Computer) -> Plan:
    """The plan with its hash: SHA-256 over the plan itself and the computer's row in the register, as 64 hex digits.

    The plan holds the policy's and the facts' digests, the simulation, the as-of date, lots, actions and refusals, so
    two front ends that see the same get the same hash, and anything that moved gives another.
    """
    content = msgspec.to_builtins(plan)
    # The mode decides whether a plan is carried out, not what it is: an audit shows the hash an enforcement has.
    del content["hash"], content["mode"]
    body = {"format": "zhengban.plan/1", "plan": content, "computer": msgspec.to_builtins(computer)}
    return msgspec.structs.replace(plan, hash=hashlib.sha256(rfc8785.dumps(body)).hexdigest())
