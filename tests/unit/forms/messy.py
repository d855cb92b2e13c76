# SPDX-License-Identifier: Apache-2.0
"""Eight workbooks as people really fill them in; each is odd in its own ways."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

SUMMARY = (
    "序号",
    "软件编号",
    "软件名称",
    "软件版本",
    "软件类型",
    "采购时间",
    "采购金额(单位:元)",
    "许可类型",
    "许可数量",
)
SUMMARY = (*SUMMARY, "可使用版本", "许可期限", "序列号", "安装数量")
DETAIL = (
    "序号",
    "部门",
    "姓名",
    "计算机编号",
    "计算机品牌",
    "软件编号",
    "软件名称",
    "软件版本",
    "许可期限",
    "软件类型",
    "安装日期",
)
BOOK = ("软件编号", "软件名称", "软件版本", "软件类型", "许可数量", "可使用版本", "许可期限")
RECORDS = (
    "序号",
    "安装",
    "卸载",
    "计算机编号",
    "计算机品牌",
    "使用人",
    "使用部门",
    "安装/卸载版本",
    "安装/卸载日期",
    "安装数量",
)
FREE = (
    "序号",
    "软件编号",
    "软件名称",
    "软件版本",
    "软件来源",
    "软件厂商名称",
    "软件厂商客服联系方式",
    "使用部门",
    "使用原因",
)


def moved(path: Path) -> None:
    """The table begins at D5, columns stand in another order under other names, amounts are in 万元."""
    sheet = _sheet(path)
    sheet["D2"] = "软件使用 情况汇总表（2016年度）"
    sheet["D3"] = "单位名称(盖章): 某省某厅"
    sheet["H3"] = "填表日期："
    sheet["I3"] = dt.datetime(2016, 12, 30)
    headings = (
        "软 件\n名 称",
        "版本",
        "编号*",
        "类型",
        "采购日期",
        "采购金额（万元）",
        "授权类型",
        "许可数",
        "授权期限",
        "存放位置",
    )
    _at(sheet, 5, 4, headings)
    _at(
        sheet, 6, 4, ("WPS Office", "2016", "COM-1", "商业", "2016-03-11", 0.348, "批量许可", 6, "永久使用", "三楼机房")
    )
    _at(sheet, 7, 4, ("Windows", "7", "OEM-1", "预装", "/", "/", "/", "—", "/", None))
    sheet.parent.save(path)


def merged(path: Path) -> None:
    """One person's department, name and computer are one merged cell; below another, they are left empty."""
    sheet = _sheet(path)
    _at(sheet, 1, 1, ("软件使用情况明细表",))
    _at(sheet, 2, 1, DETAIL)
    _at(
        sheet,
        3,
        1,
        (1, "财务处", "张三", "PC-1", "联想", "COM-1", "WPS Office", 2016, "永久", "商业软件", "2016-07-01"),
    )
    _at(sheet, 4, 1, (2, None, None, None, None, "FREE-1", "7-Zip", "16.02", None, "免费", "2016-07-02"))
    _at(
        sheet,
        5,
        1,
        (
            3,
            "办公室",
            "李四",
            "PC-2",
            "长城",
            "COM-1",
            "WPS Office",
            2016,
            "永久",
            "☑商业软件□OEM软件□免费软件",
            "2016/7/3",
        ),
    )
    _at(sheet, 6, 1, (4, None, None, None, None, "FREE-1", "7-Zip", 16.1, None, "免费软件", "2016-07-04"))
    for column in "BCDE":
        sheet.merge_cells(f"{column}3:{column}4")
    sheet.parent.save(path)


def dates(path: Path) -> None:
    """Every way to write a day, and ticks as people make them."""
    sheet = _sheet(path)
    _at(sheet, 1, 1, BOOK)
    _at(sheet, 2, 1, ("COM-1", "WPS Office", "2016", "商业软件", "20套", "2016", "永久"))
    _at(sheet, 4, 1, RECORDS)
    days: tuple[Any, ...] = (
        42552,
        "2016年7月2日",
        "20160703",
        "2016.7.4",
        dt.datetime(2016, 7, 5),
        "2016年7月",
        "七月",
    )
    for index, day in enumerate(days, 1):
        _at(sheet, 4 + index, 1, (index, "√", None, f"PC-{index}", "联想", "张三", "财务处", "10.1", day, 1))
    _at(sheet, 12, 1, (8, "☑", "☑", "PC-8", "联想", "张三", "财务处", "10.1", "2016-07-08", 1))
    sheet.parent.save(path)


def digits(path: Path) -> None:
    """Full-width digits, units, 永久 and 不限 in other words, a serial number in the open."""
    sheet = _sheet(path)
    _at(sheet, 1, 1, SUMMARY)
    _at(
        sheet,
        2,
        1,
        (1, "ＣＯＭ－１", "WPS Office", "2016", "商业软件", "２０１６年３月１１日", "￥3,480元", "单机版", "２００个"),
    )
    _at(sheet, 2, 10, ("2013，2016", "长期有效", "ABCDE-12345", "２"))
    _at(
        sheet,
        3,
        1,
        (2, "COM-2", "杀毒", "V9", "商业软件", "2016-01-04", 1320, "订阅", "不限量", "V9", "3年", "****", 0),
    )
    _at(
        sheet,
        4,
        1,
        (
            3,
            "COM-3",
            "绘图",
            2.1,
            "商业软件",
            "2016-01-04",
            "约一千",
            "浮动",
            3,
            None,
            "2016-01-04～2016-12-31",
            None,
            0,
        ),
    )
    sheet.parent.save(path)


def notes(path: Path) -> None:
    """Sums, remarks, empty numbered lines and a line twice."""
    sheet = _sheet(path)
    _at(sheet, 1, 1, ("可使用免费软件清单",))
    _at(sheet, 2, 1, FREE)
    seven = (1, "FREE-1", "7-Zip", "16.02、22.01", "官方网站", "Igor Pavlov", None, "全单位", "压缩")
    _at(sheet, 3, 1, seven)
    _at(sheet, 4, 1, (2, *seven[1:]))
    _at(sheet, 5, 1, (3, "FREE-2", "Firefox", None, "官方网站", "Mozilla", None, "办公室，财务处", "浏览"))
    _at(sheet, 6, 1, (4,))
    _at(sheet, 7, 1, ("合计", "2个"))
    _at(sheet, 8, 2, ("注：以上软件由信息中心统一下载",))
    _at(sheet, 9, 11, ("已核对",))
    _at(sheet, 10, 3, ("待定软件",))
    sheet.parent.save(path)


def sheets(path: Path) -> None:
    """Instructions, a hidden sheet, and the free list behind the summary."""
    book = Workbook()
    front = book.active
    assert front is not None
    front.title = "填表说明"
    front.append(["请各部门于月底前填报"])
    summary = book.create_sheet("汇总")
    summary.append(SUMMARY)
    summary.append((1, "FREE-1", "7-Zip", "16.02", "免费软件", None, None, None, "—", None, None, None, 3))
    summary.append((2, "FREE-1", "7-Zip", "22.01", "免费软件", None, None, None, "—", None, None, None, 1))
    hidden = book.create_sheet("清单")
    hidden.sheet_state = "hidden"
    hidden.append(FREE)
    hidden.append((1, "FREE-1", "7-zip", None, "官方网站"))
    book.create_sheet("Sheet4")
    book.save(path)


def gbk(path: Path) -> None:
    """Saved as CSV by a Chinese Excel: GB18030, three boxes in columns of their own."""
    rows = (
        ("软件使用情况明细表",),
        ("单位名称（盖章）：某省某厅", "", "", "填表日期：2016年 月 日"),
        (*DETAIL[:9], "商业软件", "OEM软件", "免费软件", "安装日期"),
        (1, "财务处", "张三", "PC-1", "联想", "COM-1", "WPS Office", "2016", "永久", "√", "", "", "2016/7/1"),
        (2, "财务处", "张三", "PC-1", "联想", "OEM-1", "Windows", "7", "", "", "■", "□", ""),
        (3, "财务处", "张三", "", "联想", "", "计算器", "", "", "", "", "", ""),
    )
    with path.open("w", encoding="gb18030", newline="") as stream:
        csv.writer(stream).writerows(rows)


def stacked(path: Path) -> None:
    """All books below each other on one sheet, the first of them in two pieces."""
    sheet = _sheet(path)
    row = 1
    for number, name, computer in (
        ("COM-1", "WPS Office", "PC-1"),
        ("FREE-1", "7-Zip", "PC-1"),
        ("COM-1", "WPS Office", "PC-2"),
    ):
        _at(sheet, row, 1, ("软件安装维护情况明细表",))
        _at(sheet, row + 1, 1, ("单位名称：某省某厅", None, None, "填表人：周伟"))
        _at(sheet, row + 2, 1, ("一、软件基本信息",))
        _at(sheet, row + 3, 1, BOOK)
        kind = "商业软件" if number == "COM-1" else "免费软件"
        _at(sheet, row + 4, 1, (number, name, "2016" if number == "COM-1" else None, kind, None, None, None))
        _at(sheet, row + 5, 1, ("二、软件安装卸载明细",))
        _at(sheet, row + 6, 1, RECORDS)
        line = (1, "☑", "☐", computer, "联想", "张三", "财务处", "10.1", "2016-07-01", 1)
        _at(sheet, row + 7, 1, line)
        _at(sheet, row + 8, 1, (2, *line[1:]))
        row += 11
    sheet.parent.save(path)


BOOKS: dict[str, Callable[[Path], None]] = {
    "moved.xlsx": moved,
    "merged.xlsx": merged,
    "dates.xlsx": dates,
    "digits.xlsx": digits,
    "notes.xlsx": notes,
    "sheets.xlsx": sheets,
    "gbk.csv": gbk,
    "stacked.xlsx": stacked,
}


def _sheet(path: Path) -> Any:
    sheet = Workbook().active
    assert isinstance(sheet, Worksheet)
    sheet.title = path.stem
    return sheet


def _at(sheet: Any, row: int, column: int, values: tuple[Any, ...]) -> None:
    for offset, value in enumerate(values):
        sheet.cell(row, column + offset, value)
