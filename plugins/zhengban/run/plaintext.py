# SPDX-License-Identifier: Apache-2.0
"""Text for terminals and logs. What comes from hosts and files is data: it cannot colour, move or break a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

# Spaces that people use in Chinese text, though Python does not call them printable.
_SPACES = "\u3000\u00a0"


def visible(text: str) -> str:
    r"""Escape what cannot be seen: control characters, line breaks, direction marks, lone surrogates (``\x1b``)."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in _SPACES else char.encode("unicode_escape").decode() for char in text
    )


def align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of as many cells each as lines whose columns are below each other."""
    # A Chinese character is two cells wide.
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
