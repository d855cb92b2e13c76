# SPDX-License-Identifier: Apache-2.0
"""Which sheets of form 11 were printed together: a scan signs for those and no others. Source: DOMAIN I3."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from zhengban.documents.suggestion import suggest
from zhengban.model.errors import InputError, Problem
from zhengban.run.workspace import Workspace

PRINTED = "sheets"
"""The kind of the events that say which sheets a batch has."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A change by its records, and the person whose name is printed to sign as the user; empty where nobody could."""

    records: tuple[str, ...]
    user: str = ""


def note_batch(workspace: Workspace, sheets: Iterable[Sheet], *, now: dt.datetime) -> str:
    """Note in the ledger that sheets are printed together.

    Returns:
        The mark of the batch, made of its sheets: printed again they have it again, and are noted once.
    """
    sheets = tuple(sheets)
    mark = _mark_of(sheets)
    if mark not in _batches(workspace):
        data = {"mark": mark, "sheets": msgspec.to_builtins(sheets)}
        workspace.ledger.append_events([(PRINTED, "", "", data)], at=now)
    return mark


def find_batch(workspace: Workspace, mark: str) -> Mapping[tuple[str, ...], Sheet]:
    """The sheets of a batch by the records of their changes.

    Raises:
        InputError: none was printed under this mark.
    """
    batches = _batches(workspace)
    if mark not in batches:
        hint = suggest(mark, batches) or "print the sheets first: zhengban confirm --batch"
        raise InputError([Problem(file="--of", message=f"no sheets were printed with the mark {mark!r}", hint=hint)])
    return {sheet.records: sheet for sheet in batches[mark]}


def _batches(workspace: Workspace) -> dict[str, tuple[Sheet, ...]]:
    batches: dict[str, tuple[Sheet, ...]] = {}
    for event in workspace.ledger.events():
        if event.kind == PRINTED:
            # What no sheets can be read from is no batch.
            with suppress(msgspec.ValidationError):
                sheets = msgspec.convert(event.data.get("sheets"), tuple[Sheet, ...])
                batches[_mark_of(sheets)] = sheets
    return batches


def _mark_of(sheets: tuple[Sheet, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(sheets)).hexdigest()[:12]
