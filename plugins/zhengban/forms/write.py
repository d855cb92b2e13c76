# SPDX-License-Identifier: Apache-2.0
"""The kinds of file a form can be written as."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from .csvfile import write_csv
from .html import write_html
from .jsonfile import write_json
from .page import Workbook

KINDS = ("xlsx", "csv", "json", "html")
_TEXTS: dict[str, Callable[[Workbook, IO[str]], None]] = {"csv": write_csv, "json": write_json, "html": write_html}


def write_workbook(workbook: Workbook, kind: str, stream: IO[bytes]) -> None:
    """Write a workbook as one of :data:`KINDS`, text as UTF-8; .xlsx needs a stream that can seek.

    The same workbook gives the same bytes.
    """
    if kind == "xlsx":
        # It takes a third of a second to import.
        from .xlsx import write_xlsx

        write_xlsx(workbook, stream)
        return
    with _as_text(stream) as text:
        _TEXTS[kind](workbook, text)


class _as_text:
    """A binary stream as one of text, which stays open afterwards."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", errors="backslashreplace")

    def __enter__(self) -> IO[str]:
        return self._text

    def __exit__(self, *_: object) -> None:
        self._text.flush()
        self._text.detach()
