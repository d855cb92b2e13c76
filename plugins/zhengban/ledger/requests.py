# SPDX-License-Identifier: Apache-2.0
"""The files of requests, needs and purchase plans: one for each, its entries chained.

Source: DESIGN 6, DOMAIN I1 (form 10), C1-C3 (forms 3, 4).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from zhengban.model.errors import LedgerError, Refused
from zhengban.model.paper import NeedEntry, PlanEntry
from zhengban.model.record import Event
from zhengban.model.request import RequestEntry

from .chain import START, Chain
from .events import events_of
from .forks import lines_of_fork
from .lines import hash_line
from .papers import FOLDERS, PaperKind, kind_of
from .reading import VERIFY_HINT

if TYPE_CHECKING:
    from .ledger import Ledger
    from .snapshot import Store

NOTED = "request"
"""The kind of the events that name each line of a request, a need or a purchase plan by its SHA-256."""

_ID = re.compile("(?P<kind>[A-Z]{3})-(?P<year>[0-9]{4})-(?P<writer>[0-9a-f]{6})-(?P<number>[0-9]{4,})")


E = TypeVar("E", RequestEntry, NeedEntry, PlanEntry)
AnyEntry = RequestEntry | NeedEntry | PlanEntry


class PaperFile(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    """What is in the file of a paper: the entries, the application first, with the SHA-256 of each one's line.

    ``is_contradictory`` when two copies of the ledger decided about it: then the entries are no unbroken chain.
    """

    id: str
    entries: tuple[E, ...]
    hashes: tuple[str, ...]
    is_contradictory: bool = False


RequestFile = PaperFile[RequestEntry]


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


def read_paper(papers: Chain[E], identity: str) -> PaperFile[E] | None:
    """Read the file of a paper; None when there is none with anything in it.

    Raises:
        LedgerError: a line cannot be read, or was altered, removed or reordered; nobody can rest on the others then.
    """
    content = papers.read(identity)
    if problems := content.problems():
        raise LedgerError("\n".join(str(problem) for problem in problems))
    prev, entries, hashes = START, [], []
    fork = lines_of_fork(content.lines)
    for index, line in enumerate(fork or content.lines, 1):
        entry = line.value
        assert entry is not None
        if not fork and (entry.seq, entry.prev) != (index, prev):
            place = f"{content.file}:{line.number}"
            raise LedgerError(f"{place}: the line before it was altered, removed or reordered; {VERIFY_HINT}")
        prev = hash_line(line.raw)
        entries.append(entry)
        hashes.append(prev)
    if not entries:
        return None
    if entries[0].kind != "applied" or entries[0].content is None:
        raise LedgerError(f"{content.file}: the first line is no application; {VERIFY_HINT}")
    return PaperFile(id=identity, entries=tuple(entries), hashes=tuple(hashes), is_contradictory=bool(fork))


def open_requests(
    ledger: Ledger, applications: Iterable[RequestEntry], *, day: dt.date, at: dt.datetime
) -> tuple[str, ...]:
    """Make a file for each application of a day; as :func:`open_papers`."""
    return open_papers(ledger, "REQ", applications, day=day, at=at)


def open_papers(
    ledger: Ledger, kind: PaperKind, applications: Iterable[AnyEntry], *, day: dt.date, at: dt.datetime
) -> tuple[str, ...]:
    """Make a file for each application of a day.

    Args:
        applications: gone through under the writer's lock, for a look at what is there with nobody in between.

    Returns:
        Their ids, in order.
    """
    writer, ids = ledger.writer, []
    with ledger.hold_writer(at=at) as (store, torn):
        chain = store.papers.of_kind(kind)
        there = chain.writers()
        # What a full disk left of one nobody applied for: nothing else would ever mend it.
        torn.extend(chain.append_lines(name, [], at=at) for name in there if chain.read(name).torn)
        # A file can get lost; what was decided under its number must not come to stand for something else.
        given = fold_notes(store.events.read(writer).values())
        last = last_number([*there, *given], kind=kind, year=day.year, writer=writer)
        for number, application in enumerate(applications, last + 1):
            ids.append(paper_id(kind, day.year, writer, number))
            torn.append(chain.append(ids[-1], [application], at=at))
            torn.append(_note(store, writer, ids[-1], 0, at))
    return tuple(ids)


def extend_request(ledger: Ledger, file: PaperFile[Any], entry: AnyEntry, *, noted: int, at: dt.datetime) -> None:
    """Add what was decided to a paper as it was read.

    Args:
        noted: how many of its lines events name; the others are named together with the new one.

    Raises:
        Refused: somebody else decided meanwhile; nothing was written.
    """
    with ledger.hold_writer(at=at) as (store, torn):
        there = _read(store, file.id)
        if there is None or there.hashes != file.hashes:
            command = FOLDERS[kind_of(file.id)].removesuffix("s")
            raise Refused(
                [f"{file.id}: somebody else decided about it meanwhile; look at it again: zhengban {command} show"]
            )
        torn.append(store.papers.append(file.id, [entry], at=at))
        torn.append(_note(store, ledger.writer, file.id, noted, at))


def _note(store: Store, writer: str, identity: str, noted: int, at: dt.datetime) -> str:
    """Name each line of a paper in an event but for the first ``noted``: a line no event names does not count, and
    nothing in its own file follows the last that would show an edit.
    """
    file = _read(store, identity)
    assert file is not None
    rows = [
        (NOTED, "", "", {"request": identity, "line": line, "sha256": sha256})
        for line, sha256 in enumerate(file.hashes[noted:], noted + 1)
    ]
    return store.events.append(writer, events_of(rows, at=at), at=at)


def _read(store: Store, identity: str) -> PaperFile[Any] | None:
    return read_paper(store.papers.of_kind(kind_of(identity)), identity)


def fold_notes(events: Iterable[Event]) -> dict[str, dict[str, int]]:
    """The lines of papers that events name: by id the SHA-256 of each, with its place."""
    notes: dict[str, dict[str, int]] = {}
    for event in events:
        line = event.data.get("line")
        if event.kind == NOTED and isinstance(line, int):
            notes.setdefault(str(event.data.get("request")), {})[str(event.data.get("sha256"))] = line
    return notes


def count_noted(file: PaperFile[Any], notes: Mapping[str, int]) -> int:
    """How many of a paper's lines events name: all, or all but one that was cut off before it was named.

    Raises:
        LedgerError: a line that was named is not there as it was, or more than one is not named.
    """
    noted = max(notes.values(), default=0)
    if noted > len(file.hashes) or any(sha256 not in notes for sha256 in file.hashes[:noted]):
        raise LedgerError(
            f"{file.id}: its last entry was altered or removed since it was written; see: zhengban ledger verify"
        )
    if len(file.hashes) - noted > 1:
        raise LedgerError(
            f"{file.id}: foreign: no event of the ledger names its entries {noted + 1} to {len(file.hashes)}; "
            "see: zhengban ledger verify"
        )
    return noted
