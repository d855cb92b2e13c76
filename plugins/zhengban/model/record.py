# SPDX-License-Identifier: Apache-2.0
"""The entries of the ledger as frozen types. Source: DESIGN 6, DOMAIN L1-L4 (form 9)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, Protocol

import msgspec

from .confirmation import ChangeMade
from .waiver import LimitRaise, UrgentRemoval

UNLISTED = "UNLISTED"
UNASSIGNED = "UNASSIGNED"


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a book (form 9). ``id`` is ``<run>/<computer>/<index>``; ``version`` is what came or left."""

    id: str
    action: Literal["install", "uninstall", "correct"]
    computer: str
    package: str
    brand: str = ""
    user: str = ""
    user_id: str = ""
    department: str = ""
    version: str
    date: dt.date
    quantity: int
    cause: str
    evidence: str
    run: str
    by: str


class BookedRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record and the book (software number) it belongs to."""

    book: str
    record: Record


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One planned action with the records it will become if it is verified as done: both or neither (L4).

    ``old_package`` is the package that ``package`` replaces, empty when it stays itself. The kind ``state`` changes
    nothing on a host: it says what people know (adoption, a new user, a scrapped computer).
    """

    package: str
    kind: Literal["remove", "install", "upgrade", "state"]
    old: str = ""
    new: str = ""
    old_package: str = ""
    records: tuple[BookedRecord, ...]


class FileEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the workspace that changes together with records.

    ``path`` is relative to the workspace, ``before`` the SHA-256 of what it holds now (empty: it does not exist),
    ``text`` what it will hold. With ``part``, the lines of one row, only these become ``text``: the edits of many units
    are then written at once, and each is still its unit's own.
    """

    path: str
    before: str
    text: str
    part: str = ""


class PlannedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is told with a unit, once, of the same run. ``computer`` is empty where it is about none."""

    kind: str
    computer: str = ""
    data: dict[str, object] = {}


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to happen on one computer, on disk before its host is touched. ``id`` is ``<run>/<computer>``.

    ``plan`` is the hash of the armed plan. A unit that no host is asked about has ``evidence`` instead, which its
    records will carry, a word for what it is as ``plan``, and perhaps ``files`` that change with it; where it is about
    files alone, ``computer`` is the path of the first. ``events`` are told once it is settled.
    """

    format: Literal["zhengban.intent/1"] = "zhengban.intent/1"
    id: str
    run: str
    computer: str
    plan: str
    at: dt.datetime
    changes: tuple[Change, ...]
    evidence: str = ""
    files: tuple[FileEdit, ...] = ()
    events: tuple[PlannedEvent, ...] = ()

    @property
    def is_stated(self) -> bool:
        """Whether it needs no host: it can be settled from itself."""
        return bool(self.evidence)


class Commit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One unit of change, settled: the line of ``runs/<writer>.yml``.

    ``prev`` is the SHA-256 of the line before (64 zeros for the first), ``records`` are (record id, book, SHA-256 of
    the record's line), ``removed`` the number of packages that left, for the window limits. ``recovered``: an
    interrupted settling had already written some of the records, so they may stand in their book before those of
    earlier commits.
    """

    seq: int
    prev: str
    at: dt.datetime
    run: str
    computer: str
    plan: str
    removed: int = 0
    records: tuple[tuple[str, str, str], ...] = ()
    recovered: bool = False


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened and is not an install or uninstall: the line of ``events/<writer>.yml``."""

    seq: int
    prev: str
    at: dt.datetime
    kind: str
    run: str = ""
    computer: str = ""
    data: dict[str, object] = {}


class Loss(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A computer that lost software, or is armed to, at a moment: what the window limits count."""

    at: dt.datetime
    computer: str
    run: str


class Holding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An install on record: in the book ``number``, ``quantity`` 0 when it came with something else (C9)."""

    number: str
    version: str = ""
    quantity: int = 1
    date: dt.date | None = None
    record: str = ""


class OnRecord(Protocol):
    """What views ask of an install on record: a :class:`Holding`, or the record itself."""

    @property
    def version(self) -> str: ...

    @property
    def quantity(self) -> int: ...

    @property
    def date(self) -> dt.date | None: ...


Standing = Mapping[str, Mapping[str, Mapping[str, OnRecord]]]
"""Everything on record, by software number, then package, then computer."""


class Arming(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the ledger's event says was armed for one computer: until when, and the lots it takes for those of its plan
    (number to number). ``without_seat`` is why it was left out, empty when it was armed.
    """

    expires: dt.datetime | None = None
    moved: Mapping[str, str] = {}
    without_seat: str = ""


class History(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the ledger knows that judging, planning and arming need.

    ``first_seen`` maps (computer, code, package) to the day a finding that still stands was first detected;
    ``holdings`` maps (computer, package) to the last install recorded there without an uninstall since;
    ``settled`` counts the units of change of a computer that are settled: a later reading that counts another number
    knows something else about it;
    ``adopted`` maps a computer to the day its software was taken over into the ledger;
    ``passed_over`` maps it to the list of what was there then and is in no book, see ``judge.passed_over``;
    ``losses`` are those since the asked moment; ``register_size`` is the computers at the last arming (0: never);
    ``used`` are (run, computer, plan hash) with an intent or a commit line, ``armed`` those the ledger says were armed,
    with an empty hash those it says were left out for want of a seat;
    ``reserved`` are (number, computer) of seats that unexpired armings and open intents will take;
    ``request_uses`` are (request, run, computer) of records and open intents under a request, ``request_armed`` those
    of unexpired armings;
    ``request_notes`` maps a request to the SHA-256 of its lines, each with its place, as the events have them;
    ``unconfirmed`` maps a computer to the changes on it that nobody has signed for as done, oldest first;
    ``urgent`` are the open urgent removals by id, ``urgent_uses`` the (id, computer) they were armed for, and
    ``raised`` the limits that are raised now; ``upgrade_tries`` are (upgrade, computer) of what was armed and is
    settled, ``unwell`` maps those that a health check found wanting to the reason. ``losses`` leave out what went
    urgently alone.
    """

    first_seen: dict[tuple[str, str, str], dt.date] = {}
    holdings: dict[tuple[str, str], Holding] = {}
    settled: Mapping[str, int] = {}
    adopted: dict[str, dt.date] = {}
    passed_over: dict[str, str] = {}
    losses: tuple[Loss, ...] = ()
    register_size: int = 0
    used: frozenset[tuple[str, str, str]] = frozenset()
    armed: Mapping[tuple[str, str, str], Arming] = {}
    reserved: frozenset[tuple[str, str]] = frozenset()
    request_uses: frozenset[tuple[str, str, str]] = frozenset()
    request_armed: frozenset[tuple[str, str, str]] = frozenset()
    request_notes: Mapping[str, Mapping[str, int]] = {}
    unconfirmed: Mapping[str, tuple[ChangeMade, ...]] = {}
    urgent: Mapping[str, UrgentRemoval] = {}
    urgent_uses: frozenset[tuple[str, str]] = frozenset()
    raised: tuple[LimitRaise, ...] = ()
    upgrade_tries: frozenset[tuple[str, str]] = frozenset()
    unwell: Mapping[tuple[str, str], str] = {}

    def number_of(self, computer: str, package: str) -> str:
        """The book that has a package on record on a computer, empty when none has."""
        holding = self.holdings.get((computer, package))
        return holding.number if holding else ""

    def with_first_seen(self, first_seen: dict[tuple[str, str, str], dt.date]) -> History:
        """The same with other days of detection. What follows from the rest is shared, for whoever needs another for
        each of many computers.
        """
        for name in _FOLLOWING:
            getattr(self, name)
        other = msgspec.structs.replace(self, first_seen=first_seen)
        other.__dict__.update(self.__dict__)
        return other

    @cached_property
    def worked_out(self) -> dict[tuple[int, ...], tuple[Any, ...]]:
        """What follows from it and from other objects, by their ids, for whoever would work it out again and again."""
        return {}

    @cached_property
    def held_on(self) -> dict[str, dict[str, Holding]]:
        """What is on record by computer, then package."""
        by_computer: dict[str, dict[str, Holding]] = {}
        for (computer, package), holding in self.holdings.items():
            by_computer.setdefault(computer, {})[package] = holding
        return by_computer

    @cached_property
    def runs_by_request(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """(run, computer) of ``request_uses`` by request, any order."""
        return _by_request(self.request_uses)

    @cached_property
    def armed_by_request(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """(run, computer) of ``request_armed`` by request, any order."""
        return _by_request(self.request_armed)

    @cached_property
    def seats(self) -> frozenset[tuple[str, str]]:
        """(number, computer) of every seat that is taken: on record, or reserved."""
        held = {(holding.number, place[0]) for place, holding in self.holdings.items() if holding.quantity}
        return frozenset(held) | self.reserved

    @cached_property
    def holders(self) -> dict[str, tuple[str, ...]]:
        """The computers that have a seat of a software number on record, sorted by computer number."""
        held: dict[str, set[str]] = {}
        for (computer, _package), holding in self.holdings.items():
            if holding.quantity:
                held.setdefault(holding.number, set()).add(computer)
        return {number: tuple(sorted(computers)) for number, computers in held.items()}

    @cached_property
    def seats_taken(self) -> dict[str, int]:
        """Computers that take a seat, by software number."""
        return dict(Counter(number for number, _computer in self.seats))


def _by_request(uses: Iterable[tuple[str, str, str]]) -> dict[str, tuple[tuple[str, str], ...]]:
    by_request: dict[str, list[tuple[str, str]]] = {}
    for request, run, computer in uses:
        by_request.setdefault(request, []).append((run, computer))
    return {request: tuple(places) for request, places in by_request.items()}


# Nothing of it depends on ``first_seen``.
_FOLLOWING = tuple(name for name, value in vars(History).items() if isinstance(value, cached_property))

EMPTY_HISTORY = History()
