# SPDX-License-Identifier: Apache-2.0
"""Whether an order is for this machine and this state of it, and spares what is protected. Source: DESIGN 5."""

from typing import Any, Mapping

from .protect import protected_refs


def object_to_order(order: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Why the machine that gave these facts must not carry out an order; empty when it may.

    Args:
        order: as ``zhengban.host.transaction`` describes it.
        facts: the whole document of the machine, read now.
    """
    expected = {key: value for key, value in order["identity"].items() if value}
    if not expected:
        return "the order names no identity: adopt the computer first"
    for key, value in sorted(expected.items()):
        here = facts["identity"].get(key, "")
        if here != value:
            return "the order is for {} {!r}, this machine has {!r}".format(key, value, here)
    if facts["digest"] != order["facts_digest"]:
        return "packages have changed since the plan was made; plan again"
    protected = set(protected_refs(facts["packages"], facts["platform"]["kernel"], order["protect"]))
    leaving = {
        "{}:{}:{}".format(transaction["request"]["manager"], step["name"], step["arch"])
        for transaction in order["transactions"]
        for step in transaction["steps"]
        if step["kind"] == "remove"
    }
    if leaving & protected:
        return "protected packages would be removed: {}".format(", ".join(sorted(leaving & protected)))
    return ""
