# SPDX-License-Identifier: Apache-2.0
"""The command line on a workspace of the example organisation."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.functional.cli.papers import form_3
from tests.lab.workspace import copy_example, read_register, write_register
from zhengban.cli.main import app
from zhengban.ledger import Ledger
from zhengban.model.facts import Facts, Identity, ManagerFacts, Package, PlatformFacts
from zhengban.model.plan import Outcome
from zhengban.model.record import BookedRecord, Change, Intent, Record
from zhengban.papers.decision import Decision
from zhengban.papers.needing import import_needs
from zhengban.papers.papers import decide_paper
from zhengban.run.facts import keep_facts
from zhengban.run.workspace import Workspace

MACHINE_ID = "0123456789abcdef0123456789abcdef"
NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
FILED = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
RUN = "20261123T093000Z-abcdef"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace; the environment and the current directory name no other."""
    monkeypatch.delenv("ZHENGBAN_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    return copy_example(tmp_path / "workspace")


@pytest.fixture
def invoke(root: Path) -> Callable[..., Result]:
    """Run a command in this process: ``invoke("assess", "PC-0001")``."""

    def run(*arguments: str, workspace: Path | None = None) -> Result:
        result = CliRunner().invoke(app, ["--workspace", str(workspace or root), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def zhengban() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run the command as a process of its own; ``environment`` is added to this one's, without ours."""

    def run(*arguments: str | Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "zhengban.cli.main", *map(str, arguments)],
            env={**os.environ, **(environment or {})},
            capture_output=True,
            timeout=120,
        )

    return run


@pytest.fixture
def adopt(root: Path) -> Callable[[str], None]:
    """Write an identity into a computer's row of the register."""

    def write(number: str) -> None:
        path = root / "inventories" / "register" / "computers.yml"
        document = read_register(path)
        for entry in document["computers"]:
            if entry["number"] == number:
                entry["identity"] = {"serial_number": "", "machine_id": MACHINE_ID}
        write_register(path, document)

    return write


@pytest.fixture
def store_facts(root: Path) -> Callable[..., Facts]:
    """Store facts of a computer with these (name, version) packages, as a collection would have."""

    def store(number: str, *packages: tuple[str, str]) -> Facts:
        facts = Facts(
            host=number.lower(),
            identity=Identity(machine_id=MACHINE_ID),
            collected_at="2026-11-23T08:00:00Z",
            platform=PlatformFacts(id="debian", version="12", arch="amd64"),
            managers={"dpkg": ManagerFacts(read=True, count=len(packages), digest="1" * 64)},
            digest="2" * 64,
            packages=tuple(_package(name, version) for name, version in sorted(packages)),
        )
        keep_facts(Workspace(root), number, facts)
        return facts

    return store


def _package(name: str, version: str) -> Package:
    return Package("dpkg", name, version, "amd64", None, None, True, False, "optional", False, None, (), (), ())


@pytest.fixture
def enforce(root: Path) -> None:
    """Let the policy remove what is forbidden, at once."""
    path = root / "policies" / "baseline.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in (
        ("mode: audit                 #", "mode: enforce  #"),
        ("forbidden: report ", "forbidden: remove "),
        ("grace_days: 30", "grace_days: 0"),
    ):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def open_intent(root: Path) -> Callable[..., Intent]:
    """Put an intent on disk, as a run that was cut off leaves it: one package, uninstalled."""

    def open_(computer: str, *, package: str = "xunlei-thunder", book: str = "UNLISTED", run: str = RUN) -> Intent:
        intent = _intent(computer, package=package, book=book, run=run)
        ledger = Ledger(root / "ledger")
        with ledger.lock_computer(computer):
            ledger.open_intent(intent)
        return intent

    return open_


@pytest.fixture
def book_removals(root: Path) -> Callable[[Iterable[tuple[str, str, str]]], None]:
    """Write uninstalls of (computer, package, book) into the ledger, one run each."""

    def book_(rows: Iterable[tuple[str, str, str]]) -> None:
        ledger = Ledger(root / "ledger")
        for index, (computer, package, book) in enumerate(rows):
            intent = _intent(computer, package=package, book=book, run=f"20261123T0930{index:02}Z-abcdef")
            with ledger.lock_computer(computer):
                ledger.open_intent(intent)
                outcome = Outcome(package=intent.changes[0].package, state="done")
                assert len(ledger.settle(intent, [outcome], at=NOW)) == 1

    return book_


def _intent(computer: str, *, package: str, book: str, run: str) -> Intent:
    record = Record(
        id=f"{run}/{computer}/0",
        action="uninstall",
        computer=computer,
        package=f"dpkg:{package}:amd64",
        user="张三",
        department="财务处",
        version="1.0",
        date=NOW.date(),
        quantity=1,
        cause="enforcement",
        evidence="verified",
        run=run,
        by="ops@controller",
    )
    change = Change(package=record.package, kind="remove", old="1.0", records=(BookedRecord(book=book, record=record),))
    return Intent(id=f"{run}/{computer}", run=run, computer=computer, plan="3" * 64, at=NOW, changes=(change,))


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("forms")
    finance = form_3(
        folder / "财务处.xlsx",
        "计财处",
        "张三",
        ("办公软件", "文字处理", "兼容版式文件", "５个", None),
        ("杀毒软件", "终端防护", None, 2, "新购计算机"),
        ("操作系统", None, None, None, None),
    )
    business = form_3(folder / "业务处.xlsx", "业务处", "刘洋", ("办公", "文字处理", None, 4, None))
    return [finance, business]


@pytest.fixture(scope="module")
def filed(forms: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of the example with two approved needs."""
    workspace = Workspace(copy_example(tmp_path_factory.mktemp("filed") / "office"))
    for item in import_needs(workspace, map(Path, forms), accept=(), is_check=False, now=FILED).filed:
        for person in ("E0002", "E0004"):
            decide_paper(workspace, "NED", item.id, Decision(kind="approved", by=person), now=FILED)
    return workspace.ledger.root


@pytest.fixture
def needs(root: Path, filed: Path) -> list[str]:
    """Two approved needs."""
    shutil.copytree(filed, root / "ledger", ignore=shutil.ignore_patterns(".locks"))
    return list(Ledger(root / "ledger").paper_ids("NED"))
