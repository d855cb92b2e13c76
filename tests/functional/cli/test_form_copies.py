# SPDX-License-Identifier: Apache-2.0
"""Forms 10 and 11 come back filled in: requests and confirmations are made of them. Source: DOMAIN I1, I3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import Result

from tests.functional.cli.on_record import snapshot
from zhengban.ledger import Ledger
from zhengban.run.workspace import Workspace

Invoke = Callable[..., Result]
ASKED = {
    "申请部门": "财务处",
    "申请人": "张三",
    "申请时间": "2026年3月2日",
    "计算机编号": "PC-0002",
    "申请原因": "打开压缩包",
}


def fill(path: Path, beside: Mapping[str, object], rows: Mapping[str, Iterable[object]], *, right: int = 0) -> str:
    """Write values beside labels, and into the cells of the rows that begin with a label, as somebody types them."""
    made = openpyxl.load_workbook(path)
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    if right:
        merged = [str(area) for area in sheet.merged_cells.ranges]
        for area in merged:
            sheet.unmerge_cells(area)
        sheet.insert_cols(1, right)
        sheet.insert_rows(2)
    labels = {cell.value: cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
    for label, value in beside.items():
        cell = labels[label]
        span = next((area.size["columns"] for area in sheet.merged_cells.ranges if cell.coordinate in area), 1)
        sheet.cell(cell.row, cell.column + span).value = value
    for label, values in rows.items():
        cell, column = labels[label], labels[label].column
        for value in values:
            column += 1
            if value is not None:
                sheet.cell(cell.row, column).value = value
    made.save(path)
    return str(path)


@pytest.fixture
def blank(invoke: Invoke, tmp_path: Path) -> Path:
    path = tmp_path / "申请表.xlsx"
    assert invoke("report", "form", "10", "--blank", "--output", str(path)).exit_code == 0
    return path


@pytest.mark.parametrize("right", [0, 2])
def test_a_filled_in_form_10_is_a_request(invoke: Invoke, root: Path, blank: Path, right: int) -> None:
    file = fill(blank, ASKED, {"安装": ["√", "7-Zip", None, "23.01"]}, right=right)
    result = invoke("request", "import", file)
    assert result.exit_code == 0, result.stderr
    (request,) = json.loads(invoke("request", "list", "--format", "json").stdout)
    application = request["application"]
    assert (application["kind"], application["computer"], application["applicant"]) == ("install", "PC-0002", "E0007")
    assert (application["after"]["number"], request["reason"], request["state"]) == (
        "FREE-0002", "打开压缩包", "applied",
    )  # fmt: skip
    assert "the same is asked for there already" in invoke("request", "import", file).stdout
    assert invoke("ledger", "verify").exit_code == 0


def test_a_printed_request_is_known_by_its_number(invoke: Invoke, tmp_path: Path, blank: Path) -> None:
    assert invoke("request", "import", fill(blank, ASKED, {"安装": ["☑", "7-Zip", None, "23.01"]})).exit_code == 0
    printed = tmp_path / "printed.xlsx"
    assert invoke("report", "form", "10", "--output", str(printed)).exit_code == 0
    again = invoke("request", "import", str(printed))
    assert "is on file: left out" in again.stderr
    assert len(json.loads(invoke("request", "list", "--format", "json").stdout)) == 1


@pytest.mark.parametrize(
    ("beside", "rows", "said"),
    [
        ({}, {}, "no box is ticked"),
        ({}, {"安装": ["√", "7-Zip"], "卸载": ["√", "7-Zip"]}, "two boxes are ticked"),
        ({}, {"安装": ["√", "8-Zip"]}, "no software is called '8-Zip'"),
        ({}, {"安装": ["√", "WPS Office", None, "2023"]}, "no software is called 'WPS Office 2023'"),
        ({"申请人": "张四"}, {"安装": ["√", "7-Zip"]}, "no people are called '张四' in the department"),
        ({"申请部门": "业务处"}, {"安装": ["√", "7-Zip"]}, "no people are called '张三' in the department"),
        ({"计算机编号": "PC-9"}, {"安装": ["√", "7-Zip"]}, "there is no computer 'PC-9'"),
        ({"申请原因": None}, {"安装": ["√", "7-Zip"]}, "a request says why"),
        ({"申请时间": "上周"}, {"安装": ["√", "7-Zip"]}, "'上周' is not a day"),
    ],
)
def test_what_is_wrong_with_a_form_10_is_named(
    invoke: Invoke, root: Path, blank: Path, beside: Mapping[str, object], rows: Any, said: str
) -> None:
    before = snapshot(root)
    result = invoke("request", "import", fill(blank, {**ASKED, **beside}, rows))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "申请表.xlsx#" in result.stderr
    assert {path for path in snapshot(root) if path.startswith("ledger/requests")} == set()
    assert {path: text for path, text in snapshot(root).items() if path in before} == before


def test_another_form_is_not_taken_for_it(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "6.xlsx"
    assert invoke("report", "form", "6", "--output", str(path)).exit_code == 0
    result = invoke("request", "import", str(path))
    assert (result.exit_code, "holds no form 10" in result.stderr) == (2, True)
    path = tmp_path / "10.xlsx"
    assert invoke("report", "form", "10", "--blank", "--output", str(path)).exit_code == 0
    result = invoke("ledger", "import", str(path), "--check")
    assert "form 10, which `zhengban request import` reads: left out" in result.stdout


@pytest.fixture
def sheets(invoke: Invoke, root: Path, book_removals: Callable[..., None], tmp_path: Path) -> Path:
    """The printed sheet of one removal on PC-0002, which 张三 (E0007) uses."""
    # Records name their user; those of the fixture do not, so the computer's user now signs.
    book_removals([("PC-0002", "xunlei-thunder", "UNLISTED")])
    path = tmp_path / "确认单.xlsx"
    result = invoke("confirm", "--batch", "--output", str(path))
    assert result.exit_code == 0, result.stderr
    return path


def confirmations(root: Path) -> list[tuple[str, bool, str, str]]:
    return [(item.user, item.done, item.reason, item.reference) for item in Workspace(root).ledger.confirmations()]


RECORD = ("--maintainer", "E0006", "--reference", "扫描件-7")


def test_form_11_is_a_confirmation(invoke: Invoke, root: Path, sheets: Path) -> None:
    said = "neither or both of 完成 and 未完成 are ticked: tick one"
    for ticks in ("□完成 □未完成", "☑完成 ☑未完成"):
        path = fill(sheets, {}, {"卸载": [None, None, None, None, None, ticks]})
        unclear = invoke("confirm", "--sheets", path, *RECORD)
        assert (unclear.exit_code, said in unclear.stderr) == (2, True)
    result = invoke(
        "confirm", "--sheets", fill(sheets, {}, {"卸载": [None, None, None, None, None, "☑完成 □未完成"]}), *RECORD
    )
    assert result.exit_code == 0, result.stderr
    assert confirmations(root) == [("E0007", True, "", "扫描件-7")]
    again = invoke("confirm", "--sheets", str(sheets), *RECORD)
    assert (again.exit_code, "nothing it is about waits for signatures" in again.stderr) == (0, True)
    assert Ledger(root / "ledger").verify() == ()


def test_what_is_not_done_says_why(invoke: Invoke, root: Path, sheets: Path) -> None:
    rows = {"卸载": [None, None, None, None, None, "□完成 √未完成"]}
    result = invoke("confirm", "--sheets", fill(sheets, {}, rows), *RECORD)
    assert "未完成, and no 未完成原因 says why" in result.stderr
    made = openpyxl.load_workbook(sheets)
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["未完成原因：还在开机启动"])
    made.save(sheets)
    assert invoke("confirm", "--sheets", str(sheets), *RECORD).exit_code == 0
    assert confirmations(root) == [("E0007", False, "还在开机启动", "扫描件-7")]


def test_two_sheets_about_one_change_sign_for_it_once(invoke: Invoke, root: Path, sheets: Path) -> None:
    """Each sheet was written by itself, after a look at the whole ledger: hundreds took minutes, and of two about one
    change the second failed behind the first.
    """
    made = openpyxl.load_workbook(fill(sheets, {}, {"卸载": [None, None, None, None, None, "☑完成 □未完成"]}))
    assert isinstance(made.active, Worksheet)
    made.copy_worksheet(made.active)
    made.save(sheets)
    result = invoke("confirm", "--sheets", str(sheets), *RECORD)
    assert (result.exit_code, result.stderr.count("nothing it is about waits for signatures")) == (0, 1)
    assert confirmations(root) == [("E0007", True, "", "扫描件-7")]


def test_a_sheet_with_another_name_is_refused(invoke: Invoke, root: Path, sheets: Path) -> None:
    rows = {"卸载": [None, None, None, None, None, "☑完成"]}
    result = invoke("confirm", "--sheets", fill(sheets, {"计算机使用人姓名": "刘洋"}, rows), *RECORD)
    assert (result.exit_code, "it names '刘洋', and E0007 张三 signs for this change" in result.stderr) == (2, True)
    assert confirmations(root) == []
    usage = invoke("confirm", "--sheets", str(sheets))
    assert (usage.exit_code, "--maintainer and --reference" in usage.stderr) == (2, True)
