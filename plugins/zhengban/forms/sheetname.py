# SPDX-License-Identifier: Apache-2.0
"""Names of worksheets, of which Excel allows few: short, without some characters, and each once."""

from __future__ import annotations

import re

from .neutral import plain

_LONGEST = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\n\t]")


class SheetNames:
    """The names taken in one workbook."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """A name that is as much like the wanted one as may be."""
        name = _FORBIDDEN.sub("_", plain(wanted)).strip("'").strip() or "_"
        # Excel keeps this one for itself.
        name = "_History" if name.casefold() == "history" else name
        for further in range(1, len(self._taken) + 2):
            suffix = f" ({further})" if further > 1 else ""
            candidate = _cut(name, _LONGEST - len(suffix)) + suffix
            if candidate.casefold() not in self._taken:
                self._taken.add(candidate.casefold())
                return candidate
        raise AssertionError


def _cut(text: str, length: int) -> str:
    return text.encode("utf-16-le")[: length * 2].decode("utf-16-le", errors="ignore").strip("'").strip()
