# SPDX-License-Identifier: Apache-2.0
"""``zhengban policy match``: imported software gets its package rules, by somebody's choice. Source: DESIGN 8."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import snapshot
from zhengban.ledger import Ledger
from zhengban.model.facts import Facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
IMPORTED = """\
# From forms 6 and 7.
software:
- {name: 思维导图, version: "3", type: commercial, category: other, made_in: domestic,
   lots: [{number: COM-0010, quantity: 5}]}      # XMind to everybody else
- name: Inkscape      # a comment that stays
  number: FREE-0010
  type: free
  category: other
  made_in: foreign
- {name: 会计助手, number: FREE-0011, type: free, category: other, made_in: domestic}
"""


@pytest.fixture
def imported(root: Path, store_facts: Callable[..., Facts]) -> Path:
    (root / "policies" / "imported.yml").write_text(IMPORTED, encoding="utf-8")
    store_facts("PC-0001", ("inkscape", "1.2"), ("wps-office", "11.1.0.11719"))
    store_facts("PC-0002", ("inkscape", "1.3"), ("sjhome", "3.4"))
    return root


def test_proposals_are_shown_with_their_evidence(invoke: Invoke, imported: Path) -> None:
    before = snapshot(imported)
    result = invoke("policy", "match")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "FREE-0010 Inkscape",
        "  high: {manager: dpkg, name: inkscape}",
        "    names alike 1.00; on 2 computers such as PC-0001, PC-0002; versions 1.2 (1), 1.3 (1)",
        "COM-0010 思维导图 3: nothing like it is installed",
        "FREE-0011 会计助手: nothing like it is installed",
        "3 entries without packages",
    ]
    assert snapshot(imported) == before
    plain = json.loads(invoke("policy", "match", "--format", "json").stdout)
    assert [item["name"] for item in plain["proposals"]] == ["inkscape"]
    assert plain["without"][0] == {"number": "COM-0010", "label": "思维导图 3"}


def test_what_is_chosen_is_written_and_nothing_else_changes(invoke: Invoke, imported: Path) -> None:
    result = invoke("policy", "match", "--write", "FREE-0010")
    assert result.exit_code == 1
    assert "wrote 1 rules; 2 entries without packages" in result.stdout
    assert (imported / "policies" / "imported.yml").read_text(encoding="utf-8") == IMPORTED.replace(
        "  category: other\n  made_in: foreign\n",
        "  category: other\n  made_in: foreign\n  packages:\n  - {manager: dpkg, name: inkscape}\n",
    )
    (product,) = (item for item in Workspace(imported).policy.products if item.name == "Inkscape")
    assert [selector.name for selector in product.packages] == ["inkscape"]
    (event,) = Ledger(imported / "ledger").events()
    assert (event.kind, event.data["rules"]) == (
        "packages_matched",
        [{"number": "FREE-0010", "manager": "dpkg", "name": "inkscape"}],
    )
    assert invoke("ledger", "verify").exit_code == 0
    assert "Inkscape" not in invoke("policy", "match").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("COM-0010", "--write: no proposal for 'COM-0010' is of high confidence"),
        ("FREE-0010=dpkg:inkscap", "--write: is no proposal: 'FREE-0010=dpkg:inkscap'; did you mean"),
    ],
)
def test_what_was_not_proposed_is_not_written(invoke: Invoke, imported: Path, text: str, said: str) -> None:
    before = snapshot(imported)
    result = invoke("policy", "match", "--write", text)
    assert result.exit_code == 2
    assert said in result.stderr
    assert snapshot(imported) == before


def test_without_facts_there_is_nothing_to_propose_from(invoke: Invoke) -> None:
    result = invoke("policy", "match")
    assert result.exit_code == 2
    assert "holds facts of no computer in use" in result.stderr
