# SPDX-License-Identifier: Apache-2.0
"""The example office with software on record, a request and a confirmation: what its forms are filled with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.lab.workspace import copy_example
from zhengban.life.stating import Statement, state_unit
from zhengban.papers.confirming import confirm
from zhengban.papers.deciding import decide
from zhengban.papers.decision import Decision
from zhengban.papers.requesting import Draft, apply_for
from zhengban.run.author import Author
from zhengban.run.workspace import Workspace

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
RUN = "20261123T093000Z-abc123"
WRITER = "47f376"
"""Part of the requests' ids: with another one each time, the printed pages would differ."""

# computer -> (action, book, package, version, day): commercial software of two lots, an upgrade, what is preinstalled
# by a record and what is free.
CHANGES: dict[str, tuple[tuple[str, str, str, str, str], ...]] = {
    "PC-0001": (
        ("install", "COM-0001", "wps-office", "11.1.0.9000", "2024-04-02"),
        ("install", "COM-0003", "kav-endpoint", "9.2", "2026-01-08"),
        ("install", "FREE-0002", "p7zip-desktop", "22.01", "2024-04-02"),
    ),
    "PC-0002": (
        ("install", "COM-0002", "wps-office", "11.1.0.11719", "2025-05-06"),
        ("install", "COM-0003", "kav-endpoint", "9.2", "2026-01-08"),
        ("install", "COM-0004", "finance-suite", "8.3.1", "2023-07-03"),
        ("install", "FREE-0004", "firefox-esr", "115.9", "2024-09-12"),
        ("install", "FREE-0007", "flash-player", "32.0", "2019-03-18"),
    ),
    "PC-0003": (
        ("install", "COM-0001", "wps-office", "11.1.0.11719", "2024-04-03"),
        ("install", "COM-0005", "dm8-client", "8.1.3", "2025-09-10"),
        ("install", "FREE-0003", "sogoupinyin", "4.2.1", "2024-04-03"),
    ),
    "PC-0004": (
        ("install", "COM-0001", "wps-office", "11.1.0.11719", "2024-04-03"),
        ("uninstall", "COM-0001", "wps-office", "11.1.0.11719", "2025-06-01"),
        ("install", "FREE-0002", "p7zip-desktop", "16.02", "2022-02-14"),
        ("uninstall", "FREE-0002", "p7zip-desktop", "16.02", "2024-08-20"),
        ("install", "FREE-0002", "p7zip-desktop", "22.01", "2024-08-20"),
    ),
    "NB-0001": (("install", "COM-0001", "wps-office", "11.1.0.11719", "2024-04-05"),),
    "SRV-0001": (
        ("install", "FREE-0001", "debian", "12", "2023-08-30"),
        ("install", "FREE-0005", "baseline-agent", "1.4", "2025-02-11"),
    ),
}


def fill_example(target: Path) -> Workspace:
    """Copy the example and put all of it on record; returns the workspace, loaded anew."""
    root = copy_example(target)
    writer = root / "ledger" / ".writer"
    writer.parent.mkdir(exist_ok=True)
    writer.write_text(f"{WRITER}\n", encoding="ascii")
    for number, changes in CHANGES.items():
        _record(root, number, changes)
    _deploy(root)
    workspace = Workspace(root)
    draft = Draft(
        computer="PC-0002", kind="install", number="FREE-0002", applicant="E0007", reason="解压外单位来文附件"
    )
    (request,) = (filed.id for filed in apply_for(workspace, [draft], now=NOW))
    for person in ("E0003", "E0002"):
        decide(workspace, request, Decision(kind="approved", by=person), now=NOW)
    return Workspace(root)


def _record(
    root: Path, number: str, changes: tuple[tuple[str, str, str, str, str], ...], cause: str = "adopted"
) -> None:
    workspace = Workspace(root)
    run = RUN if cause == "adopted" else RUN.replace("abc", "def")
    author = Author.of(workspace.register, workspace.computer_named(number), run=run, day=TODAY)
    statements = (
        Statement(
            book=book,
            action="install" if action == "install" else "uninstall",
            package=f"{'platform' if package == 'debian' else 'dpkg'}:{package}:amd64",
            version=version,
            quantity=1,
            cause=cause,
            day=dt.date.fromisoformat(day),
        )
        for action, book, package, version, day in changes
    )
    known = workspace.history(NOW)
    state_unit(workspace, author, statements, known=known, what=cause, evidence="verified", now=NOW)


def _deploy(root: Path) -> None:
    """Two changes that people sign for; one is signed."""
    _record(root, "PC-0003", (("install", "FREE-0004", "firefox-esr", "115.9", "2026-11-20"),), "deployment")
    _record(root, "PC-0004", (("install", "COM-0003", "kav-endpoint", "9.2", "2026-11-20"),), "deployment")
    run = RUN.replace("abc", "def")
    confirm(
        Workspace(root),
        [f"{run}/PC-0003"],
        user="E0008",
        maintainer="E0002",
        reference="扫描件 2026-031",
        not_done=None,
        now=NOW,
    )
