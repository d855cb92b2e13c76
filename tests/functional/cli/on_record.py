# SPDX-License-Identifier: Apache-2.0
"""Software on record on a computer of the example, and what the ledger says about it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from zhengban.ledger.ids import new_run_id
from zhengban.life.stating import Statement, state_unit
from zhengban.run.author import Author
from zhengban.run.workspace import Workspace

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)

# (book, package, version, quantity): two commercial lots, what came along with one, free and preinstalled software.
SOFTWARE = (
    ("COM-0001", "dpkg:wps-office:amd64", "11.1.0.11719", 1),
    ("COM-0004", "dpkg:finance-suite:amd64", "8.3", 1),
    ("COM-0004", "dpkg:libfinance:amd64", "8.3", 0),
    ("FREE-0002", "dpkg:7zip:amd64", "23.01", 1),
    ("OEM-0001", "dpkg:kylin-desktop:amd64", "10.1", 1),
)
COMMERCIAL = {"COM-0001": 1, "COM-0004": 1}


def install(root: Path, computer: str) -> None:
    """Record the software as adopted there."""
    workspace = Workspace(root)
    author = Author.of(
        workspace.register, workspace.computer_named(computer), run=new_run_id(NOW), day=dt.date(2026, 11, 20)
    )
    statements = (
        Statement(book=book, action="install", package=package, version=version, quantity=quantity, cause="adopted")
        for book, package, version, quantity in SOFTWARE
    )
    known = workspace.history(NOW)
    state_unit(workspace, author, statements, known=known, what="adopted", evidence="verified", now=NOW)


def seats(root: Path) -> dict[str, int]:
    """Seats taken by software number."""
    return Workspace(root).history(NOW).seats_taken


def commercial_seats(root: Path) -> dict[str, int]:
    return {number: taken for number, taken in seats(root).items() if number.startswith("COM")}


def held(root: Path, computer: str) -> dict[str, tuple[str, int]]:
    """(book, quantity) of what is on record on a computer, by package."""
    on_record = Workspace(root).history(NOW).held_on.get(computer, {})
    return {package: (holding.number, holding.quantity) for package, holding in on_record.items()}


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file of a workspace but locks."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".locks" not in path.parts
    }
