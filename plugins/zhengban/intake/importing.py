# SPDX-License-Identifier: Apache-2.0
"""Facts documents that people carry over from machines nobody can ask. Source: DESIGN 3 (offline machines), 8."""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from zhengban.model.errors import FactsError
from zhengban.model.facts import Facts, Identity, facts_from_plain, moment_of, moment_text, read_facts
from zhengban.run.facts import digests_hold, keep_facts, stored_facts
from zhengban.run.guarding import note_attempts
from zhengban.run.workspace import Workspace
from zhengban.windows.bundle import is_bundle, read_bundle

from .recognising import recognise

# Three times the largest document a computer can give (20,000 packages with their dependencies).
MAX_BYTES = 64 * 1024 * 1024
# A clock may be wrong by so much before what it says is of no use.
MAX_AHEAD_MINUTES = 60


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file.

    ``imported``; ``known``: the same is stored, or in another file; ``refused``, and ``reason`` says why.
    """

    file: str
    state: Literal["imported", "known", "refused"]
    computer: str = ""
    known_by: Literal["identity", "host_name", ""] = ""
    host: str = ""
    collected_at: str = ""
    reason: str = ""


class _Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be used: what is compared with the others, without its packages."""

    place: int
    path: Path
    computer: str
    known_by: Literal["identity", "host_name", ""]
    host: str
    identity: Identity
    collected_at: str
    moment: dt.datetime
    digest: str

    def ends_as(self, state: Literal["imported", "known", "refused"], reason: str = "") -> Imported:
        return Imported(
            file=str(self.path),
            state=state,
            computer=self.computer,
            known_by=self.known_by,
            host=self.host,
            collected_at=self.collected_at,
            reason=reason,
        )


def import_facts(workspace: Workspace, paths: Iterable[Path], *, now: dt.datetime) -> tuple[Imported, ...]:
    """Keep the facts in these files, each of the computer whose identity it has, as the newest known of it.

    Every file is read twice, one at a time: a fleet's documents do not fit into memory. What was imported counts as of
    when the computer says it was collected; as nobody read it by our clock, ``read_at`` is empty, so that a computer
    that can be asked again is read in full.

    Args:
        paths: n files.
        now: aware; the moment of the import.

    Returns:
        n answers in the order of the files. A file that cannot be used keeps no other from being imported.

    Raises:
        InputError: the register cannot be used; nothing was imported.
        LedgerError: what the guard of a computer reported cannot be noted; facts before it were kept.
    """
    answers: dict[int, Imported] = {}
    carried: dict[str, list[_Carried]] = {}
    for place, path in enumerate(paths):
        looked = _look(workspace, place, path, now=now)
        if isinstance(looked, Imported):
            answers[place] = looked
        else:
            carried.setdefault(looked.computer, []).append(looked)
    for number in sorted(carried):
        chosen, others = _choose(carried[number])
        answers |= others
        for item in chosen:
            answers[item.place] = _take(workspace, item, now=now)
    return tuple(answers[place] for place in sorted(answers))


def _look(workspace: Workspace, place: int, path: Path, *, now: dt.datetime) -> _Carried | Imported:
    try:
        facts = _read(path)
        moment = _moment(facts, now=now)
    except FactsError as err:
        return Imported(file=str(path), state="refused", reason=str(err))
    found = recognise(workspace.register, facts)
    if not found.computer:
        reason = found.reason
        return Imported(
            file=str(path), state="refused", host=facts.host, collected_at=facts.collected_at, reason=reason
        )
    return _Carried(
        place=place,
        path=path,
        computer=found.computer,
        known_by=found.known_by,
        host=facts.host,
        identity=facts.identity,
        collected_at=facts.collected_at,
        moment=moment,
        digest=facts.digest,
    )


def _choose(carried: list[_Carried]) -> tuple[list[_Carried], dict[int, Imported]]:
    """The newest of one computer's files, and what becomes of the others; none where they contradict each other."""
    ordered = sorted(carried, key=lambda item: (item.moment, -item.place), reverse=True)
    newest = ordered[0]
    others: dict[int, Imported] = {}
    for item in ordered[1:]:
        if item.identity != newest.identity:
            reason = (
                f"another machine than that of {newest.path} takes itself for {item.computer}; leave one of them out"
            )
            return [], {each.place: each.ends_as("refused", reason) for each in ordered}
        if item.moment < newest.moment:
            reason = f"is older than {newest.path}, of {newest.collected_at}"
            others[item.place] = item.ends_as("refused", reason)
        elif item.digest == newest.digest:
            others[item.place] = item.ends_as("known", f"says the same as {newest.path}")
        else:
            reason = f"is of the same moment as {newest.path} and says something else; collect the facts again"
            return [], {each.place: each.ends_as("refused", reason) for each in ordered}
    return [newest], others


def _take(workspace: Workspace, item: _Carried, *, now: dt.datetime) -> Imported:
    stored = stored_facts(workspace, item.computer)
    known = moment_of(stored.collected_at) if stored is not None else None
    # What claims to be of a time to come must not keep everything else out.
    if stored is not None and known is not None and known <= now:
        if item.moment < known:
            return item.ends_as("refused", f"is older than what is known of {item.computer}, of {stored.collected_at}")
        if item.moment == known:
            if item.digest == stored.digest:
                return item.ends_as("known", "is known already")
            return item.ends_as("refused", "says something else than what is known of the same moment")
    try:
        facts = _read(item.path)
    except FactsError as err:
        return item.ends_as("refused", str(err))
    if (facts.identity, facts.collected_at, facts.digest) != (item.identity, item.collected_at, item.digest):
        return item.ends_as("refused", "changed while it was read")
    facts = msgspec.structs.replace(facts, read_at="", imported_at=moment_text(now))
    keep_facts(workspace, item.computer, facts)
    computer = workspace.register.computer_by_number[item.computer]
    note_attempts(workspace, computer, facts, now=now)
    return item.ends_as("imported")


def _read(path: Path) -> Facts:
    """Read one file and check that it is whole.

    Raises:
        FactsError: it cannot be read, is no facts document, or its packages are not those its digest is of.
    """
    content = _content(path)
    facts = facts_from_plain(read_bundle(content), source="") if is_bundle(content) else read_facts(content, source="")
    if not digests_hold(facts):
        raise FactsError("its packages are not those that its digest is of: it was changed or damaged on the way")
    return facts


def _content(path: Path) -> bytes:
    try:
        # Not waiting for a writer, should it be a pipe.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FactsError("is not a file")
            content = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise FactsError(err.strerror or str(err)) from err
    if len(content) > MAX_BYTES:
        raise FactsError(f"is larger than {MAX_BYTES // 1024 // 1024} MiB: no computer has so much to say")
    return content


def _moment(facts: Facts, *, now: dt.datetime) -> dt.datetime:
    moment = moment_of(facts.collected_at)
    if moment is None:
        raise FactsError(f"it was collected at {facts.collected_at!r}, which is no time")
    if moment > now + dt.timedelta(minutes=MAX_AHEAD_MINUTES):
        raise FactsError(
            f"it was collected at {facts.collected_at}, which is still to come; set that computer's clock and collect "
            "again"
        )
    return moment
