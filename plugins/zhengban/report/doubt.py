# SPDX-License-Identifier: Apache-2.0
"""Whether the ledger that something is made from is as it was written. Source: DESIGN 6."""

from __future__ import annotations

from zhengban.ledger import Ledger


def describe_doubt(ledger: Ledger) -> str:
    """What to say beside a form or view of a ledger that was altered; empty when it was not.

    A line that can be read counts as it stands, wherever figures are made: only this looks at its hash.
    """
    problems = ledger.verify()
    if not problems:
        return ""
    more = f"; and {len(problems) - 1} more, see zhengban ledger verify" if len(problems) > 1 else ""
    return f"the ledger is not as it was written, and this counts it as it stands: {problems[0]}{more}"
