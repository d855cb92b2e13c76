# SPDX-License-Identifier: Apache-2.0
"""Every heading of every form is the regulation's (附件 1-11, DOMAIN 3), in every kind of file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook

from zhengban.forms.description import NUMBERS, form
from zhengban.forms.document import document_forms
from zhengban.forms.layout import lay_out
from zhengban.forms.page import Filled, Page, Workbook
from zhengban.forms.values import text_of
from zhengban.forms.write import write_workbook

from .written import AS_OF

HERE = Path(__file__).parent
# Where something is to be written by hand.
_BLANK = re.compile(r"[\s\u3000＿_]")


def expected() -> dict[int, list[list[str]]]:
    forms: dict[int, list[list[str]]] = {}
    lines: list[list[str]] = []
    for line in (HERE / "headings.txt").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"附件(\d+) (.+)", line):
            lines = forms[int(match[1])] = [[f"附件{match[1]}"], [match[2]]]
        elif line and not line.startswith("#"):
            lines.append(line.split("|"))
    return forms


def blank(number: int) -> Workbook:
    page = Page(sheet="x", fields={"total_index": 6} if number == 4 else {})
    return Workbook(parts=(Filled(form=form(number), pages=[page], as_of=AS_OF),))


@pytest.mark.parametrize("number", NUMBERS)
def test_headings_of_the_empty_form(number: int) -> None:
    page = blank(number).parts[0]
    lines = [
        [_BLANK.sub("", text_of(cell.value)) for cell in line.cells]
        for each in page.pages
        for line in lay_out(form(number), each)
    ]
    assert [cells for line in lines if (cells := [cell for cell in line if cell])] == expected()[number]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_kind_of_file_has_them(number: int, tmp_path: Path) -> None:
    wanted = [cell for line in expected()[number] for cell in line]
    with (tmp_path / "form.xlsx").open("w+b") as stream:
        write_workbook(blank(number), "xlsx", stream)
    sheet = load_workbook(tmp_path / "form.xlsx").active
    assert sheet is not None
    cells = [
        _BLANK.sub("", str(value)) for row in sheet.iter_rows(values_only=True) for value in row if value is not None
    ]
    assert [cell for cell in cells if cell] == wanted
    buffer = io.BytesIO()
    write_workbook(blank(number), "csv", buffer)
    rows = csv.reader(io.StringIO(buffer.getvalue().decode("utf-8-sig")))
    assert [cell for row in rows for field in row if (cell := _BLANK.sub("", field))] == wanted
    buffer = io.BytesIO()
    write_workbook(blank(number), "html", buffer)
    body = buffer.getvalue().decode().partition("<body>")[2]
    texts = [_BLANK.sub("", text) for text in re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", body)]
    assert [text for text in texts if text] == wanted


@pytest.mark.parametrize("number", NUMBERS)
def test_description_is_consistent(number: int) -> None:
    described = form(number)
    width = len(described.widths)
    for block in described.body:
        assert not block.line or sum(part.span for part in block.line) == width
        assert block.table is None or sum(column.span for column in block.table.columns) == width
        below = [0] * (len(block.grid) + 3)
        for index, row in enumerate(block.grid):
            assert sum(part.span for part in row) + below[index] == width, row
            for part in row:
                for further in range(1, part.rows):
                    below[index + further] += part.span


def test_no_form_has_another_number() -> None:
    for number in (0, 12):
        with pytest.raises(KeyError):
            form(number)


def test_the_documentation_is_that_of_the_descriptions(repo_root: Path) -> None:
    folder = repo_root / "docs" / "forms"
    assert (folder / "README.md").read_text(encoding="utf-8") == document_forms(), "run: make pages"
    assert all((folder / f"form-{number:02}.png").stat().st_size > 1000 for number in NUMBERS)
