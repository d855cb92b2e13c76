# SPDX-License-Identifier: Apache-2.0
"""Forms written in memory or on disk, and read back with libraries other than the one that wrote them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from pathlib import Path

from zhengban.forms.description import form
from zhengban.forms.page import Filled, Page, Row, Workbook
from zhengban.forms.write import write_workbook

AS_OF = dt.date(2026, 11, 23)


def one_table(number: int, name: str, rows: Iterable[Row], **fields: object) -> Workbook:
    """A form with rows in one of its tables."""
    page = Page(sheet="表", fields=fields, tables={name: rows})
    return Workbook(parts=(Filled(form=form(number), pages=[page], as_of=AS_OF),))


def written(workbook: Workbook, kind: str) -> bytes:
    buffer = io.BytesIO()
    write_workbook(workbook, kind, buffer)
    return buffer.getvalue()


def write_to(path: Path, workbook: Workbook) -> Path:
    with path.open("w+b") as stream:
        write_workbook(workbook, path.suffix.removeprefix("."), stream)
    return path
