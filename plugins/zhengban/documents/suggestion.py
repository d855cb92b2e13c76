# SPDX-License-Identifier: Apache-2.0
"""What a misspelt name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_SUGGESTIONS = 100


def suggest(written: str, known: Iterable[str]) -> str:
    """Name the known text nearest to what is written, or else what there is to choose from.

    Args:
        written: the text that is not known.
        known: what would be; any order, the answer is the same for every order.

    Returns:
        A hint for a problem; empty when there is nothing to choose from.
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(written, names, n=1)
    if not near:
        near = [name for name in names if name.casefold() == written.casefold()]
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(names[:12])
    return f"one of {shown}{', …' if len(names) > 12 else ''}" if names else ""


class Suggestions:
    """Suggestions for one file or list, as many as anybody reads: a search among thousands of names takes long, and
    whoever made a hundred mistakes has seen what is meant.
    """

    def __init__(self) -> None:
        self._left = MAX_SUGGESTIONS

    def suggest(self, written: str, known: Iterable[str]) -> str:
        """As :func:`suggest`; empty when there were too many before."""
        self._left -= 1
        return suggest(written, known) if self._left >= 0 else ""
