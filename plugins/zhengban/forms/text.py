# SPDX-License-Identifier: Apache-2.0
"""Pages as lines of text, for a look on a screen."""

from __future__ import annotations

from collections.abc import Iterator

from .description import Form
from .layout import lay_out
from .page import Page
from .values import text_of


def text_lines(form: Form, page: Page) -> Iterator[str]:
    """The lines of a page that say something, their cells two spaces apart; each cell on one line."""
    for line in lay_out(form, page):
        cells = (text_of(cell.value).replace("\n", " ") for cell in line.cells)
        if text := "  ".join(cell for cell in cells if cell):
            yield text
