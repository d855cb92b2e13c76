# SPDX-License-Identifier: Apache-2.0
"""Workbooks that somebody made to do harm, and those that cannot be read: refused, with bounded memory."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from zhengban.forms import opening
from zhengban.forms.grid import Book, Day
from zhengban.forms.opening import open_book, open_books
from zhengban.model.errors import InputError, Problem

HERE = Path(__file__).parent / "books"
_SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?>{doctype}'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{dimension}'
    "<sheetData>{rows}</sheetData>{after}</worksheet>"
)


def workbook(path: Path, *, add: dict[str, bytes] | None = None, sheet: str = "") -> Path:
    """A small workbook, with more parts or another first sheet."""
    buffer = io.BytesIO()
    book = Workbook()
    assert book.active is not None
    book.active.append(["软件编号", "=1+1", 2.5])
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            is_sheet = item.filename == "xl/worksheets/sheet1.xml" and sheet
            target.writestr(item, sheet.encode() if is_sheet else source.read(item))
        for name, data in (add or {}).items():
            target.writestr(name, data)
    return path


def sheet_of(rows: str, *, doctype: str = "", dimension: str = "", after: str = "") -> str:
    return _SHEET.format(rows=rows, doctype=doctype, dimension=dimension, after=after)


def cell(reference: str, text: str) -> str:
    row = "".join(filter(str.isdecimal, reference))
    return f'<row r="{row}"><c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def refusal(path: Path) -> str:
    answer = open_book(path)
    assert isinstance(answer, Problem), answer
    assert str(answer).startswith(f"{path}: is not read: ")
    return answer.message


def read(path: Path) -> Book:
    answer = open_book(path)
    assert isinstance(answer, Book), answer
    return answer


def test_a_usual_workbook(tmp_path: Path) -> None:
    book = read(workbook(tmp_path / "x.xlsx"))
    # A formula nobody has computed yet has no value; it is never carried out.
    assert book.grids[0].rows == (("软件编号", None, 2.5),)


@pytest.mark.parametrize("name", ["old.xls", "free.ods"])
def test_old_and_free_formats(name: str) -> None:
    (grid,) = read(HERE / name).grids
    assert grid.at(1, 0) in ("软件使用情况汇总表", "软件使用情况明细表")
    assert any(isinstance(value, Day) for row in grid.rows for value in row)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("xl/vbaProject.bin", "it holds macros"),
        ("xl/macrosheets/sheet1.xml", "it holds macros"),
        ("xl/externalLinks/externalLink1.xml", "it has links to other files"),
    ],
)
def test_parts_that_do_more_than_hold_values(part: str, reason: str, tmp_path: Path) -> None:
    assert reason in refusal(workbook(tmp_path / "x.xlsx", add={part: b"x"}))


@pytest.mark.parametrize("suffix", [".xlsm", ".xlsb", ".doc", ""])
def test_other_kinds_of_files(suffix: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / f"x{suffix}")
    assert refusal(path)


def test_a_password(tmp_path: Path) -> None:
    """A workbook with a password is a compound file with an encrypted package in it."""
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le"))
    assert "protected with a password" in refusal(path)


def test_macros_of_an_old_workbook(tmp_path: Path) -> None:
    path = tmp_path / "x.xls"
    path.write_bytes((HERE / "old.xls").read_bytes() + "_VBA_PROJECT_CUR".encode("utf-16-le"))
    assert "it holds macros" in refusal(path)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04junk", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1junk", b"just text", b"\0" * 100]
)
@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods"])
def test_what_is_no_workbook(data: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(data)
    assert refusal(path)


def test_a_file_that_is_not_there_and_one_that_is_cut_off(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "x.xlsx")
    path = workbook(tmp_path / "y.xlsx")
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path)


def test_a_folder_a_pipe_and_what_nobody_saved(tmp_path: Path) -> None:
    """Opening a pipe waited for somebody to write into it; a file with nothing in it was read without a word."""
    (tmp_path / "x.xlsx").mkdir()
    assert "it is a folder" in refusal(tmp_path / "x.xlsx")
    os.mkfifo(tmp_path / "x.csv")
    assert "it is no file" in refusal(tmp_path / "x.csv")
    (tmp_path / "y.csv").write_bytes(b"\xef\xbb\xbf,\r\n,\r\n")
    assert "nothing stands in it" in refusal(tmp_path / "y.csv")
    Workbook().save(tmp_path / "y.xlsx")
    assert "nothing stands in it" in refusal(tmp_path / "y.xlsx")


def test_files_that_are_called_alike_and_one_that_is_named_twice(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text(folder, encoding="utf-8")
    (tmp_path / "y.csv").write_text("y", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to("y.csv")
    names = ("y.csv", "a/x.csv", "b/x.csv", "a/../y.csv", "link.csv")
    books = open_books(tmp_path / name for name in names)
    assert [book.file for book in books] == ["link.csv", str(tmp_path / "a/x.csv"), str(tmp_path / "b/x.csv")]
    assert [book.grids[0].rows[0][0] for book in books] == ["y", "a", "b"]
    assert books[1].sha256 == hashlib.sha256(b"a").hexdigest()
    with pytest.raises(InputError) as err:
        open_books([tmp_path / "1.csv", tmp_path / "y.csv", tmp_path / "2.csv"])
    assert [Path(problem.file).name for problem in err.value.problems] == ["1.csv", "2.csv"]


def test_an_archive_bomb(tmp_path: Path) -> None:
    """2 GB of zeros in 2 MB."""
    path = tmp_path / "x.xlsx"
    workbook(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.bin", "w") as part:
        for _ in range(40):
            part.write(b"\0" * 2**20)
    assert "unpacks to more than" in refusal(path)


def test_an_archive_that_lies_about_its_sizes(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", add={"xl/media/x.bin": b"\0" * 2**20})
    data = path.read_bytes()
    size = (2**20).to_bytes(4, "little")
    path.write_bytes(data.replace(size, b"\x10\0\0\0"))
    assert refusal(path)


@pytest.mark.parametrize(
    ("rows", "after"),
    [
        # A cell far away makes a reader that keeps whole rectangles take 130 GB.
        (cell("A1", "x") + cell("XFD1048576", "y"), ""),
        (cell("A1", "x") + cell("A1048576", "y"), ""),
        (cell("A1", "x") + cell("XFD2", "y"), ""),
        (
            cell("A1", "x") + cell("Z9999", "y"),
            "<mergeCells>{}</mergeCells>".format('<mergeCell ref="A1:Z9999"/>' * 20),
        ),
    ],
)
def test_a_sheet_that_is_larger_than_it_looks(rows: str, after: str, tmp_path: Path) -> None:
    assert refusal(workbook(tmp_path / "x.xlsx", sheet=sheet_of(rows, after=after)))


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    """The billion laughs, and a file of this machine."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    rows = cell("A1", "&l9;") + cell("A2", "&f;")
    answer = open_book(workbook(tmp_path / "x.xlsx", sheet=sheet_of(rows, doctype=doctype)))
    if isinstance(answer, Book):
        text = str(answer.grids[0].rows)
        assert "root:" not in text and len(text) < 200


def test_a_reader_that_dies_takes_nobody_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_MEMORY", 2**24)
    assert "takes too much memory, or is damaged" in refusal(workbook(tmp_path / "x.xlsx"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_as_offices_save_it(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("软件编号,'=1+1,'abc\r\n".encode(encoding))
    assert read(path).grids[0].rows == (("软件编号", "=1+1", "'abc"),)


def test_csv_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xff\xff\xff")
    assert "neither UTF-8 nor GB18030" in refusal(path)
