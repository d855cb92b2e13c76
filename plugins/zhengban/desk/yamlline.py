# SPDX-License-Identifier: Apache-2.0
"""Texts that hosts chose, written into a YAML file so that they stay data: as a scalar, or behind a ``#``."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile("[A-Za-z][A-Za-z0-9+._-]*")
# Other YAML readers take these for booleans and nothing.
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
# YAML allows them nowhere, or takes them for line breaks; JSON does not escape them by itself.
_RAW = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def scalar(text: str) -> str:
    """A text as a YAML scalar in one line: plain where every YAML reader takes it for this text, else quoted."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    # A JSON string is a YAML string too.
    return _RAW.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def comment(text: str) -> str:
    """A text as it may stand in a comment: what is not printable is escaped, so that it stays in its line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
