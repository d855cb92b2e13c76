# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger correct``: one of the three ways a private finding closes. DESIGN 4, 6."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.functional.cli.on_record import snapshot
from tests.golden.facts import facts_document
from tests.lab.workspace import read_register, write_register
from zhengban.ledger import Ledger
from zhengban.model.facts import facts_from_plain
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]

NOW = dt.datetime.now(dt.UTC)
SOFTWARE = """\
software:
- {name: Viewer, number: FREE-0900, type: free, category: other, packages: [{manager: dpkg, name: viewer}]}
- {name: Suite, version: "1", type: commercial, category: other, lots: [{number: COM-0900, quantity: 9}],
   packages: [{manager: dpkg, name: suite, versions: "<2"}]}
- {name: Suite, version: "2", type: commercial, category: other, lots: [{number: COM-0901, quantity: 9}],
   packages: [{manager: dpkg, name: suite, versions: ">=2"}]}
"""
WHY = ("--by", "E0002", "--reason", "盘点时漏记")


@pytest.fixture
def store(root: Path) -> Callable[..., None]:
    """Store facts of PC-0001 of this moment, with these name=version packages."""
    (root / "policies" / "more.yml").write_text(SOFTWARE, encoding="utf-8")

    def keep(**packages: str) -> None:
        rows = [{"name": name, "version": version} for name, version in packages.items()]
        document = facts_document({"packages": rows})
        document["collected_at"] = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
        keep_facts(Workspace(root), "PC-0001", facts_from_plain(document, source="test"))

    return keep


@pytest.fixture
def correct(invoke: Invoke) -> Callable[..., Result]:
    """Correct a package of PC-0001: ``correct("viewer", "FREE-0900", "--installed", "1.0")``."""

    def run(name: str, book: str, *arguments: str, why: tuple[str, ...] = WHY) -> Result:
        place = ("--computer", "pc-0001", "--package", f"dpkg:{name}:amd64", "--book", book)
        return invoke("ledger", "correct", *place, *arguments, *why)

    return run


def private(invoke: Invoke) -> list[tuple[str, str]]:
    (assessment,) = json.loads(invoke("assess", "PC-0001", "--format", "json").stdout)
    found = [(finding["code"], finding["package"]) for finding in assessment["findings"]]
    return [(code, package) for code, package in found if code.startswith("private_")]


def records(root: Path) -> list[tuple[Any, ...]]:
    return [
        (
            item.book,
            item.record.action,
            item.record.version,
            item.record.quantity,
            item.record.cause,
            item.record.evidence,
        )
        for item in Ledger(root / "ledger").all_records()
        if item.record.action == "correct"
    ]


def test_a_private_install_that_was_none(
    invoke: Invoke, root: Path, store: Callable[..., None], correct: Callable[..., Result]
) -> None:
    store(suite="1.0")
    invoke("ledger", "adopt", "PC-0001")
    store(suite="1.0", viewer="1.0")
    assert private(invoke) == [("private_install", "dpkg:viewer:amd64")]
    result = correct("viewer", "FREE-0900", "--installed", "1.0")
    assert (result.exit_code, result.stdout) == (0, "PC-0001: FREE-0900: dpkg:viewer:amd64: 1.0 installed\n")
    assert private(invoke) == []
    assert records(root) == [("FREE-0900", "correct", "1.0", 1, "correction", "attested:E0002")]
    (event,) = [event for event in Ledger(root / "ledger").events() if event.kind == "correction"]
    (record,) = Ledger(root / "ledger").records("FREE-0900")
    assert event.data == {
        "records": [record.id],
        "package": "dpkg:viewer:amd64",
        "by": "E0002",
        "reason": "盘点时漏记",
    }
    assert record.user_id == "E0004"
    assert invoke("ledger", "verify").exit_code == 0
    assert correct("viewer", "FREE-0900", "--installed", "1.0").stdout == "the books say so already\n"
    assert len(records(root)) == 1


def test_a_correction_is_checked_first(
    invoke: Invoke, root: Path, store: Callable[..., None], correct: Callable[..., Result]
) -> None:
    store(suite="1.0")
    invoke("ledger", "adopt", "PC-0001")
    before = snapshot(root)
    move = ("suite", "COM-0901", "--installed", "2.0")
    result = correct(*move, "--check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "PC-0001: COM-0900: dpkg:suite:amd64: not installed\n"
        "PC-0001: COM-0901: dpkg:suite:amd64: 2.0 installed\n"
        "nothing was written (--check)\n"
    )
    checked = json.loads(correct(*move, "--check", "--format", "json").stdout)
    assert correct("suite", "COM-9999", "--installed", "2.0", "--check").exit_code == 2
    assert snapshot(root) == before
    done = json.loads(correct(*move, "--format", "json").stdout)
    assert done == {
        "written": True,
        "computer": "PC-0001",
        "records": [
            {"book": "COM-0900", "package": "dpkg:suite:amd64", "version": "", "quantity": 0},
            {"book": "COM-0901", "package": "dpkg:suite:amd64", "version": "2.0", "quantity": 1},
        ],
    }
    assert checked == {**done, "written": False}
    assert len(records(root)) == 2
    again = json.loads(correct(*move, "--format", "json").stdout)
    assert again == {"written": False, "computer": "PC-0001", "records": []}


def test_a_private_removal_that_was_none(
    invoke: Invoke, root: Path, store: Callable[..., None], correct: Callable[..., Result]
) -> None:
    store(viewer="1.0")
    invoke("ledger", "adopt", "PC-0001")
    store()
    assert private(invoke) == [("private_removal", "dpkg:viewer:amd64")]
    result = correct("viewer", "FREE-0900", "--not-installed")
    assert (result.exit_code, result.stdout) == (0, "PC-0001: FREE-0900: dpkg:viewer:amd64: not installed\n")
    assert private(invoke) == []
    assert records(root) == [("FREE-0900", "correct", "", 0, "correction", "attested:E0002")]


def test_an_install_moves_between_books_as_one_unit(
    invoke: Invoke, root: Path, store: Callable[..., None], correct: Callable[..., Result]
) -> None:
    """Both books tell it (L2), and the seat of the one is free again (C9)."""
    store(suite="1.0")
    invoke("ledger", "adopt", "PC-0001")
    store(suite="2.0")
    assert private(invoke) == [("private_upgrade", "dpkg:suite:amd64")]
    assert correct("suite", "COM-0901", "--installed", "2.0").exit_code == 0
    assert private(invoke) == []
    assert [row[:4] for row in records(root)] == [("COM-0900", "correct", "", 0), ("COM-0901", "correct", "2.0", 1)]
    assert Ledger(root / "ledger").commits()[-1].plan == "correction"
    assert Workspace(root).history(NOW).seats_taken.get("COM-0900", 0) == 0


@pytest.mark.parametrize(
    ("name", "book", "arguments", "why", "message"),
    [
        ("viewer", "FREE-0900", (), WHY, "say one of --installed VERSION and --not-installed"),
        ("viewer", "FREE-0900", ("--installed", "1", "--not-installed"), WHY, "say one of"),
        ("viewer", "FREE-0900", ("--not-installed", "--quantity", "1"), WHY, "--quantity"),
        ("viewer", "FREE-0900", ("--installed", " "), WHY, "--installed: is empty"),
        ("viewer", "FREE-0900", ("--installed", "1", "--quantity", "-1"), WHY, "--quantity: -1 is neither 0 nor 1"),
        ("viewer", "FREE-0900", ("--installed", "1", "--quantity", "2"), WHY, "--quantity: 2 is neither 0 nor 1"),
        (
            "viewr",
            "FREE-0900",
            ("--installed", "1"),
            WHY,
            "no facts of PC-0001, no book and no entry of FREE-0900 have 'dpkg:viewr:amd64'; "
            "did you mean 'dpkg:viewer:amd64'?",
        ),
        ("viewer", "FREE-0900", ("--installed", "1"), ("--by", "E0002", "--reason", "长" * 1001), "at most 1000"),
        (
            "viewer",
            "FREE-0990",
            ("--installed", "1"),
            WHY,
            "no software has the number 'FREE-0990'; did you mean 'FREE-0900'",
        ),
        ("suite", "FREE-0900", ("--installed", "1"), WHY, "FREE-0900 is Viewer, and 'dpkg:suite:amd64' is Suite 1"),
        (
            "suite",
            "COM-0900",
            ("--installed", "2.5"),
            WHY,
            "COM-0900 may be used for Suite 1, and '2.5' is Suite 2; name a lot for 2, or UNASSIGNED",
        ),
        ("viewer", "FREE-0900", ("--not-installed",), WHY, "no book has 'dpkg:viewer:amd64' on PC-0001"),
        ("suite", "COM-0901", ("--not-installed",), WHY, "is not in the book 'COM-0901'; it is in 'COM-0900'"),
        ("suite", "COM-0901", ("--installed", "2"), ("--by", "E0002", "--reason", " "), "--reason: is empty"),
        ("suite", "COM-0901", ("--installed", "2"), ("--by", "E02", "--reason", "x"), "no person has the id 'E02'"),
        ("suite", "COM-0901", ("--installed", "2"), ("--by", "E0009", "--reason", "x"), "left on 2026-08-31"),
        (
            "suite",
            "COM-0901",
            ("--installed", "2"),
            ("--by", "E0004", "--reason", "x"),
            "E0004 陈志强 is not under organisation.approvers.it; did you mean 'E0002'?",
        ),
    ],
)
def test_wrong_input_writes_nothing(
    invoke: Invoke,
    root: Path,
    store: Callable[..., None],
    correct: Callable[..., Result],
    name: str,
    book: str,
    arguments: tuple[str, ...],
    why: tuple[str, ...],
    message: str,
) -> None:
    store(suite="1.0")
    invoke("ledger", "adopt", "PC-0001")
    before = Ledger(root / "ledger").events()
    result = correct(name, book, *arguments, why=why)
    assert result.exit_code == 2
    # Usage errors are shown in a box, wrapped.
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert records(root) == []
    assert Ledger(root / "ledger").events() == before


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("viewer", "'viewer' is not manager:name:arch; such as dpkg:wps-office:amd64"),
        ("apt:viewer:amd64", "is not manager:name:arch"),
        ("dpkg::amd64", "is not manager:name:arch"),
        ("dpkg:viewer:", "is not manager:name:arch"),
        ("dpkg:my viewer:amd64", "is not manager:name:arch"),
    ],
)
def test_a_package_is_named_as_in_the_books(
    invoke: Invoke, store: Callable[..., None], package: str, message: str
) -> None:
    store()
    invoke("ledger", "adopt", "PC-0001")
    place = ("--computer", "PC-0001", "--package", package, "--book", "FREE-0900", "--installed", "1")
    result = invoke("ledger", "correct", *place, *WHY)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("computer", ["PC-0001", "PC-0009"])
def test_nothing_comes_onto_a_computer_without_books(invoke: Invoke, root: Path, computer: str) -> None:
    """One that is not adopted, one that is not in use."""
    path = root / "inventories" / "register" / "computers.yml"
    document = read_register(path)
    document["computers"].append({"number": "PC-0009", "kind": "desktop", "status": "spare"})
    write_register(path, document)
    (root / "policies" / "more.yml").write_text(SOFTWARE, encoding="utf-8")
    before = snapshot(root)
    place = ("--computer", computer, "--package", "dpkg:viewer:amd64", "--book", "FREE-0900", "--installed", "1")
    result = invoke("ledger", "correct", *place, *WHY)
    message = {"PC-0001": "is not adopted; zhengban ledger adopt PC-0001", "PC-0009": "is spare"}[computer]
    assert (result.exit_code, f"--computer: {computer} {message}" in result.stderr) == (2, True), result.stderr
    assert snapshot(root) == before


def test_an_open_change_comes_first(
    invoke: Invoke,
    root: Path,
    store: Callable[..., None],
    correct: Callable[..., Result],
    open_intent: Callable[..., Any],
) -> None:
    store()
    invoke("ledger", "adopt", "PC-0001")
    before = Ledger(root / "ledger").events()
    open_intent("PC-0001")
    result = correct("viewer", "FREE-0900", "--installed", "1")
    assert result.exit_code == 3
    assert "zhengban ledger recover" in result.stderr
    assert records(root) == []
    assert Ledger(root / "ledger").events() == before
