# SPDX-License-Identifier: Apache-2.0
"""Reading the values of a ledger file in bulk, and going on where an earlier reading ended. Source: DESIGN 6, 12."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

import msgspec

from zhengban.model.errors import Problem

from .files import reported
from .lines import MARK
from .reading import read_content, read_lines

T = TypeVar("T")

# Big enough that a call costs nothing, small enough that lines and values are still in the processor's cache when they
# are used again.
_BLOCK = 1 << 16
_END = 4096
_behind_mark = itemgetter(slice(len(MARK), None))


class Rewritten(Exception):
    """A file was not only appended to since it was read: what was read of it is void."""


class Extent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far a file was read, a whole number of lines: to know the file again, and to go on behind them.

    ``end`` are the last bytes read, at most 4096.
    """

    device: int
    inode: int
    changed_ns: int
    size: int
    lines: int
    end: bytes

    def is_all_of(self, status: os.stat_result) -> bool:
        """Whether a file is the one that was read and has not been written to since."""
        return self._is_of(status) and (self.size, self.changed_ns) == (status.st_size, status.st_mtime_ns)

    def require_start_of(self, stream: BinaryIO) -> None:
        """Put ``stream`` behind what was read.

        Raises:
            Rewritten: it is another file, or not the same with more lines.
        """
        status = os.fstat(stream.fileno())
        stream.seek(self.size - len(self.end))
        if not self._is_of(status) or status.st_size <= self.size or stream.read(len(self.end)) != self.end:
            raise Rewritten

    def _is_of(self, status: os.stat_result) -> bool:
        return (self.device, self.inode) == (status.st_dev, status.st_ino)


class Batch(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """The values of some lines in file order, and a problem for each line that has none.

    The last batch of a file has the ``extent`` that was read, or ``is_loose``: the file does not end in a whole line,
    or begins with something else, so that nobody can go on from there.
    """

    values: Sequence[T] = ()
    problems: tuple[Problem, ...] = ()
    extent: Extent | None = None
    is_loose: bool = False


def read_batches(
    path: Path, *, shown_as: str, header: bytes, decoder: msgspec.json.Decoder[T], after: Extent | None = None
) -> Iterator[Batch[T]]:
    """Read the values and problems that ``reading.read_content`` finds in a file, some lines at a time.

    Args:
        path, shown_as, header, decoder: as there; a missing file has no lines.
        after: the extent of an earlier reading; what it read is not read again.

    Raises:
        LedgerError: the operating system does not let us read it.
        Rewritten: the file was not only appended to after ``after``.
    """
    with reported(path, "read the file"):
        try:
            stream = path.open("rb", buffering=_BLOCK)
        except FileNotFoundError:
            if after is not None:
                raise Rewritten from None
            return
        with stream:
            if after is not None:
                if after.is_all_of(os.fstat(stream.fileno())):
                    return
                after.require_start_of(stream)
            elif stream.read(len(header)) != header:
                # Damaged or unfinished at its very start: not in bulk.
                content = read_content(path, shown_as=shown_as, header=header, decoder=decoder)
                yield Batch(values=content.values(), problems=content.problems(), is_loose=True)
                return
            lines = after.lines if after is not None else header.count(b"\n")
            while raws := stream.readlines(_BLOCK):
                # Torn, or only its newline is missing. Whole or not, the next append changes it.
                tail = [] if raws[-1].endswith(b"\n") else [raws.pop()]
                yield _read_raws(raws, lines + 1, shown_as, decoder)
                lines += len(raws)
                if tail:
                    yield Batch(values=_read_raws(tail, lines + 1, shown_as, decoder).values, is_loose=True)
                    return
            yield Batch(extent=_extent(stream, lines))


def _extent(stream: BinaryIO, lines: int) -> Extent:
    size = stream.tell()
    stream.seek(max(0, size - _END))
    end = stream.read(size - stream.tell())
    status = os.fstat(stream.fileno())
    return Extent(
        device=status.st_dev,
        inode=status.st_ino,
        # What was appended since it was read is new then.
        changed_ns=status.st_mtime_ns if status.st_size == size else 0,
        size=size,
        lines=lines,
        end=end,
    )


def _read_raws(raws: list[bytes], first: int, shown_as: str, decoder: msgspec.json.Decoder[T]) -> Batch[T]:
    # A newline behind a value is no part of it.
    if all(map(bytes.startswith, raws, repeat(MARK))):
        with suppress(ValueError):
            return Batch(values=list(map(decoder.decode, map(_behind_mark, raws))))
    # A comment, or a line of a hand: each by itself.
    lines = (raw.removesuffix(b"\n") for raw in raws)
    content = read_lines(lines, first, shown_as=shown_as, decoder=decoder)
    return Batch(values=content.values(), problems=content.problems())
