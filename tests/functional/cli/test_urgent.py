# SPDX-License-Identifier: Apache-2.0
"""``zhengban urgent`` and ``zhengban limit``: what is printed, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable

from typer.testing import Result

from zhengban.model.facts import Facts

Invoke = Callable[..., Result]

DECIDED = ("--computers", "3", "--reason", "远程执行漏洞", "--approved-by", "E0001")


def test_an_urgent_removal_is_opened_listed_and_closed(
    invoke: Invoke, adopt: Callable[..., None], store_facts: Callable[..., Facts]
) -> None:
    adopt("PC-0002")
    store_facts("PC-0002", ("xunlei-thunder", "1.0"))
    opened = json.loads(invoke("urgent", "open", "dpkg:xunlei-*", *DECIDED, "--format", "json").stdout)
    assert (opened["packages"], opened["computers"]) == (["dpkg:xunlei-*"], 3)

    listed = invoke("urgent", "list")
    assert listed.exit_code == 1
    assert listed.stdout.splitlines()[1].startswith(f"{opened['id']}  dpkg:xunlei-*  3 computers  0      PC-0002")
    (row,) = json.loads(invoke("urgent", "list", "--format", "json").stdout)
    assert (row["left"], row["armed"]) == (["PC-0002"], [])
    assert "PC-0001" in row["unread"]
    plan = invoke("plan", "PC-0002").stdout
    assert "- xunlei-thunder:amd64" in plan

    closed = invoke("urgent", "close", opened["id"], "--by", "E0002", "--reason", "已处置")
    assert closed.stdout == f"{opened['id']}: closed\n"
    empty = invoke("urgent", "list")
    assert (empty.exit_code, empty.stdout) == (0, "no urgent removal is open\n")


def test_wrong_input(invoke: Invoke) -> None:
    for arguments, message in (
        (("urgent", "open", "xunlei", *DECIDED), "PACKAGE: 'xunlei' names no package; write manager:name"),
        (("urgent", "open", "dpkg:x", *DECIDED[:4], "--approved-by", "E0007"), "--approved-by: E0007 is neither under"),
        (("urgent", "close", "URG-1", "--by", "E0002", "--reason", "x"), "no urgent removal 'URG-1' is open"),
        (("limit", "raise", "--computers", "1", *DECIDED[2:]), "--computers: 1 is no more than the policy's limit"),
    ):
        result = invoke(*arguments)
        assert result.exit_code == 2, result.output
        assert message in result.stderr


def test_a_limit_is_raised(invoke: Invoke) -> None:
    result = invoke("limit", "raise", "--computers", "9", "--hours", "2", *DECIDED[2:])
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(" UTC 9 computers may lose software; run again\n")
    raised = json.loads(invoke("limit", "raise", "--computers", "9", *DECIDED[2:], "--format", "json").stdout)
    assert raised.keys() == {"computers", "until", "reason", "approved_by"}
