# SPDX-License-Identifier: Apache-2.0
"""The names of things in the ledger: runs, intents, records and the files that carry a number. Source: DESIGN
6.
"""

from __future__ import annotations

import datetime as dt
import secrets
from urllib.parse import quote, unquote

from zhengban.model.errors import LedgerError

from .lines import plain_text

# NAME_MAX is 255 bytes; the longest name made from it is "<name>.yml.torn-<time>-<n>".
NAME_LIMIT = 200


def new_run_id(now: dt.datetime) -> str:
    """Name a run ``20261123T093000Z-<6 hex>``: run ids sort by the second they began in."""
    return f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def intent_id(run: str, computer: str) -> str:
    return f"{run}/{computer}"


def record_id(intent: str, index: int) -> str:
    return f"{intent}/{index}"


def index_of(record: str) -> int:
    """The index at the end of a record's id; -1 where a hand wrote an id without one: it sorts first."""
    index = record.rpartition("/")[2]
    return int(index) if index.isascii() and index.isdigit() else -1


def file_stem(number: str) -> str:
    """The file name, without its suffix, of a book or computer number: percent-encoded, never hidden, never a
    path.

    Raises:
        LedgerError: the number is empty or too long for a file name.
    """
    stem = quote(plain_text(number), safe="")
    if stem.startswith("."):
        stem = "%2E" + stem[1:]
    if not stem:
        raise LedgerError("an empty number has no place in the ledger; give the software or computer a number")
    if len(stem) > NAME_LIMIT:
        raise LedgerError(
            f"the number {number!r} makes a file name of {len(stem)} bytes, the limit is {NAME_LIMIT}; "
            "choose a shorter number"
        )
    return stem


def number_of(stem: str) -> str | None:
    """The number a file name stands for; ``None`` when :func:`file_stem` would not have made that name."""
    try:
        number = unquote(stem, errors="strict")
        return number if file_stem(number) == stem else None
    except (UnicodeDecodeError, LedgerError):
        return None


def utc_moment(at: dt.datetime) -> dt.datetime:
    """A moment as commit lines and events have it: UTC, in whole seconds.

    Raises:
        ValueError: it has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r}: a moment without a time zone")
    return at.astimezone(dt.UTC).replace(microsecond=0)
