# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: what the ledger held at a moment, in a few bytes to keep elsewhere. Source: DESIGN 6; RFC 8785.

Every line is chained to the line before, and every record is named with its hash by a commit line: so the last hashes
stand for everything before them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
import rfc8785

from zhengban.model.errors import InputError, Problem

from .chain import Chain
from .lines import hash_line
from .papers import Papers
from .reading import Content
from .snapshot import Snapshot, Store
from .verify import find_alterations

NAMESPACE = "zhengban-seal"
"""What a signature over a checkpoint is for; one made for anything else does not count."""

_HINT = "restore it from version control or a backup (zhengban ledger merge), and find out who changed it"
# Every line of a chain this long can be told apart; of a longer one, every second, fourth, …
_MOST_MARKS = 1000


class ChainHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last line of a chain: its seq and SHA-256. ``marks`` are those of lines before it, at even distances."""

    seq: int
    sha256: str
    marks: tuple[tuple[int, str], ...] = ()


class BookHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many settled records a book held, and the SHA-256 of their lines' hashes (hex, a newline after each).

    In the order of writer, commit line and place in it: branches that are merged change the order in the file.
    """

    records: int
    sha256: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head of the ledger ``at`` a moment: books by number, chains by writer; ``requests`` are all papers."""

    format: Literal["zhengban.checkpoint/1"] = "zhengban.checkpoint/1"
    at: dt.datetime
    books: dict[str, BookHead]
    commits: dict[str, ChainHead]
    confirmations: dict[str, ChainHead]
    events: dict[str, ChainHead]
    requests: dict[str, ChainHead]


_DECODER = msgspec.json.Decoder(Checkpoint)


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """The canonical bytes, which are signed."""
    return rfc8785.dumps(msgspec.to_builtins(checkpoint))


def decode_checkpoint(data: bytes, *, shown_as: str) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        InputError: it is none.
    """
    try:
        return _DECODER.decode(data)
    except ValueError as err:
        hint = "name the file that zhengban ledger checkpoint wrote"
        raise InputError([Problem(file=shown_as, message=f"not a checkpoint: {err}", hint=hint)]) from err


def take_checkpoint(store: Store, snapshot: Snapshot, *, at: dt.datetime) -> Checkpoint:
    """What the ledger holds now.

    Args:
        store: for the names of files.
        snapshot: the ledger with its papers.
        at: now, aware.

    Raises:
        InputError: the ledger is empty, or not as it was written; with everything found.
    """
    if not any((snapshot.books, snapshot.commits, snapshot.confirmations, snapshot.events, snapshot.papers)):
        message = "holds nothing, so there is nothing to hold it to"
        raise InputError([Problem(file="ledger", message=message, hint="name the workspace whose ledger is meant")])
    if alterations := find_alterations(store, snapshot):
        raise InputError(alterations)
    commits = _heads(snapshot.commits)
    return Checkpoint(
        at=at.astimezone(dt.UTC).replace(microsecond=0),
        books=_book_heads(snapshot, {writer: head.seq for writer, head in commits.items()}),
        commits=commits,
        confirmations=_heads(snapshot.confirmations),
        events=_heads(snapshot.events),
        requests=_heads(snapshot.papers),
    )


def find_losses_since(store: Store, snapshot: Snapshot, checkpoint: Checkpoint) -> tuple[Problem, ...]:
    """What was cut away or rewritten since a checkpoint, by file: of each chain the first line that differs.

    Args:
        store: for the names of files.
        snapshot: the ledger with its papers.
        checkpoint: of this ledger, or of any copy that was merged into it since.
    """
    since = f"since the checkpoint of {checkpoint.at:%Y-%m-%d %H:%M} UTC"
    held = _book_heads(snapshot, {writer: head.seq for writer, head in checkpoint.commits.items()})
    nothing = BookHead(records=0, sha256="")
    problems = [
        *_compare(store.commits, snapshot.commits, checkpoint.commits, since),
        *_compare(store.confirmations, snapshot.confirmations, checkpoint.confirmations, since),
        *_compare(store.events, snapshot.events, checkpoint.events, since),
        *_compare(store.papers, snapshot.papers, checkpoint.requests, since),
        *(
            Problem(
                file=store.books.name(book), message=_describe_book(head, held.get(book, nothing), since), hint=_HINT
            )
            for book, head in checkpoint.books.items()
            if held.get(book) != head
        ),
    ]
    return tuple(sorted(problems))


def _heads(contents: Mapping[str, Content[Any]]) -> dict[str, ChainHead]:
    heads = {}
    for name, content in contents.items():
        hashes = _hashes(content)
        last = max(hashes, default=0)
        if last:
            step = 1
            while last // step > _MOST_MARKS:
                step *= 2
            marks = tuple((seq, hashes[seq][0]) for seq in range(step, last, step))
            heads[name] = ChainHead(seq=last, sha256=hashes[last][0], marks=marks)
    return heads


def _hashes(content: Content[Any]) -> dict[int, tuple[str, int]]:
    """SHA-256 and line number of the first line of each seq."""
    hashes: dict[int, tuple[str, int]] = {}
    for line in content.lines:
        if line.value is not None:
            hashes.setdefault(line.value.seq, (hash_line(line.raw), line.number))
    return hashes


def _book_heads(snapshot: Snapshot, until: Mapping[str, int]) -> dict[str, BookHead]:
    """The heads of the books, of the records settled by the commit lines up to a seq of each writer."""
    there = {
        (book, line.value.id): hash_line(line.raw)
        for book, content in snapshot.books.items()
        for line in content.lines
        if line.value is not None
    }
    counts: dict[str, int] = {}
    digests: dict[str, Any] = {}
    for writer, last in sorted(until.items()):
        content = snapshot.commits.get(writer)
        for commit in sorted(content.values() if content else (), key=lambda commit: commit.seq):
            for identity, book, _sha256 in commit.records if commit.seq <= last else ():
                if sha256 := there.get((book, identity)):
                    counts[book] = counts.get(book, 0) + 1
                    digests.setdefault(book, hashlib.sha256()).update(f"{sha256}\n".encode())
    return {book: BookHead(records=counts[book], sha256=digests[book].hexdigest()) for book in sorted(counts)}


def _compare(
    chain: Chain[Any] | Papers, contents: Mapping[str, Content[Any]], heads: Mapping[str, ChainHead], since: str
) -> Iterator[Problem]:
    for name, head in sorted(heads.items()):
        file = chain.name(name)
        hashes = _hashes(contents[name]) if name in contents else {}
        before = 0
        for seq, sha256 in (*head.marks, (head.seq, head.sha256)):
            there = hashes.get(seq)
            if there is None:
                first = next(number for number in range(before + 1, seq + 1) if number not in hashes)
                text = f"cut away {since}: {_span(first, head.seq)}, perhaps not all of them"
                yield Problem(file=file, message=text, hint=_HINT)
                break
            if there[0] != sha256:
                text = f"rewritten {since}: {_span(before + 1, seq)}"
                yield Problem(file=file, line=hashes.get(before + 1, there)[1], message=text, hint=_HINT)
                break
            before = seq


def _span(first: int, last: int) -> str:
    return f"seq {first}" if first == last else f"seq {first} to {last}"


def _describe_book(head: BookHead, held: BookHead, since: str) -> str:
    if held.records != head.records:
        return f"holds {held.records} of its {head.records} records settled before {since.removeprefix('since ')}"
    return f"its {head.records} records are not what they were: rewritten {since}"
