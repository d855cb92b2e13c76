# SPDX-License-Identifier: Apache-2.0
"""The bytes an approver signs. Source: DESIGN 11; RFC 8785 (JSON Canonicalization Scheme)."""

from __future__ import annotations

import datetime as dt

import msgspec
import rfc8785

from zhengban.model.request import Application, ApprovalRole

FORMAT = "zhengban.approval/1"
NAMESPACE = "zhengban-approval"
"""What ``ssh-keygen -Y`` is told the bytes are for: a signature made for anything else is none."""


def approval_bytes(
    identity: str,
    application: Application,
    application_hash: str,
    *,
    role: ApprovalRole,
    approver: str,
    expires: dt.date,
) -> bytes:
    """What one person signs who approves one request in one role.

    The hash of the application's line covers all of form 10; computer, kind and software stand beside it so that a
    person who looks at the bytes sees what they are about.
    """
    software = {"before": application.before, "after": application.after}
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "id": identity,
            "computer": application.computer,
            "kind": application.kind,
            "software": msgspec.to_builtins(software),
            "role": role,
            "approver": approver,
            "expires": expires.isoformat(),
            "application": application_hash,
        }
    )
