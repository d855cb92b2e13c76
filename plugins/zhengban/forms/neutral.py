# SPDX-License-Identifier: Apache-2.0
"""Texts made harmless for spreadsheets: they stay data, whoever chose them. Source: DESIGN 6.

A spreadsheet takes a text that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, XML knows no control characters,
and a cell of Excel holds 32,767 characters.
"""

from __future__ import annotations

import re

MOST_CHARACTERS = 32_767
CUT = "…（超出单元格长度，此处截断）"

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What XML 1.0 does not allow, or reads as something else; and lone surrogates, which no file can hold.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula when it is typed or opened."""
    return text.startswith(_STARTS)


def plain(text: str) -> str:
    r"""A text without what a cell cannot hold: control characters become ``\x1b``, and what is too long is cut, with a
    mark that says so."""
    text = _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))
    if len(text) <= MOST_CHARACTERS // 2 or _units(text) <= MOST_CHARACTERS:
        return text
    room = (MOST_CHARACTERS - len(CUT)) * 2
    return text.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore") + CUT


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def for_csv(text: str) -> str:
    """A text as a field of a CSV file has it: a dangerous one gets an apostrophe, which spreadsheets do not show."""
    text = plain(text)
    return f"'{text}" if is_dangerous(text) else text
