# SPDX-License-Identifier: Apache-2.0
"""``zhengban confirm`` on the example office: form 11 from the command line. Source: DOMAIN I3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import Result

Invoke = Callable[..., Result]
FIRST, SECOND = "20261123T093000Z-abcdef", "20261123T093001Z-abcdef"
# The records of the conftest name no user: PC-0002 is E0007's, PC-0004 is E0006's, of the responsible department.
SIGNED = ("--user", "E0007", "--maintainer", "E0006")


@pytest.fixture
def changed(book_removals: Callable[[Iterable[tuple[str, str, str]]], None]) -> None:
    """Two removals: of something unlisted on PC-0002, and of a product on PC-0004."""
    book_removals([("PC-0002", "xunlei-thunder", "UNLISTED"), ("PC-0004", "sogoupinyin", "FREE-0003")])


def test_confirm_a_run(invoke: Invoke, changed: None) -> None:
    result = invoke("confirm", FIRST, *SIGNED, "--reference", "扫描件-031")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("remove of UNLISTED dpkg:xunlei-thunder:amd64 1.0 on PC-0002, signed by E0007\n")
    pages = json.loads(invoke("confirm", "--batch", "--format", "json").stdout)
    assert [page["computer"] for page in pages] == ["PC-0004"]
    assert invoke("ledger", "verify").exit_code == 0


def test_confirm_that_it_is_not_done(invoke: Invoke, changed: None) -> None:
    result = invoke("confirm", f"{FIRST}/PC-0002/0", *SIGNED, "--not-done", "还在", "--format", "json")
    (written,) = json.loads(result.stdout)
    assert (written["done"], written["reason"], written["records"]) == (False, "还在", [f"{FIRST}/PC-0002/0"])
    assert "未完成原因：还在" in invoke("confirm", "--batch").stdout


def test_the_sheets_of_a_batch(invoke: Invoke, changed: None) -> None:
    text = invoke("confirm", "--batch").stdout
    assert text.count("软件安装维护确认单") == 2
    assert "计算机编号  PC-0004  计算机品牌\n" in text
    assert "安装  ☐  ☐完成  ☐未完成\n卸载  ☑  搜狗输入法  1.0  ☐完成  ☐未完成\n" in text
    assert invoke("confirm", "--batch", "--department", "办公室").stdout == "nothing waits for signatures\n"


def test_record_a_batch_and_name_what_is_left(invoke: Invoke, changed: None) -> None:
    pages = json.loads(invoke("confirm", "--batch", "--format", "json").stdout)
    (mark,) = {page["batch"] for page in pages}
    assert f"批次：{mark}\n" in invoke("confirm", "--batch").stdout
    record = ("confirm", "--batch", "--reference", "扫描件-7", "--of", mark, "--maintainer")
    result = invoke(*record, "E0006")
    # E0006 is the user of PC-0004 and does not sign for both sides.
    assert result.exit_code == 1
    assert result.stderr == f"{SECOND}/PC-0004/0: not recorded: the maintainer is its user\n"
    assert "on PC-0002, signed by E0007" in result.stdout
    result = invoke(*record, "E0002")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "on PC-0004, signed by E0006" in result.stdout
    assert invoke("confirm", "--batch").stdout == "nothing waits for signatures\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (FIRST,),
        (FIRST, "--user", "E0007"),
        (FIRST, *SIGNED, "--department", "财务处"),
        ("--batch", FIRST),
        ("--batch", "--user", "E0007"),
        ("--batch", "--reference", "x"),
        ("--batch", "--maintainer", "E0006"),
        ("--batch", "--reference", "x", "--maintainer", "E0006"),
        ("--batch", "--reference", "x", "--maintainer", "E0006", "--of", "0", "--department", "财务处"),
        (FIRST, *SIGNED, "--of", "0"),
        ("--batch", "--not-done", "x"),
        ("--batch", "--sheets", "filled.xlsx"),
    ],
    ids=" ".join,
)
def test_wrong_usage(invoke: Invoke, changed: None, arguments: tuple[str, ...]) -> None:
    assert invoke("confirm", *arguments).exit_code == 2


def test_who_cannot_sign(invoke: Invoke, changed: None, root: Path) -> None:
    result = invoke("confirm", f"{FIRST}/PC-0002/0", "--user", "E0003", "--maintainer", "E0007")
    assert result.exit_code == 3
    assert "E0007 张三 does not maintain computers" in result.stderr
    assert "E0003 赵红梅 is not the user of PC-0002: E0007 张三" in result.stderr
    assert not list((root / "ledger" / "confirmations").glob("*.yml"))


def test_the_sheets_as_form_11(invoke: Invoke, changed: None, tmp_path: Path) -> None:
    """One page for each change, with the mark that recording them takes."""
    book = tmp_path / "确认单.xlsx"
    result = invoke("confirm", "--batch", "--output", str(book))
    assert (result.exit_code, result.stdout) == (0, f"wrote {book}\n")
    (mark,) = {page["batch"] for page in json.loads(invoke("confirm", "--batch", "--format", "json").stdout)}
    sheets = load_workbook(book)
    texts = [str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value]
    assert texts.count("软件安装维护确认单") == 2 and texts.count(f"批次：{mark}") == 2
    assert "搜狗输入法" in texts and "PC-0004" in texts
    assert invoke("confirm", "--batch", "--output", str(book)).stdout == f"{book} is as it would be written\n"


def test_a_file_is_only_for_sheets_to_sign(invoke: Invoke, changed: None, tmp_path: Path) -> None:
    for more in ((FIRST, *SIGNED), ("--batch", "--format", "json"), ("--batch", "--reference", "x", "--of", "y")):
        result = invoke("confirm", *more, "--output", str(tmp_path / "x.xlsx"))
        assert result.exit_code == 2 and not (tmp_path / "x.xlsx").exists()
