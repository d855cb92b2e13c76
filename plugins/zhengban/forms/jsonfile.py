# SPDX-License-Identifier: Apache-2.0
"""Pages as JSON: the values by the names of the description, not as they are printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import msgspec

from .page import Filled, Page, Workbook


def write_json(workbook: Workbook, stream: IO[str]) -> None:
    """Write ``[{form, title, as_of, pages: [{sheet, fields, tables}]}]``, a row on a line; amounts are strings, days
    YYYY-MM-DD, what is not stated is absent or null."""
    stream.write("[")
    for index, filled in enumerate(workbook.parts):
        stream.write("," if index else "")
        stream.writelines(_form(filled))
    stream.write("]\n")


def _form(filled: Filled) -> Iterator[str]:
    yield f'{{"form":{filled.form.number},"title":{_encode(filled.form.title)},'
    yield f'"as_of":{_encode(filled.as_of)},"pages":['
    for index, page in enumerate(filled.pages):
        yield ",\n" if index else "\n"
        yield from _page(page)
    yield "]}"


def _page(page: Page) -> Iterator[str]:
    yield f'{{"sheet":{_encode(page.sheet)},"fields":{_encode(dict(page.fields))},"tables":{{'
    for index, (name, rows) in enumerate(page.tables.items()):
        yield f"{',' if index else ''}{_encode(name)}:["
        for number, row in enumerate(rows):
            yield ",\n" if number else "\n"
            yield _encode(dict(row))
        yield "]"
    yield "}}"


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()
