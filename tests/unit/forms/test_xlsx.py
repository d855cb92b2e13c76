# SPDX-License-Identifier: Apache-2.0
"""Workbooks: what a hostile or huge value does to them, how they print, and that the same data are the same bytes."""

from __future__ import annotations

import csv
import errno
import gc
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from zhengban.forms.changes import sheet_page
from zhengban.forms.description import form
from zhengban.forms.neutral import CUT, MOST_CHARACTERS, is_dangerous, plain
from zhengban.forms.page import Filled, Page, Row, Workbook
from zhengban.forms.write import write_workbook
from zhengban.model.request import Software

from .written import AS_OF, one_table, write_to, written

FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\nx", "＝1", '=HYPERLINK("http://x","y")')
PLAIN = ("WPS Office", "2.10", "0012345", "<b>&amp;</b>", "a'b\"c", "𠮷", "_x0041_", "_", "1e5")


def rows_of(values: tuple[str, ...]) -> list[Row]:
    return [{"computer": f"PC-{index}", "name": value} for index, value in enumerate(values)]


@pytest.mark.parametrize("value", FORMULAS)
def test_a_formula_is_a_text_in_a_workbook(value: str, tmp_path: Path) -> None:
    path = write_to(tmp_path / "x.xlsx", one_table(8, "installs", rows_of((value,)), organisation=value))
    sheet = load_workbook(path).active
    assert sheet is not None
    (cell,) = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None and cell.column == 7][-1:]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("value", FORMULAS)
def test_a_formula_is_a_text_in_csv(value: str) -> None:
    data = written(one_table(8, "installs", rows_of((value,))), "csv").decode("utf-8-sig")
    last = list(csv.reader(io.StringIO(data, newline="")))[-1]
    assert last[6].startswith("'")
    assert not [field for field in last if field.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]


@pytest.mark.parametrize("value", FORMULAS)
def test_a_formula_is_a_text_in_html(value: str) -> None:
    """LibreOffice Calc computed ``<td>=1+1</td>`` of a form that was opened with it."""
    html = written(one_table(8, "installs", rows_of((value,)), organisation=value), "html").decode()
    cells = re.findall(r"<t[dh]\b([^>]*)>(.*?)</t[dh]>", html, re.DOTALL)
    assert not [text for _name, text in cells if is_dangerous(unescape(text))]
    name, text = [cell for cell in cells if unescape(cell[1]).endswith(plain(value))][-1]
    assert (name, text.startswith("<span hidden>'</span>")) == (' class="as-text"', True)
    assert '.as-text { mso-number-format: "\\@"; }' in html


@pytest.mark.parametrize("value", PLAIN)
def test_other_texts_come_back_as_they_were(value: str, tmp_path: Path) -> None:
    from python_calamine import load_workbook as read

    path = write_to(tmp_path / "x.xlsx", one_table(8, "installs", rows_of((value,))))
    assert read(path).get_sheet_by_index(0).to_python()[-1][6] == value
    html = written(one_table(8, "installs", rows_of((value,))), "html").decode()
    assert value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html.replace("&#x27;", "'").replace(
        "&quot;", '"'
    )


def test_html_escapes_and_loads_nothing() -> None:
    html = written(
        one_table(8, "installs", rows_of(("<script>alert(1)</script>",)), organisation="<img src=x>"), "html"
    )
    text = html.decode()
    assert "<script" not in text and "<img" not in text and "&lt;script&gt;" in text
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "")


def test_control_characters_and_surrogates_are_shown(tmp_path: Path) -> None:
    value = "\ra\x00b\x1b[31m\ufffe\ud800c\x0b"
    path = write_to(tmp_path / "x.xlsx", one_table(8, "installs", rows_of((value,))))
    sheet = load_workbook(path).active
    assert sheet is not None
    assert sheet.cell(sheet.max_row, 7).value == r"\ra\x00b\x1b[31m\ufffe\ud800c\x0b"
    for kind in ("csv", "html"):
        assert r"a\x00b\x1b[31m" in written(one_table(8, "installs", rows_of((value,))), kind).decode()


@pytest.mark.parametrize("letter", ["x", "字", "𠮷"])
def test_a_cell_that_is_too_long_is_cut_and_says_so(letter: str, tmp_path: Path) -> None:
    whole = letter * (MOST_CHARACTERS * 2 // len(letter.encode("utf-16-le")))
    path = write_to(tmp_path / "x.xlsx", one_table(8, "installs", rows_of((whole, whole + letter))))
    sheet = load_workbook(path).active
    assert sheet is not None
    kept, cut = (str(sheet.cell(sheet.max_row - back, 7).value) for back in (1, 0))
    # pytest would compare such texts for minutes.
    assert (kept == whole) is True
    assert cut.endswith(CUT) is True
    assert len(cut.encode("utf-16-le")) // 2 <= MOST_CHARACTERS


def test_the_same_data_are_the_same_bytes(tmp_path: Path) -> None:
    for kind in ("xlsx", "csv", "json", "html"):
        assert len({written(one_table(8, "installs", rows_of(PLAIN)), kind) for _ in range(2)}) == 1
    data = written(one_table(8, "installs", rows_of(PLAIN)), "xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 31, 0, 0, 0)}
        core = ElementTree.fromstring(archive.read("docProps/core.xml"))
        dates = [item.text for item in core if item.tag.endswith(("created", "modified"))]
        assert dates == ["2026-11-23T00:00:00Z"] * 2


def test_prints_on_a4_with_headings_on_each_sheet_of_paper(tmp_path: Path) -> None:
    path = write_to(tmp_path / "x.xlsx", one_table(8, "installs", rows_of(PLAIN * 20)))
    sheet = load_workbook(path).active
    assert sheet is not None
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert sheet.sheet_properties.pageSetUpPr is not None and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$4:$5"
    assert {"A1:M1", "A2:M2", "J4:L4", "A4:A5"} <= {str(area) for area in sheet.merged_cells.ranges}
    assert sheet["A2"].font.name == "方正小标宋简体" and sheet["A6"].border.left.style == "thin"


def test_sheets_to_sign_of_a_department_stand_on_one_worksheet_each_on_its_own_paper(tmp_path: Path) -> None:
    pages = [
        sheet_page(
            department=department,
            computer=f"PC-{number}",
            brand="",
            user="张三",
            kind="install",
            before=None,
            after=Software(number="F-1", name="7-Zip"),
            records=("r",),
            batch="3f9c",
        )
        for department, number in (("财务处", 1), ("财务处", 2), ("a/b[c]:*?" + "长" * 40, 3))
    ]
    path = write_to(tmp_path / "x.xlsx", Workbook(parts=(Filled(form=form(11), pages=pages, as_of=AS_OF),)))
    book = load_workbook(path)
    assert book.sheetnames == ["财务处", "a_b_c____" + "长" * 22]
    first = book["财务处"]
    assert [mark.id for mark in first.row_breaks.brk] == [13]
    assert first["C3"].value == "PC-1" and first["C16"].value == "PC-2"
    # A row height or a print title of one copy is not that of all.
    assert first.print_title_rows is None and first.page_setup.scale < 100
    assert [cell.value for row in first.iter_rows() for cell in row if cell.value and "批次" in str(cell.value)] == [
        "批次：3f9c"
    ] * 2


def test_sheet_names_are_unique_in_whatever_case() -> None:
    pages = [Page(sheet=name, tables={}) for name in ("A", "a", "History", "'x'", "", "A")]
    data = written(Workbook(parts=(Filled(form=form(9), pages=pages, as_of=AS_OF),)), "xlsx")
    assert load_workbook(io.BytesIO(data)).sheetnames == ["A", "a (2)", "_History", "x", "_", "A (3)"]


# The limit is of memory: other tests run beside this one. 100,000 rows take about 25 s of an idle core.
MANY = """
import resource, sys
from pathlib import Path
from tests.unit.forms.test_xlsx import many
from tests.unit.forms.written import one_table, write_to
peaks = []
for rows in (2_000, 12_000):
    write_to(Path(sys.argv[1]) / f"{rows}.xlsx", one_table(8, "installs", many(rows)))
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[1] - peaks[0])
"""


def many(count: int) -> Iterator[Row]:
    for index in range(count):
        yield {
            "department": "财务处",
            "person": "张三",
            "computer": f"PC-{index:06}",
            "brand": "联想 M750K",
            "number": "COM-0001",
            "name": "WPS Office",
            "version": "2019",
            "term": "perpetual",
            "type": "commercial",
            "installed_on": AS_OF,
        }


def test_more_rows_need_no_more_memory(tmp_path: Path, repo_root: Path) -> None:
    result = subprocess.run([sys.executable, "-c", MANY, str(tmp_path)], cwd=repo_root, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    # Kept in memory, so many rows would be 20 MB.
    assert int(result.stdout) < 8_000, "kilobytes more for 10,000 rows more"
    from python_calamine import load_workbook as read

    sheet = read(tmp_path / "12000.xlsx").get_sheet_by_index(0)
    assert sheet.to_python()[-1][:4] == [12_000, "财务处", "张三", "PC-011999"]


def test_a_full_disk_is_an_error_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's zip file was let go half written, and printed a traceback below the message."""

    class Full(io.BytesIO):
        def write(self, _data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    with pytest.raises(OSError, match="No space left"), Full() as stream:
        write_workbook(one_table(8, "installs", rows_of(("WPS Office",))), "xlsx", stream)
    gc.collect()
    assert ignored == []
