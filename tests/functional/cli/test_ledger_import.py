# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger import``: the forms of one office make the workspace of another, and its forms are the same bytes.

Source: DESIGN 6, 8.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.lab.completion import fill_completion
from tests.lab.filled import fill_example
from tests.unit.forms.written import AS_OF, one_table, write_to
from zhengban.cli.main import app
from zhengban.intake.transcribing import import_files
from zhengban.ledger import Ledger
from zhengban.model.errors import LedgerError
from zhengban.run.workspace import Workspace

FORMS = (6, 7, 8, 9)
DEBIAN = """\
software:
- {name: Debian, number: FREE-0001, type: free, category: os, vendor: Debian 项目, source: 官方网站, made_in: foreign,
   reason: 信创适配验证机与服务器操作系统}   # a comment that stays
"""
Run = Callable[..., Result]


def call(workspace: Path, *arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["--workspace", str(workspace), *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def export(workspace: Path, folder: Path, *more: str, kind: str = "xlsx") -> list[Path]:
    folder.mkdir()
    files = [folder / f"form-{number}.{kind}" for number in FORMS]
    for number, file in zip(FORMS, files, strict=True):
        result = call(workspace, "report", "form", number, "--output", file, *(more if number == 7 else ()))
        assert result.exit_code == 0, result.stderr
    return files


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_example(tmp_path_factory.mktemp("filled") / "office").root


@pytest.fixture(scope="module")
def files(office: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return export(office, tmp_path_factory.mktemp("forms") / "out", "--with-serials")


def make_empty(root: Path) -> Path:
    """A new workspace, as `init` leaves it, whose one free software is as the example describes it."""
    assert call(root.parent, "init", root).exit_code == 0
    (root / "policies" / "free.yml").write_text(DEBIAN, encoding="utf-8")
    return root


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return make_empty(tmp_path / "new")


@pytest.fixture(scope="module")
def completed(files: list[Path], office: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The forms and the completion workbook, filled in."""
    folder = tmp_path_factory.mktemp("completion")
    book = folder / "补充信息.xlsx"
    result = call(make_empty(folder / "new"), "ledger", "import", *files, "--check", "--completion", book)
    assert not result.stderr
    assert result.exit_code == 1
    assert "PC-0001: no form says its kind" in result.stdout
    workspace = Workspace(office)
    fill_completion(book, workspace.policy, workspace.register)
    return [*files, book]


@pytest.fixture(scope="module")
def imported(completed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace the forms were imported into; only read."""
    root = make_empty(tmp_path_factory.mktemp("imported") / "new")
    assert call(root, "ledger", "import", *completed, "--accept", "not_listed").exit_code == 0
    return root


def snapshot(root: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".locks" not in path.parts
    }


def test_the_round_trip_is_the_same_bytes(office: Path, empty: Path, completed: list[Path], tmp_path: Path) -> None:
    result = call(empty, "ledger", "import", *completed, "--check")
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if ": note " not in line] == [
        "form-7.xlsx#汇总表!B19: question not_listed: FREE-0007 is in form 7 and not on the free list: entered as "
        "retired (L6)",
        "1 open, nothing written; it would add 12 software, 8 people, 4 departments, 21 records",
    ]
    before = snapshot(empty)
    assert call(empty, "ledger", "import", *completed).exit_code == 1
    assert snapshot(empty) == before
    result = call(empty, "ledger", "import", *completed, "--accept", "not_listed")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("wrote 12 software, 8 people, 4 departments, 21 records\n")
    assert call(empty, "ledger", "verify").exit_code == 0
    first, second = export(office, tmp_path / "first"), export(empty, tmp_path / "second")
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name
    product = Workspace(empty).policy.product_by_number["COM-0003"]
    assert (product.category, product.made_in) == ("antivirus", "domestic")
    assert Workspace(empty).policy.lot_by_number["COM-0002"].acquired == "transfer"


def test_importing_again_adds_nothing(imported: Path, completed: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "copy"
    shutil.copytree(imported, empty)
    before = {path: text for path, text in snapshot(empty).items() if "/events/" not in path and "/runs/" not in path}
    result = call(empty, "ledger", "import", *completed, "--accept", "not_listed")
    assert result.stdout.endswith("wrote 0 software, 0 people, 0 departments, 0 records\n")
    after = snapshot(empty)
    assert {path: after[path] for path in before} == before


def test_the_event_names_files_and_who_answers(imported: Path, completed: list[Path]) -> None:
    (event,) = [event for event in Ledger(imported / "ledger").events() if event.kind == "imported"]
    assert isinstance(event.data["files"], dict)
    assert set(event.data["files"]) == {path.name for path in completed}
    assert event.data["accepted"] == ["not_listed"]
    person = Workspace(imported).register.person_by_id[str(event.data["by"])]
    assert person.name == "周伟"
    (record,) = Ledger(imported / "ledger").records("COM-0002")
    assert (record.cause, record.evidence, record.user) == ("adopted", f"attested:{person.id}", "张三")


def test_csv_is_read_as_well(office: Path, empty: Path, completed: list[Path], tmp_path: Path) -> None:
    files = export(office, tmp_path / "csv", "--with-serials", kind="csv")
    result = call(empty, "ledger", "import", *files, completed[-1], "--accept", "not_listed", "--check")
    assert result.exit_code == 0, result.stdout
    assert result.stdout.endswith("it would add 12 software, 8 people, 4 departments, 21 records\n")


def test_cut_off_the_same_command_does_the_rest(
    empty: Path, completed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register and the policy are whole after the first unit, the books after the last."""
    record, calls = Ledger.record, 0

    def fail_at_the_third(self: Ledger, *arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise LedgerError("the machine dies here")
        return record(self, *arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record", fail_at_the_third)
        assert call(empty, "ledger", "import", *completed, "--accept", "not_listed").exit_code == 2
    assert len(Workspace(empty).register.people) == 8
    assert len(Ledger(empty / "ledger").all_records()) < 21
    result = call(empty, "ledger", "import", *completed, "--accept", "not_listed")
    assert result.exit_code == 0, result.stderr
    assert len(Ledger(empty / "ledger").all_records()) == 21
    assert call(empty, "ledger", "verify").exit_code == 0


def test_somebody_answers_for_it(empty: Path, completed: list[Path]) -> None:
    result = call(empty, "ledger", "import", *completed, "--accept", "not_listed", "--by", "E9999")
    assert result.exit_code == 2
    assert "no person has the id 'E9999'" in result.stderr
    assert Ledger(empty / "ledger").all_records() == ()


def test_json(empty: Path, files: list[Path]) -> None:
    shown = json.loads(call(empty, "ledger", "import", *files, "--check", "--format", "json").stdout)
    assert {item["level"] for item in shown["open"]} == {"error", "question"}
    assert shown["counts"]["software"] == 12
    assert shown["is_written"] is False


def test_sixteen_times_the_computers_take_about_sixteen_times_as_long(empty: Path, tmp_path: Path) -> None:
    def seconds(computers: int) -> float:
        rows = (
            {
                "department": f"第{at % 20}处",
                "person": f"张{at}",
                "computer": f"PC-{at:05}",
                "number": "FREE-0001",
                "name": "Debian",
                "type": "free",
                "installed_on": AS_OF,
            }
            for at in range(computers)
        )
        path = write_to(tmp_path / f"{computers}.xlsx", one_table(8, "installs", rows))
        workspace, now = Workspace(empty), dt.datetime.combine(AS_OF, dt.time(12), dt.UTC)
        started = time.process_time()
        imported = import_files(workspace, [path], accept=(), by="", is_check=True, now=now)
        taken = time.process_time() - started
        assert imported.counts["people"] == imported.counts["records"] == computers
        return taken

    seconds(10)
    small = min(seconds(500) for _turn in range(3))
    # It is 20 here and was 99; a processor may be twice as slow a moment later.
    assert seconds(8_000) < 45 * small
