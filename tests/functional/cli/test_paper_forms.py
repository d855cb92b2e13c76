# SPDX-License-Identifier: Apache-2.0
"""Forms 3, 10 and 11 there and back: what one office prints and another reads is printed the same, to the byte.

Forms 6 to 9: test_ledger_import. Source: DESIGN 8.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import Result

from tests.functional.cli.on_record import snapshot
from tests.functional.cli.test_form_copies import ASKED, RECORD, blank, fill  # noqa: F401
from zhengban.ledger import Ledger

Invoke = Callable[..., Result]


@pytest.fixture
def other(invoke: Invoke, root: Path, tmp_path: Path) -> Path:
    """An office that knows what this one knows now, and names what comes next alike."""
    assert Ledger(root / "ledger").writer
    shutil.copytree(root, tmp_path / "other")
    return tmp_path / "other"


def printed(invoke: Invoke, root: Path, number: int, path: Path) -> Path:
    result = invoke("report", "form", str(number), "--output", str(path), workspace=root)
    assert result.exit_code == 0, result.stderr
    return path


def test_form_3(invoke: Invoke, root: Path, other: Path, forms: list[str], tmp_path: Path) -> None:
    assert invoke("need", "import", *forms).exit_code == 0
    first = printed(invoke, root, 3, tmp_path / "first.xlsx")
    result = invoke("need", "import", str(first), workspace=other)
    assert result.exit_code == 0, result.stdout
    assert printed(invoke, other, 3, tmp_path / "second.xlsx").read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    "rows",
    [
        {"安装": ["√", "7-Zip", None, "23.01"]},
        {"卸载": ["√", "7-Zip", None, "23.01"]},
    ],
)
def test_form_10(
    invoke: Invoke,
    root: Path,
    other: Path,
    blank: Path,  # noqa: F811
    rows: dict[str, list[str | None]],
    tmp_path: Path,
) -> None:
    assert invoke("request", "import", fill(blank, ASKED, rows)).exit_code == 0
    first = printed(invoke, root, 10, tmp_path / "first.xlsx")
    result = invoke("request", "import", str(first), workspace=other)
    assert result.exit_code == 0, result.stderr
    assert printed(invoke, other, 10, tmp_path / "second.xlsx").read_bytes() == first.read_bytes()


@pytest.mark.parametrize("done", ["☑完成  ☐未完成", "☐完成  ☑未完成"])
def test_form_11(invoke: Invoke, root: Path, tmp_path: Path, book_removals: Callable[..., None], done: str) -> None:
    book_removals([("PC-0002", "xunlei-thunder", "UNLISTED")])
    other = tmp_path / "other"
    shutil.copytree(root, other)
    sheets = tmp_path / "确认单.xlsx"
    assert invoke("confirm", "--batch", "--output", str(sheets)).exit_code == 0
    fill(sheets, {}, {"卸载": [None, None, None, None, None, done]})
    if "☑未完成" in done:
        made = openpyxl.load_workbook(sheets)
        sheet = made.active
        assert sheet is not None
        sheet.append(["未完成原因：还在开机启动"])
        made.save(sheets)
    assert invoke("confirm", "--sheets", str(sheets), *RECORD).exit_code == 0
    first = printed(invoke, root, 11, tmp_path / "first.xlsx")
    result = invoke("confirm", "--sheets", str(first), *RECORD, workspace=other)
    assert result.exit_code == 0, result.stderr
    assert printed(invoke, other, 11, tmp_path / "second.xlsx").read_bytes() == first.read_bytes()
    before = snapshot(other)
    again = invoke("confirm", "--sheets", str(first), *RECORD, workspace=other)
    said = "the same is on file" if "☑未完成" in done else "nothing it is about waits for signatures"
    assert f"{said}: left out" in again.stderr
    assert snapshot(other) == before
