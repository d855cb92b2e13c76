# SPDX-License-Identifier: Apache-2.0
"""Values written into a YAML file so that they stay data, whoever chose them: in one line, or behind a ``#``."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

# Of a list or a mapping every part is one again.
Value = str | int | Decimal | dt.date | Sequence["Value"] | Mapping[str, "Value"]

_PLAIN = re.compile("[A-Za-z\u4e00-\u9fa5][A-Za-z0-9\u4e00-\u9fa5+._-]*")
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


def inline(value: Value) -> str:
    """A value in one line; numbers, days and booleans are plain, so that a schema may read them as such."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return plain_text(value)


def plain_text(value: int | Decimal | dt.date) -> str:
    """The text of a value that is written without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return (
        value.isoformat() if isinstance(value, dt.date) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    )


def comment(text: str) -> str:
    """A text as it may stand in a comment: what is not printable is escaped, so that it stays in its line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
