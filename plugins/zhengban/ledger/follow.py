# SPDX-License-Identifier: Apache-2.0
"""Following the files of one kind as they grow. Source: DESIGN 6."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from zhengban.model.errors import Problem

from .batches import Batch, Extent, Rewritten
from .chain import Chain, L, merge_writers

T = TypeVar("T")


class Follower(Generic[T]):
    """Reads each line of the files of one kind once.

    ``problems`` are those of all lines read so far. ``can_go_on`` becomes false where a file does not end in a whole
    line, or begins with something else: then nothing more may be read here.

    Args:
        names: the names of the files there are now.
        read: reads one of them from an extent on; see ``batches.read_batches``.
    """

    def __init__(
        self, names: Callable[[], tuple[str, ...]], read: Callable[[str, Extent | None], Iterator[Batch[T]]]
    ) -> None:
        self._names = names
        self._read = read
        self._extents: dict[str, Extent] = {}
        self.problems: list[Problem] = []
        self.can_go_on = True

    def read_on(self) -> Iterator[tuple[str, Sequence[T]]]:
        """Yield the name of a file and some new values of it, files by name, values in file order.

        Raises:
            Rewritten: what was read before is void; never when nothing was.
        """
        for name in sorted({*self._names(), *self._extents}):
            for batch in self._read(name, self._extents.get(name)):
                self.problems += batch.problems
                if batch.is_loose:
                    self.can_go_on = False
                if batch.extent is not None:
                    self._extents[name] = batch.extent
                yield name, batch.values


class ChainFollower(Generic[L]):
    """Reads chained lines as they come; ``lines`` are all so far, in the order of ``chain.merge_writers``."""

    def __init__(self, chain: Chain[L], *, keep: Callable[[L], L] = lambda line: line) -> None:
        self.follower: Follower[L] = Follower(chain.writers, chain.read_batches)
        self._keep: Callable[[L], L] = keep
        self._by_writer: dict[str, list[L]] = {}
        self._last_seq: dict[str, int] = {}
        self.lines: tuple[L, ...] = ()

    def last_seq(self, writer: str) -> int:
        """The highest seq of a writer's lines, 0 when there are none."""
        return self._last_seq.get(writer, 0)

    def read_lines(self) -> tuple[L, ...]:
        """Take up new lines; returns what is kept of them in the order read.

        Raises:
            Rewritten: a new line belongs before an old one, or see :meth:`Follower.read_on`.
        """
        before = self.lines
        new: list[L] = []
        for writer, values in self.follower.read_on():
            kept = list(map(self._keep, values))
            self._by_writer.setdefault(writer, []).extend(kept)
            self._last_seq[writer] = max(self._last_seq.get(writer, 0), *(line.seq for line in kept), 0)
            new += kept
        if new:
            self.lines = merge_writers(self._by_writer)
        if self.lines[: len(before)] != before:
            raise Rewritten
        return tuple(new)
