# SPDX-License-Identifier: Apache-2.0
"""The id that tells one copy of a ledger from others that will be merged with it. Source: DESIGN 6."""

from __future__ import annotations

import secrets
from pathlib import Path

from zhengban.model.errors import LedgerError

from .files import replace_file, reported


def read_or_make_writer(path: Path) -> str:
    """Read the 6 hex digits in ``.writer``, making them where missing. The caller holds the writer lock.

    Raises:
        LedgerError: the file holds something else.
    """
    if not path.exists():
        replace_file(path, secrets.token_hex(3).encode() + b"\n")
    return read_writer(path)


def read_writer(path: Path) -> str:
    """Read the id in ``.writer``; empty where there is none yet.

    Raises:
        LedgerError: the file holds something else.
    """
    with reported(path, "read the file"):
        try:
            writer = path.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return ""
    if len(writer) != 6 or not set(writer) <= set("0123456789abcdef"):
        raise LedgerError(
            f"{path}: {writer!r} is not a writer's id of 6 hex digits; remove the file, a new one is made"
        )
    return writer
