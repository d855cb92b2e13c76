# SPDX-License-Identifier: Apache-2.0
"""Request files: one for each request, its entries chained. Source: DESIGN 6, DOMAIN I1 (form 10)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from zhengban.model.errors import LedgerError, Refused
from zhengban.model.request import RequestEntry

from .chain import START, Chain
from .events import events_of
from .lines import hash_line
from .reading import VERIFY_HINT

if TYPE_CHECKING:
    from .ledger import Ledger
    from .snapshot import Store

NOTED = "request"
"""The kind of the events that name each line of a request by its SHA-256."""

_ID = re.compile("(?P<kind>[A-Z]{3})-(?P<year>[0-9]{4})-(?P<writer>[0-9a-f]{6})-(?P<number>[0-9]{4,})")


class RequestFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the file of a request: the entries, the application first, with the SHA-256 of each one's line."""

    id: str
    entries: tuple[RequestEntry, ...]
    hashes: tuple[str, ...]


def paper_id(kind: str, year: int, writer: str, number: int) -> str:
    """``REQ-2026-a3f01c-0001``: ids of two copies of a ledger never meet, because they carry the writer."""
    return f"{kind}-{year:04}-{writer}-{number:04}"


def last_number(taken: Iterable[str], *, kind: str, year: int, writer: str) -> int:
    """The highest number a writer has given in a year, 0 when none."""
    found = (_ID.fullmatch(identity) for identity in taken)
    return max(
        (
            int(match["number"])
            for match in found
            if match and (match["kind"], int(match["year"]), match["writer"]) == (kind, year, writer)
        ),
        default=0,
    )


def read_request_file(requests: Chain[RequestEntry], identity: str) -> RequestFile | None:
    """Read the file of a request; None when there is none with anything in it.

    Raises:
        LedgerError: a line cannot be read, or was altered, removed or reordered; nobody can rest on the others then.
    """
    content = requests.read(identity)
    if problems := content.problems():
        raise LedgerError("\n".join(str(problem) for problem in problems))
    prev, entries, hashes = START, [], []
    for index, line in enumerate(content.lines, 1):
        entry = line.value
        assert entry is not None
        if (entry.seq, entry.prev) != (index, prev):
            place = f"{content.file}:{line.number}"
            raise LedgerError(f"{place}: the line before it was altered, removed or reordered; {VERIFY_HINT}")
        prev = hash_line(line.raw)
        entries.append(entry)
        hashes.append(prev)
    if not entries:
        return None
    if entries[0].kind != "applied" or entries[0].application is None:
        raise LedgerError(f"{content.file}: the first line is no application; {VERIFY_HINT}")
    return RequestFile(id=identity, entries=tuple(entries), hashes=tuple(hashes))


def open_requests(
    ledger: Ledger, applications: Iterable[RequestEntry], *, day: dt.date, at: dt.datetime
) -> tuple[str, ...]:
    """Make a file for each application of a day.

    Returns:
        Their ids, in order.
    """
    writer, ids = ledger.writer, []
    with ledger.hold_writer(at=at) as (store, torn):
        last = last_number(store.requests.writers(), kind="REQ", year=day.year, writer=writer)
        for number, application in enumerate(applications, last + 1):
            ids.append(paper_id("REQ", day.year, writer, number))
            torn.append(store.requests.append(ids[-1], [application], at=at))
            torn.append(_note(store, writer, ids[-1], at))
    return tuple(ids)


def extend_request(ledger: Ledger, file: RequestFile, entry: RequestEntry, *, at: dt.datetime) -> None:
    """Add what was decided to a request as it was read.

    Raises:
        Refused: somebody else decided meanwhile; nothing was written.
    """
    with ledger.hold_writer(at=at) as (store, torn):
        there = read_request_file(store.requests, file.id)
        if there is None or there.hashes != file.hashes:
            raise Refused(
                [f"{file.id}: somebody else decided about it meanwhile; look at it again: zhengban request show"]
            )
        torn.append(store.requests.append(file.id, [entry], at=at))
        torn.append(_note(store, ledger.writer, file.id, at))


def _note(store: Store, writer: str, identity: str, at: dt.datetime) -> str:
    """Name the last line of a request in an event: nothing in its own file follows it that would show an edit."""
    file = read_request_file(store.requests, identity)
    assert file is not None
    data = {"request": identity, "line": len(file.hashes), "sha256": file.hashes[-1]}
    return store.events.append(writer, events_of([(NOTED, "", "", data)], at=at), at=at)
