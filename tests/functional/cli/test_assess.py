# SPDX-License-Identifier: Apache-2.0
"""``zhengban assess``: verdicts from stored facts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import Result

from zhengban.ledger.ledger import Ledger
from zhengban.model.evidence import describe_age
from zhengban.model.facts import Facts, moment_text
from zhengban.model.record import Intent
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]


def test_computer_without_facts_is_unread_and_no_pass(invoke: Invoke) -> None:
    result = invoke("assess")
    assert result.exit_code == 1
    assert "computers: 6 unread" in result.stdout
    # A spare and a scrapped computer are not among them.
    assert "NB-0002" not in result.stdout
    assert "PC-0005" not in result.stdout


def test_compliant_computer(invoke: Invoke, adopt: Callable[..., None], store_facts: Callable[..., Facts]) -> None:
    adopt("SRV-0001")
    store_facts("SRV-0001", ("bash", "5.2.15-2+b7"))
    result = invoke("assess", "SRV-0001")
    age = describe_age(dt.datetime.now(dt.UTC) - dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC))
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "computer  verdict    findings  facts of              age",
            f"SRV-0001  compliant  0         2026-11-23T08:00:00Z  {age}",
            "",
            f"computers: 1 compliant; facts {age} old",
        ],
    )


def test_every_verdict_says_how_old_its_evidence_is(
    invoke: Invoke, root: Path, store_facts: Callable[..., Facts]
) -> None:
    workspace, facts = Workspace(root), store_facts("SRV-0001")
    now = dt.datetime.now(dt.UTC)
    for number, ago, imported_at in (
        ("PC-0001", dt.timedelta(days=41, hours=1), moment_text(now)),
        ("PC-0002", dt.timedelta(hours=3, minutes=1), ""),
        ("SRV-0001", dt.timedelta(minutes=7, seconds=1), ""),
    ):
        aged = msgspec.structs.replace(facts, collected_at=moment_text(now - ago), imported_at=imported_at)
        keep_facts(workspace, number, aged)
    result = invoke("assess", "PC-0001", "PC-0002", "PC-0003", "SRV-0001")
    lines = result.stdout.splitlines()
    assert [line.split("Z  ")[-1] for line in lines[1:3]] == ["41 d, imported", "3 h"]
    assert (lines[3].split()[-1], lines[4].split("Z  ")[-1]) == ("never", "7 min")
    assert lines[-1].endswith("; facts 7 min to 41 d old")
    judged = json.loads(invoke("assess", "PC-0001", "PC-0003", "--format", "json").stdout)
    assert judged[0]["facts"] == {
        "collected_at": moment_text(now - dt.timedelta(days=41, hours=1)),
        "read_at": "",
        "imported_at": moment_text(now),
    }
    assert judged[1]["facts"] is None


def test_facts_that_are_to_come_say_nothing_about_today(
    invoke: Invoke, root: Path, adopt: Callable[..., None], store_facts: Callable[..., Facts]
) -> None:
    adopt("SRV-0001")
    facts = store_facts("SRV-0001", ("bash", "5.2.15-2+b7"))
    later = msgspec.structs.replace(facts, collected_at="2999-01-01T00:00:00Z")
    keep_facts(Workspace(root), "SRV-0001", later)
    result = invoke("assess", "SRV-0001")
    assert result.exit_code == 1
    assert "its facts are of 2999-01-01T00:00:00Z, which is still to come" in result.stdout
    assert result.stdout.splitlines()[-1] == "computers: 1 unread; facts 0 min old"


def test_findings_of_the_named_computers(
    invoke: Invoke, adopt: Callable[..., None], store_facts: Callable[..., Facts]
) -> None:
    adopt("SRV-0001")
    store_facts("SRV-0001", ("bash", "5.2"), ("xunlei-thunder", "1.0"))
    result = invoke("assess", "pc-0001", "SRV-0001", "PC-0001")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    # By number, each once, also when it is named by its Ansible name.
    assert [line.split()[:2] for line in lines[1:3]] == [["PC-0001", "unread"], ["SRV-0001", "violating"]]
    assert any(
        "forbidden dpkg:xunlei-thunder:amd64 1.0" in line and "policies/forbidden.yml:" in line for line in lines
    )
    assert lines[-1].startswith("computers: 1 violating, 1 unread; facts ")


def test_json(invoke: Invoke, adopt: Callable[..., None], store_facts: Callable[..., Facts]) -> None:
    adopt("SRV-0001")
    store_facts("SRV-0001", ("bash", "5.2"), ("xunlei-thunder", "1.0"))
    result = invoke("assess", "SRV-0001", "--format", "json")
    assert result.exit_code == 1
    (assessment,) = json.loads(result.stdout)
    assert set(assessment) == {"computer", "verdict", "findings", "excused", "installs", "approved_rows", "facts"}
    assert assessment["verdict"] == "violating"
    assert assessment["approved_rows"] == [0]
    (finding,) = assessment["findings"]
    assert (finding["code"], finding["package"]) == ("forbidden", "dpkg:xunlei-thunder:amd64")
    assert finding["place"]["file"] == "policies/forbidden.yml"


@pytest.mark.parametrize("command", ["assess", "plan"])
def test_every_unknown_computer_is_named(invoke: Invoke, command: str) -> None:
    result = invoke(command, "PC-0001", "PC-9999", "pc-0oo2")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "'PC-9999'" in result.stderr
    assert "'pc-0oo2'" in result.stderr


def test_damaged_cache_is_unread(invoke: Invoke, root: Path, store_facts: Callable[..., Facts]) -> None:
    store_facts("SRV-0001", ("bash", "5.2"))
    (root / "facts" / "SRV-0001.json").write_text("{", encoding="utf-8")
    result = invoke("assess", "SRV-0001")
    assert result.exit_code == 1
    assert "computers: 1 unread" in result.stdout


def test_file_that_cannot_be_opened_is_named(invoke: Invoke, root: Path) -> None:
    (root / "facts" / "SRV-0001.json").mkdir(parents=True)
    result = invoke("assess", "SRV-0001")
    assert result.exit_code == 2
    assert result.stderr == f"{root / 'facts' / 'SRV-0001.json'}: Is a directory\n"


HOSTILE = [
    "{{ 7*7 }}",
    "$(touch x)",
    "a'b\"c",
    '- {"action":"install"}',
    "长" * 300,
    "[bold red]x[/]",
    "red\x1b[31m\nforged line\x9b\u202e",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_package_name_is_data(
    invoke: Invoke, adopt: Callable[..., None], store_facts: Callable[..., Facts], name: str
) -> None:
    adopt("SRV-0001")
    store_facts("SRV-0001", (name, "1.0\x1b[31m"))
    result = invoke("assess", "SRV-0001")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    # Table, heading, one finding, total; no line more, whatever the name holds.
    assert len(lines) == 7
    assert not set(result.stdout) & set("\x1b\x9b\u202e")
    if name.isprintable():
        assert f"unlisted dpkg:{name}:amd64 1.0\\x1b[31m: " in lines[4]
    listed = invoke("assess", "SRV-0001", "--format", "json")
    assert not set(listed.stdout) & set("\x1b\x9b")
    (assessment,) = json.loads(listed.stdout)
    assert assessment["findings"][0]["package"] == f"dpkg:{name}:amd64"


def test_register_without_computers(invoke: Invoke, tmp_path: Path) -> None:
    invoke("init", str(tmp_path / "new"))
    for command in ("assess", "plan"):
        result = invoke(command, workspace=tmp_path / "new")
        assert (result.exit_code, result.stdout) == (0, "the register has no computer in use\n")


def test_an_open_change_is_shown(invoke: Invoke, root: Path) -> None:
    """While a change is open the facts may be about to change, and only `ledger recover` said so, by acting."""
    at = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    ledger = Ledger(root / "ledger")
    run = "20261123T000000Z-abc123"
    intent = Intent(id=f"{run}/PC-0001", run=run, computer="PC-0001", plan="0" * 64, at=at, changes=())
    with ledger.lock_computer("PC-0001"):
        ledger.open_intent(intent)
    for command in ("assess", "plan"):
        assert f"PC-0001: run {run} left a change open" in invoke(command).stderr
