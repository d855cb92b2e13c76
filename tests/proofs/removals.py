# SPDX-License-Identifier: Apache-2.0
"""How each rule is taken out of the program: one place of its source, written differently."""

from __future__ import annotations

from typing import NamedTuple


class Removal(NamedTuple):
    """A rule, and where in the core ``old`` is to read ``new`` so that it is gone.

    Its tests are those below ``where`` with the rule's name in theirs.
    """

    rule: str
    file: str
    old: str
    new: str
    where: str = "tests/rules"


PRODUCTS, CHECK = "policy/products.py", "policy/check.py"
APPLYING = "run/applying.py"
DERIVE = "tests/unit/derive"
REFRESH = "tests/functional/cli/test_ledger_refresh.py"

REMOVALS: tuple[Removal, ...] = (
    Removal("N1", CHECK, "if owner is not product:", 'if owner is not product and clause != "N1":'),
    Removal("N2", CHECK, "if uses > 1:", "if uses > 2:"),
    Removal("N2", PRODUCTS, "if number != lot.number:", "if not number:"),
    Removal("N3", PRODUCTS, 'if lot.get("acquired", "purchase") != "purchase":', "if not lot:"),
    Removal("N4", CHECK, "if owner is not product:", 'if owner is not product and clause != "N4":'),
    Removal("N5", PRODUCTS, 'if "lots" in entry:', 'if "lots" in entry and kind != "oem":'),
    Removal("N6", CHECK, "if owner is not product:", 'if owner is not product and clause != "N6":'),
    Removal(
        "N7", CHECK, 'if product.type == "free":\n            message', 'if product.type == "":\n            message'
    ),
    Removal("N8", PRODUCTS, 'if kind == "free" and "version" in entry:', "if not kind:"),
    Removal("L1", "report/refreshing.py", "DETAIL: write_detail(", "SUMMARY: write_detail("),
    Removal("L2", APPLYING, '(action.old_number if leaves else "") or action.number', "action.cause"),
    Removal("L3", APPLYING, "if action.old:", "if action.old and action.new:"),
    Removal("L4", APPLYING, '(action.old_number if leaves else "") or action.number', "action.number"),
    Removal("L5", "derive/detail.py", "or not install.quantity:", "or known is not _UNKNOWN:", DERIVE),
    Removal("L6", "derive/staleness.py", "now.keys() - before.keys()", "now.keys() - now.keys()", REFRESH),
    Removal("L6", "derive/staleness.py", "if age <= refresh_days:", "if age:", REFRESH),
    Removal("L7", "derive/staleness.py", "if age <= refresh_days:", "if age:", REFRESH),
    Removal("I1", "approval/state.py", 'if request.state == "approved":', "if request.state:"),
    Removal("I2", "run/ordering.py", "not order.request and not order.notice.strip()", "order is None"),
    Removal("I3", "judge/unconfirmed.py", "if late:", "if not days:", "tests/unit/papers/test_confirming.py"),
    Removal("I4", "judge/upgrades.py", "if begins is None or begins > today:", "if begins is None:"),
)
