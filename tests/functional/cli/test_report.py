# SPDX-License-Identifier: Apache-2.0
"""``zhengban report form``: every form of the example office, and who sees serial numbers. Source: DESIGN 8, 9."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from tests.lab.filled import fill_example
from zhengban.cli.main import app
from zhengban.ledger import Ledger
from zhengban.run.author import operator

Report = Callable[..., Result]
KINDS = ("xlsx", "csv", "json", "html")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_example(tmp_path_factory.mktemp("filled") / "office").root


@pytest.fixture
def report(office: Path) -> Report:
    def run(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(app, ["--workspace", str(office), "report", "form", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def pages(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    (filled,) = json.loads(result.stdout)
    found: list[dict[str, Any]] = filled["pages"]
    return found


@pytest.mark.parametrize("number", range(1, 12))
def test_every_form_as_every_kind_of_file(report: Report, number: int, tmp_path: Path) -> None:
    for kind in KINDS:
        file = tmp_path / f"form.{kind}"
        assert report(number, "--output", file).stdout == f"wrote {file}\n"
        assert file.stat().st_size > 100
    assert report(number, "--output", file).stdout == f"{file} is as it would be written\n"
    file.write_bytes(b"edited")
    assert report(number, "--output", file).exit_code == 1
    assert file.read_bytes() == b"edited"
    assert report(number, "--output", file, "--force").stdout == f"replaced {file}\n"
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


def test_summary_is_as_the_form_has_it(report: Report) -> None:
    """Commercial, OEM, free; what N3, N5 and N8 leave out is empty, and only quantities have a dash."""
    rows = list(csv.reader(io.StringIO(report(7).stdout.removeprefix("\ufeff"))))
    by_number = {row[1]: row[2:] for row in rows[6:]}
    assert list(by_number)[:7] == [*(f"COM-000{n}" for n in range(1, 6)), "OEM-0001", "FREE-0001"]
    assert by_number["COM-0002"][:5] == ["WPS Office", "2019", "商业软件", "", ""]
    assert by_number["COM-0003"][8] == "2026-01-04至2029-01-03"
    assert by_number["COM-0005"][6] == "不限"
    assert by_number["OEM-0001"] == ["银河麒麟桌面操作系统", "V10", "OEM软件", "", "", "", "—", "", "", "", "2"]
    assert by_number["FREE-0002"] == ["7-Zip", "", "免费软件", "", "", "", "—", "", "", "", "2"]
    assert rows[3][:5] == ["人员情况", "", "总人数", "", "8"]


def test_detail_and_statistics(report: Report) -> None:
    (page,) = pages(report(8, "--format", "json", "--department", "财务处"))
    assert {row["person"] for row in page["tables"]["installs"]} == {"张三"}
    assert [row["number"] for row in page["tables"]["installs"]][:2] == ["COM-0002", "COM-0003"]
    result = report(5, "--format", "json")
    (page,) = pages(result)
    bought = {row["made_in"]: row for row in page["tables"]["bought"]}
    assert (bought["domestic"]["antivirus_quantity"], bought["domestic"]["antivirus_amount"]) == (10, "1320.00")
    owned = {row["made_in"]: row for row in page["tables"]["owned"]}
    # Two computers with a preinstalled system, the spare one too; 6 and 2 seats of the office suite; 10 of antivirus.
    names = ("os_quantity", "office_quantity", "antivirus_quantity", "all_quantity")
    assert [owned["both"][name] for name in names] == [2, 8, 10, 20]
    assert page["fields"]["computers"] == 7


def test_form_9_has_a_sheet_for_each_number(report: Report, tmp_path: Path) -> None:
    report(9, "--output", tmp_path / "x.xlsx")
    book = load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames[:6] == [*(f"COM-000{n}" for n in range(1, 6)), "OEM-0001"]
    sheet = book["FREE-0002"]
    assert [sheet.cell(7, column).value for column in range(1, 7)] == ["FREE-0002", "7-Zip", None, "☐", "☐", "☑"]
    assert [sheet.cell(row, 3).value for row in range(10, 15)] == ["☐", "☐", "☑", "☐", None]
    result = report(9, "--number", "COM-0009")
    assert result.exit_code == 2 and "did you mean 'COM-0" in result.stderr


def test_forms_10_and_11(report: Report) -> None:
    (page,) = pages(report(10, "--format", "json"))
    assert (page["fields"]["department_by"], page["fields"]["it_by"]) == ("赵红梅", "李敏")
    assert (page["sheet"], page["fields"]["install_name"]) == ("财务处", "7-Zip")
    assert pages(report(10, "--request", page["fields"]["request"], "--format", "json")) == [page]
    text = report(10, "--department", "业务处").stderr
    assert text == "there is nothing to fill form 10 with: this is the empty form\n"
    (page,) = pages(report(11, "--format", "json"))
    assert (page["fields"]["install_done"], page["fields"]["user_signed"]) == (True, "刘洋")


def test_pledges_of_those_who_are_there(report: Report) -> None:
    by_place = {page["sheet"] for page in pages(report(2, "--format", "json"))}
    assert by_place == {"办公室", "财务处", "信息中心", "业务处"}
    (first, second) = pages(report(2, "--format", "json", "--department", "财务处"))
    assert "赵红梅" in first["fields"]["signed_by"] and second["fields"]["signed_on"] == "2026-01-06"
    text = report(2, "--department", "D04").stdout
    assert "孙晓东" not in text and "刘洋" in text


def test_serials_are_masked_until_somebody_asks_and_that_is_noted(report: Report, office: Path, tmp_path: Path) -> None:
    ledger = Ledger(office / "ledger")
    for number in (5, 7, 8, 9):
        for kind in KINDS[1:]:
            assert "vault:" not in report(number, "--format", kind).stdout
    assert [event for event in ledger.events() if event.kind == "serials_shown"] == []
    result = report(7, "--with-serials", "--output", tmp_path / "x.xlsx")
    assert result.exit_code == 0
    sheet = load_workbook(tmp_path / "x.xlsx").active
    assert sheet is not None
    assert "vault:finance_suite_1、vault:finance_suite_2" in str(sheet["L10"].value)
    (event,) = [event for event in ledger.events() if event.kind == "serials_shown"]
    assert event.data == {"form": 7, "by": operator(), "output": str(tmp_path / "x.xlsx")}
    assert report(7, "--with-serials").stdout.count("vault:") == 4
    assert [event.data["output"] for event in ledger.events() if event.kind == "serials_shown"][1:] == [
        "standard output"
    ]
    assert "****" in report(7).stdout


def test_no_serial_is_shown_where_it_cannot_be_noted(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    from zhengban.model.errors import LedgerError

    def fail(*_: object, **__: object) -> None:
        raise LedgerError("the disk is full")

    monkeypatch.setattr(Ledger, "append_events", fail)
    result = report(7, "--with-serials")
    assert result.exit_code == 2
    assert result.stdout == ""


def test_usage(report: Report, tmp_path: Path) -> None:
    for arguments in (
        (7, "--number", "COM-0001"),
        (8, "--with-serials"),
        (7, "--department", "财务处"),
        (8, "--department", "财物处"),
        (10, "--request", "REQ-1"),
        (12,),
        (7, "--format", "xlsx"),
        (7, "--output", tmp_path / "x.doc"),
        (7, "--force"),
    ):
        result = report(*arguments)
        assert result.exit_code == 2, arguments
    assert list(tmp_path.iterdir()) == []


def test_an_empty_form_needs_nothing(report: Report) -> None:
    rows = list(csv.reader(io.StringIO(report(7, "--blank").stdout.removeprefix("\ufeff"))))
    assert [row[4] for row in rows[6:]] == ["商业软件"] * 3 + ["OEM软件"] * 3 + ["免费软件"] * 3
    assert "COM-0001" not in report(9, "--blank").stdout


@pytest.mark.parametrize("number", [7, 9])
def test_a_form_of_an_altered_ledger_is_written_and_says_so(report: Report, office: Path, number: int) -> None:
    book = office / "ledger/books/COM-0001.yml"
    written = book.read_bytes()
    book.write_bytes(written.replace(b'"quantity": 1', b'"quantity": 0', 1))
    try:
        result = report(number)
        assert (result.exit_code, report(6).exit_code, report(number, "--blank").exit_code) == (1, 0, 0)
    finally:
        book.write_bytes(written)
    assert result.stderr.startswith(
        "the ledger is not as it was written, and this counts it as it stands: ledger/books/"
    )
    assert "COM-0001.yml:3:0: altered: record " in result.stderr
    assert "COM-0001" in result.stdout
    assert (report(number).exit_code, report(number).stderr) == (0, "")


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "missing" / "x.xlsx"
    result = report(7, "--output", file)
    assert (result.exit_code, result.stderr) == (2, f"{file}: No such file or directory\n")
