# SPDX-License-Identifier: Apache-2.0
"""``zhengban plan``: what an armed run would do, from what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import Result

from zhengban.model.facts import Facts, Identity
from zhengban.model.plan import Simulation, SimulationRequest, Step, Want
from zhengban.run.facts import keep_facts, keep_simulations
from zhengban.run.workspace import Workspace

from .conftest import MACHINE_ID

Invoke = Callable[..., Result]
REQUEST = SimulationRequest(manager="dpkg", remove=("xunlei-thunder:amd64",))


@pytest.fixture
def forbidden(enforce: None, adopt: Callable[..., None], store_facts: Callable[..., Facts]) -> Facts:
    """SRV-0001 has what its policy removes."""
    adopt("SRV-0001")
    return store_facts("SRV-0001", ("bash", "5.2"), ("xunlei-thunder", "1.0"))


@pytest.fixture
def simulated(forbidden: Facts, root: Path) -> None:
    """... and has simulated its removal."""
    step = Step(kind="remove", name="xunlei-thunder", arch="amd64", old="1.0")
    simulation = Simulation(request=REQUEST, steps=(step,))
    keep_simulations(Workspace(root), "SRV-0001", forbidden, {REQUEST: simulation})


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_plan_without_its_simulation_has_no_hash(invoke: Invoke, forbidden: Facts) -> None:
    result = invoke("plan", "SRV-0001")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "SRV-0001 plan: not simulated, so it has no hash; the host would be asked for",
        "  - xunlei-thunder:amd64",
    ]
    assert "zhengban.baseline.audit" in result.stderr
    (row,) = json.loads(invoke("plan", "SRV-0001", "--format", "json").stdout)
    assert row == {
        "computer": "SRV-0001",
        "verdict": "violating",
        "plan": None,
        "request": {"manager": "dpkg", "install": [], "upgrade": [], "remove": ["xunlei-thunder:amd64"], "means": []},
        "moved": {},
        "without_seat": "",
    }


def test_request_names_what_would_come(
    invoke: Invoke, root: Path, enforce: None, adopt: Callable[..., None], store_facts: Callable[..., Facts]
) -> None:
    baseline = root / "policies" / "baseline.yml"
    text = baseline.read_text(encoding="utf-8")
    for action in ("missing_required: report", "version_not_allowed: report"):
        text = text.replace(action, action.replace("report", "install" if "missing" in action else "upgrade"))
    baseline.write_text(text, encoding="utf-8")
    adopt("PC-0002")
    store_facts("PC-0002", ("wps-office", "11.1.0.9000"))
    result = invoke("plan", "PC-0002")
    assert result.stdout.splitlines()[1:] == ["  ^ wps-office >=11.1.0.11719, <12", "  + kav-endpoint"]


def test_simulated_plan(invoke: Invoke, simulated: None, root: Path) -> None:
    before = files_below(root)
    result = invoke("plan", "SRV-0001")
    assert result.exit_code == 1
    heading, action = result.stdout.splitlines()
    assert heading.startswith("SRV-0001 plan ")
    assert heading.endswith("(enforce): 1 action")
    assert action.startswith("  - xunlei-thunder:amd64 1.0 [")
    assert result.stderr == ""
    # Planning from the stores writes nothing, not even an empty ledger.
    assert files_below(root) == before
    assert not (root / "ledger").exists()


def test_an_audit_shows_the_hash_of_the_enforcement(invoke: Invoke, simulated: None) -> None:
    def plan(*options: str) -> dict[str, Any]:
        (row,) = json.loads(invoke("plan", "SRV-0001", "--format", "json", *options).stdout)
        assert row["request"] is None
        return dict(row["plan"])

    first = plan()
    assert len(first["hash"]) == 64
    assert (first["mode"], first["actions"][0]["name"]) == ("enforce", "xunlei-thunder")
    assert plan() == first
    audit = plan("--audit")
    assert audit == {**first, "mode": "audit"}


def test_unread_computer_has_no_plan(invoke: Invoke) -> None:
    result = invoke("plan", "PC-0001")
    assert result.exit_code == 1
    assert result.stdout == "PC-0001 plan: none, the computer is unread\n"
    (row,) = json.loads(invoke("plan", "PC-0001", "--format", "json").stdout)
    assert (row["computer"], row["verdict"], row["plan"], row["request"]) == ("PC-0001", "unread", None, None)


def test_compliant_computer_has_nothing_to_do(
    invoke: Invoke, adopt: Callable[..., None], store_facts: Callable[..., Facts]
) -> None:
    adopt("SRV-0001")
    store_facts("SRV-0001", ("bash", "5.2"))
    result = invoke("plan", "SRV-0001")
    assert (result.exit_code, result.stdout) == (0, "SRV-0001 plan: no changes\n")


def test_damaged_ledger_stops_planning(invoke: Invoke, simulated: None, root: Path) -> None:
    book = root / "ledger" / "books" / "COM-0001.yml"
    book.parent.mkdir(parents=True)
    book.write_text('number: "COM-0001"\nrecords:\n- {"id": 1}\n', encoding="utf-8")
    result = invoke("plan", "SRV-0001")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "ledger/books/COM-0001.yml:3" in result.stderr


def test_seats_are_shown_as_arming_hands_them_out(
    invoke: Invoke, root: Path, enforce: None, adopt: Callable[..., None], store_facts: Callable[..., Facts]
) -> None:
    """S3: in the order of the computers' numbers, over those that are shown."""
    for name, old, new in (
        ("baseline.yml", "missing_required: report", "missing_required: install"),
        ("commercial.yml", "    quantity: 10\n", "    quantity: 1\n"),
        ("commercial.yml", "[合同 2026-002]\n", "[合同 2026-002]\n  - {number: COM-0013, quantity: 1}\n"),
    ):
        path = root / "policies" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    numbers = ("PC-0001", "PC-0003", "PC-0004")
    register = root / "inventories" / "register" / "computers.yml"
    for number in numbers:
        adopt(number)
        text = register.read_text(encoding="utf-8")
        register.write_text(text.replace(MACHINE_ID, f"{number[-1]}{MACHINE_ID[1:]}"), encoding="utf-8")
        facts = store_facts(number, ("bash", "5.2"))
        facts = msgspec.structs.replace(facts, identity=Identity(machine_id=f"{number[-1]}{MACHINE_ID[1:]}"))
        keep_facts(Workspace(root), number, facts)
        request = SimulationRequest(manager="dpkg", install=(Want(name="kav-endpoint", versions=""),))
        step = Step(kind="install", name="kav-endpoint", arch="amd64", new="9")
        keep_simulations(Workspace(root), number, facts, {request: Simulation(request=request, steps=(step,))})

    rows = json.loads(invoke("plan", *numbers, "--format", "json").stdout)
    assert [(row["moved"], row["without_seat"]) for row in rows] == [
        ({}, ""),
        ({"COM-0003": "COM-0013"}, ""),
        ({}, "no seat is left in COM-0003 (1 of 1 taken), COM-0013 (1 of 1 taken): buy seats, or free some"),
    ]
    assert [row["plan"]["actions"][0]["lots"] for row in rows] == [["COM-0003", "COM-0013"]] * 3
    text = invoke("plan", *numbers).stdout
    assert "  COM-0003 is full: recorded under COM-0013\n" in text
    assert "  left out of the run: no seat is left in COM-0003 (1 of 1 taken)" in text
    # Alone each of them has a seat, and an audit hands none out.
    (alone,) = json.loads(invoke("plan", "PC-0004", "--format", "json").stdout)
    assert (alone["moved"], alone["without_seat"]) == ({}, "")
    assert "left out" not in invoke("plan", *numbers, "--audit").stdout
