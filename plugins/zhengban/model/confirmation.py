# SPDX-License-Identifier: Apache-2.0
"""Changes that user and maintainer sign for, and their signatures. Source: DESIGN 6, DOMAIN I3 (form 11)."""

from __future__ import annotations

import datetime as dt

import msgspec

from .request import RequestKind, Software


class ChangeMade(msgspec.Struct, frozen=True, kw_only=True):
    """An install, removal or upgrade on record: its one record, or the uninstall and the install of an upgrade.

    ``version`` is what came or left, ``old_version`` what an upgrade replaced, with the book and package that was in.
    ``objection`` is why the user said it is not done, empty while nobody has.
    """

    records: tuple[str, ...]
    run: str
    computer: str
    kind: RequestKind
    number: str
    package: str
    version: str
    old_number: str = ""
    old_package: str = ""
    old_version: str = ""
    date: dt.date
    user: str = ""
    user_name: str = ""
    department: str = ""
    brand: str = ""
    cause: str
    objection: str = ""


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A form 11 that was signed: the line of ``confirmations/<writer>.yml``.

    ``seq`` counts from 1 and ``prev`` is the SHA-256 of the line before (64 zeros for the first); ``records`` are the
    ids of the change's records. ``user`` and ``maintainer`` are the persons who signed, with their names of the day.
    ``date`` is the day it was recorded (in the organisation's time zone), ``reason`` why it is not done, ``reference``
    where the signed paper or its scan is, ``account`` who wrote the line at ``at`` (UTC).
    """

    seq: int
    prev: str
    at: dt.datetime
    id: str
    records: tuple[str, ...]
    computer: str
    brand: str = ""
    department: str = ""
    kind: RequestKind
    before: Software | None = None
    after: Software | None = None
    user: str
    user_name: str
    maintainer: str
    maintainer_name: str
    date: dt.date
    done: bool = True
    reason: str = ""
    reference: str = ""
    account: str

    @property
    def run(self) -> str:
        """The run that made the change."""
        return self.records[0].partition("/")[0] if self.records else ""
