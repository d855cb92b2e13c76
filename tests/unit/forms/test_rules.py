# SPDX-License-Identifier: Apache-2.0
"""N1-N8 and L1-L7 through the forms: three books that agree, and each rule broken by one change. Source: DOMAIN 2."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.intake.transcribing import Imported, import_files
from zhengban.run.workspace import Workspace

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
KNOWN = """\
software:
- {name: Known, number: FREE-9, type: free, category: other, made_in: foreign}
"""
NOBODY = """\
organisation: {name: 测试厅}
departments: []
people: []
computers: []
"""
# Forms 6 to 9 and the completion sheets below each other; a line of cells, an empty line between the forms.
AGREED = """\
可使用免费软件清单
填表日期：2026年11月1日
序号|软件编号|软件名称|软件版本|软件来源|软件厂商名称|使用部门|使用原因
1|FREE-1|7-Zip|22.01|官网|Igor Pavlov|全单位|压缩

软件使用情况汇总表
单位名称（盖章）：测试厅|填表人：张三|填表日期：2026年11月1日
序号|软件编号|软件名称|软件版本|软件类型|采购时间|采购金额|许可类型|许可数量|可使用版本|许可期限|序列号|安装数量
1|COM-1|WPS|2019|商业软件|2024-03-11|3480.00|批量|6|2019|永久||1
2|COM-2|WPS|2016|商业软件|2020-03-11|2480.00|批量|6|2016|永久||0
3|OEM-1|麒麟|V10|OEM软件||||—||||1
4|FREE-1|7-Zip||免费软件||||—||||1

软件使用情况明细表
填表日期：2026年11月1日
序号|部门|姓名|计算机编号|计算机品牌|软件编号|软件名称|软件版本|许可期限|商业软件|OEM软件|免费软件|安装日期
1|财务处|张三|PC-1|联想|COM-1|WPS|2019|永久|☑|☐|☐|2024-04-02
2|财务处|张三|PC-1|联想|OEM-1|麒麟|V10||☐|☑|☐|
3|财务处|张三|PC-1|联想|FREE-1|7-Zip|22.01||☐|☐|☑|2024-04-03

软件安装维护情况明细表
软件编号|软件名称|软件版本|商业软件|OEM软件|免费软件|许可数量|可使用版本|许可期限
COM-1|WPS|2019|☑|☐|☐|6|2019|永久
序号|安装|卸载|计算机编号|计算机品牌|使用人|使用部门|安装/卸载版本|安装/卸载日期|安装数量
1|☑|☐|PC-1|联想|张三|财务处|11.1|2024-04-02|1

软件安装维护情况明细表
软件编号|软件名称|软件版本|商业软件|OEM软件|免费软件|许可数量|可使用版本|许可期限
COM-2|WPS|2016|☑|☐|☐|6|2016|永久
序号|安装|卸载|计算机编号|计算机品牌|使用人|使用部门|安装/卸载版本|安装/卸载日期|安装数量
1|☑|☐|PC-1|联想|张三|财务处|10.1|2020-04-02|1
2|☐|☑|PC-1|联想|张三|财务处|10.1|2024-04-02|1

软件安装维护情况明细表
软件编号|软件名称|软件版本|商业软件|OEM软件|免费软件|许可数量|可使用版本|许可期限
OEM-1|麒麟|V10|☐|☑|☐|||
序号|安装|卸载|计算机编号|计算机品牌|使用人|使用部门|安装/卸载版本|安装/卸载日期|安装数量

软件安装维护情况明细表
软件编号|软件名称|软件版本|商业软件|OEM软件|免费软件|许可数量|可使用版本|许可期限
FREE-1|7-Zip||☐|☐|☑|||
序号|安装|卸载|计算机编号|计算机品牌|使用人|使用部门|安装/卸载版本|安装/卸载日期|安装数量
1|☑|☐|PC-1|联想|张三|财务处|22.01|2024-04-03|1

补充信息：软件
软件编号|软件名称|软件版本|通用软件类别|国内/国外|软件厂商名称|取得方式
COM-1|WPS|2019|办公软件|国内||采购
COM-2|WPS|2016|办公软件|国内||采购
OEM-1|麒麟|V10|操作系统|国内||
FREE-1|7-Zip||其他软件|国外||

补充信息：计算机
计算机编号|计算机品牌|使用人|计算机类型|状态|主机名|预装软件编号
PC-1|联想|张三|台式机|在用|pc-1|
"""
SUMMARY_1 = "1|COM-1|WPS|2019|商业软件|2024-03-11|3480.00|批量|6|2019|永久||1\n"
SUMMARY_3 = "3|OEM-1|麒麟|V10|OEM软件||||—||||1\n"
SUMMARY_4 = "4|FREE-1|7-Zip||免费软件||||—||||1\n"
DETAIL_3 = "3|财务处|张三|PC-1|联想|FREE-1|7-Zip|22.01||☐|☐|☑|2024-04-03\n"
RECORD_1 = "1|☑|☐|PC-1|联想|张三|财务处|11.1|2024-04-02|1\n"
GONE = "2|☐|☑|PC-1|联想|张三|财务处|10.1|2024-04-02|1\n"

# Rule -> (what is replaced, by what, the open oddities as "cell level code clause").
BROKEN: dict[str, tuple[str, str, list[str]]] = {
    "N1 another name under one number": (
        SUMMARY_1,
        SUMMARY_1 + "9|COM-1|WPS Pro|2019|商业软件|2024-03-11|3480.00|批量|6|2019|永久||1\n",
        ["B10 error number_twice N1"],
    ),
    "N1 another version under one number": (
        SUMMARY_1,
        SUMMARY_1 + "9|COM-1|WPS|2023|商业软件|2024-03-11|3480.00|批量|6|2019|永久||1\n",
        ["B10 error number_twice N1"],
    ),
    "N2 another purchase under one number": (
        SUMMARY_1,
        SUMMARY_1 + "9|COM-1|WPS|2019|商业软件|2025-03-11|3480.00|批量|6|2019|永久||1\n",
        ["B10 error number_twice N2"],
    ),
    "N2 one purchase under two numbers": (
        "2|COM-2|WPS|2016|商业软件|2020-03-11|2480.00|批量|6|2016|永久||0\n",
        "2|COM-2|WPS|2019|商业软件|2024-03-11|3480.00|批量|6|2019|永久||0\n",
        ["B10 error equal_lots N2"],
    ),
    "N3 a gift that was paid for": (
        "COM-1|WPS|2019|办公软件|国内||采购",
        "COM-1|WPS|2019|办公软件|国内||受赠",
        ["F9 error N3 N3", "G9 error N3 N3"],
    ),
    "N4 another version under one number": (
        SUMMARY_3,
        SUMMARY_3 + "9|OEM-1|麒麟|V11|OEM软件||||—||||1\n",
        ["B12 error number_twice N4"],
    ),
    "N4 one software under two numbers": (
        SUMMARY_3,
        SUMMARY_3 + "9|OEM-2|麒麟|V10|OEM软件||||—||||0\n",
        ["B12 question L2 L2", "B12 error incomplete ", "B12 error incomplete ", "B12 error two_numbers N4"],
    ),
    "N5 OEM software with a purchase": (
        SUMMARY_3,
        "3|OEM-1|麒麟|V10|OEM软件|2024-03-11|99|单机|5|V10|永久|ABC|1\n",
        [f"{column}11 question N5 N5" for column in "FGHIJKL"],
    ),
    "N6 another name under one number": (
        SUMMARY_4,
        SUMMARY_4 + "9|FREE-1|Firefox||免费软件||||—||||1\n",
        ["B13 error number_twice N6"],
    ),
    "N7 one name under two numbers": (
        SUMMARY_4,
        SUMMARY_4 + "9|FREE-2|7-Zip||免费软件||||—||||0\n",
        [
            "B13 question L2 L2",
            "B13 error incomplete ",
            "B13 error incomplete ",
            "B13 question not_listed L6",
            "B13 error two_numbers N7",
        ],
    ),
    "N7 a line for each version": (
        SUMMARY_4,
        SUMMARY_4 + "9|FREE-1|7-Zip|16.02|免费软件||||—||||1\n",
        ["D13 question free_versions N7"],
    ),
    "N8 free software with a version and a term": (
        SUMMARY_4,
        "4|FREE-1|7-Zip|22.01|免费软件||||—||永久||1\n",
        ["D12 question N8 N8", "K12 question N8 N8"],
    ),
    "L2 a number without a book": (
        "软件编号|软件名称|软件版本|商业软件|OEM软件|免费软件|许可数量|可使用版本|许可期限\nOEM-1|麒麟|V10|☐|☑|☐|||\n",
        "",
        ["B11 question L2 L2"],
    ),
    "L2 a book without a number in form 7": (
        SUMMARY_3,
        "",
        ["F17 error not_in_summary L6", "A35 error not_in_summary L2"],
    ),
    "L3 an install in no book": (RECORD_1, "", ["F17 question L3 L3"]),
    "L3 something leaves that was not there": (
        RECORD_1,
        RECORD_1 + "2|☐|☑|PC-1|联想|张三|财务处|9.0|2020-01-01|1\n",
        ["C26 question L3 L3"],
    ),
    "L4 an upgrade that removed nothing": (
        GONE,
        "",
        ["M10 question L6 L6", "D25 question L4 L4", "D31 question L5 L5"],
    ),
    "L5 an install that form 8 lacks": (DETAIL_3, "", ["D42 question L5 L5"]),
    "L5 one computer of two people": (
        DETAIL_3,
        DETAIL_3.replace("张三", "李四"),
        ["C19 error two_users L5"],
    ),
    "L6 a count that is old": (SUMMARY_1, SUMMARY_1.replace("||1\n", "||5\n"), ["M9 question L6 L6"]),
    "L6 a summary of last year": (
        "填表人：张三|填表日期：2026年11月1日",
        "填表人：张三|填表日期：2025年11月1日",
        ["import question L6 L6"],
    ),
    "L7 a detail book of last year": (
        "软件使用情况明细表\n填表日期：2026年11月1日",
        "软件使用情况明细表\n填表日期：2025年11月1日",
        ["import question L7 L7"],
    ),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "workspace", KNOWN, NOBODY)


def imported(workspace: Workspace, text: str, folder: Path, *accept: str, is_check: bool = True) -> Imported:
    path = folder / "forms.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(line.split("|") for line in text.split("\n"))
    return import_files(workspace, [path], accept=accept, by="", is_check=is_check, now=NOW)


def shown(found: Imported) -> list[str]:
    return [f"{item.place.cell or 'import'} {item.level} {item.code} {item.clause}" for item in found.open]


def test_books_that_agree(workspace: Workspace, tmp_path: Path) -> None:
    found = imported(workspace, AGREED, tmp_path, is_check=False)
    assert shown(found) == []
    assert found.is_written
    assert found.counts == {"software": 4, "people": 1, "departments": 1, "records": 4}
    after = Workspace(workspace.root)
    assert after.register.organisation.filled_by == "E0001"
    assert after.register.computer_by_number["PC-1"].oem == ("OEM-1",)
    assert {number: len(after.ledger.records(number)) for number in after.ledger.books()} == {
        "COM-1": 1,
        "COM-2": 2,
        "FREE-1": 1,
    }


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_that_is_broken(rule: str, workspace: Workspace, tmp_path: Path) -> None:
    old, new, expected = BROKEN[rule]
    assert AGREED.count(old) >= 1
    found = imported(workspace, AGREED.replace(old, new, 1), tmp_path)
    assert shown(found) == expected
    codes = {item.code for item in found.open}
    again = imported(workspace, AGREED.replace(old, new, 1), tmp_path, *codes)
    # Questions can be answered, errors cannot.
    assert shown(again) == [line for line in expected if " error " in line]


def test_every_rule_of_numbers_and_books_is_broken_once() -> None:
    named = {rule.split(" ")[0] for rule in BROKEN}
    assert named | {"L1"} == {f"N{n}" for n in range(1, 9)} | {f"L{n}" for n in range(1, 8)}


# Line of form 7 -> the open oddities, when the policy has what AGREED says.
AGAINST_THE_POLICY: dict[str, tuple[str, list[str]]] = {
    "as it is": ("1|COM-1|WPS|2019|商业软件|2024-03-11|3480.00|批量|6|2019|永久||1", []),
    "N1 another version": (
        "1|COM-1|WPS|2023|商业软件|2024-03-11|3480.00|批量|6|2023|永久||1",
        ["B3 error other_software N1"],
    ),
    "N2 another purchase": (
        "1|COM-1|WPS|2019|商业软件|2024-03-12|3480.00|批量|7|2019|永久||1",
        ["F3 question other_purchase N2"],
    ),
    "N2 a term in years": (
        "1|COM-1|WPS|2019|商业软件|2024-03-11|3480.00|批量|6|2019|3年||1",
        ["K3 question other_purchase N2", "K3 question unsure_cell "],
    ),
    "N2 one purchase under two numbers": (
        "1|COM-9|WPS|2019|商业软件|2024-03-11|3480.00|批量|6||永久||1",
        ["B3 question equal_lots N2"],
    ),
    "N4 another name": ("1|OEM-1|统信|V10|OEM软件||||—||||1", ["B3 error other_software N4"]),
    "N4 two numbers": ("1|OEM-9|麒麟|V10|OEM软件||||—||||1", ["B3 error two_numbers N4"]),
    "N6 another name": ("1|FREE-1|Firefox||免费软件||||—||||1", ["B3 error other_software N6"]),
    "N7 two numbers": ("1|FREE-7|7-Zip||免费软件||||—||||1", ["B3 error two_numbers N7"]),
    "no number": ("1|../x|x||免费软件||||—||||1", ["B3 error bad_number "]),
    "a book": ("1|UNLISTED|x||免费软件||||—||||1", ["B3 error bad_number "]),
}
ADDED = "\n\n补充信息：软件\n软件编号|软件名称|通用软件类别|国内/国外\n{number}|x|其他软件|国外\n"


@pytest.fixture(scope="module")
def written_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before")
    workspace = make_workspace(folder / "workspace", KNOWN, NOBODY)
    assert imported(workspace, AGREED, folder, is_check=False).is_written
    return workspace.root


@pytest.mark.parametrize("rule", AGAINST_THE_POLICY)
def test_a_rule_that_is_broken_with_what_the_policy_has(rule: str, written_before: Path, tmp_path: Path) -> None:
    """An import said nothing, or named lines of a policy that nobody had seen."""
    row, expected = AGAINST_THE_POLICY[rule]
    heading = AGREED[AGREED.index("序号|软件编号|软件名称|软件版本|软件类型") :].partition("\n")[0]
    text = f"软件使用情况汇总表\n{heading}\n{row}{ADDED.format(number=row.split('|')[1])}"
    found = imported(Workspace(written_before), text, tmp_path, "L1", "L2")
    assert shown(found) == expected


def test_two_files_that_say_the_same(workspace: Workspace, tmp_path: Path) -> None:
    """A message about one of them named a cell of the other as if it were its own."""
    paths = [tmp_path / folder / "forms.csv" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        imported(workspace, AGREED, path.parent)
    found = import_files(workspace, paths, accept=(), by="", is_check=True, now=NOW)
    twice = [item for item in found.oddities if item.code == "duplicate_row"]
    assert {item.place.file for item in twice} == {str(paths[1])}
    assert all(f"{paths[0]}#forms!" in item.message for item in twice)
    assert {item.code for item in found.open} == {"second_book"}
    assert found.counts == {"software": 4, "people": 1, "departments": 1, "records": 4}


def test_n3_neither_bought_nor_given(workspace: Workspace, tmp_path: Path) -> None:
    """No form says how software came that has neither day nor amount."""
    text = AGREED.replace("2024-03-11|3480.00|批量|6|2019", "||批量|6|2019").replace("国内||采购", "国内||", 1)
    assert shown(imported(workspace, text, tmp_path)) == ["F9 question N3 N3"]
    found = imported(workspace, text.replace("国内||", "国内||调剂", 1), tmp_path, is_check=False)
    assert found.is_written
    assert Workspace(workspace.root).policy.lot_by_number["COM-1"].acquired == "transfer"


def test_l1_a_book_is_missing(workspace: Workspace, tmp_path: Path) -> None:
    start, end = AGREED.index("软件使用情况明细表"), AGREED.index("软件安装维护情况明细表")
    found = imported(workspace, AGREED[:start] + AGREED[end:], tmp_path)
    assert "import question L1 L1" in shown(found)
    (item,) = [item for item in found.open if item.code == "L1"]
    assert item.message == "form 8 is not among the files: the ledger has three books"
