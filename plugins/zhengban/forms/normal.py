# SPDX-License-Identifier: Apache-2.0
"""Texts as people type them, brought to one form to be compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"[\s\u3000\u00a0\ufeff\u200b]+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_MARKS = re.compile(r"[:：*＊、,，。.;；_＿-]+")


# The cells of a column are mostly alike.
_remembered = lru_cache(maxsize=16_384)


@_remembered
def tidy(text: str) -> str:
    """A text without spaces around it, and one space where several are inside."""
    return _SPACE.sub(" ", text).strip()


@_remembered
def narrow(text: str) -> str:
    """A text whose full-width digits, letters and signs are the usual ones."""
    return tidy(unicodedata.normalize("NFKC", text))


@_remembered
def heading(text: str) -> str:
    """A heading without spaces, brackets with their content, and marks: ``采购 金额（单位：元）`` is ``采购金额``."""
    return _MARKS.sub("", _BRACKETS.sub("", _SPACE.sub("", unicodedata.normalize("NFKC", text)))).upper()
