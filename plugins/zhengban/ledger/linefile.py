# SPDX-License-Identifier: Apache-2.0
"""A file that grows by whole lines, and what a crash can leave at its end. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zhengban.model.errors import LedgerError

from .files import reported, sync_directory, write_all

_BLOCK = 65536


class LineFile:
    """A file of lines, open for appending; the caller holds its lock. Made by :func:`open_lines`.

    ``set_aside`` is the name of the file an unfinished last line was moved to, empty when there was none.
    """

    def __init__(self, fd: int, path: Path, header: bytes) -> None:
        self._fd = fd
        self._path = path
        self._header = header
        self._lead = b""
        self._tail = b""
        self._end = 0
        self.set_aside = ""

    def last_line(self) -> bytes:
        """The last whole line after the header without its newline, which it may lack; empty when there is none."""
        return self._tail or last_line(self._fd, len(self._header))

    def append(self, lines: Iterable[bytes]) -> None:
        """Append lines and put them on disk; when that fails the file is as it was before.

        Raises:
            LedgerError: the disk did not take them, or the file was replaced while it was written.
        """
        data = self._lead + b"".join(line + b"\n" for line in lines)
        if not data:
            return
        with reported(self._path, "append to the file"):
            size = os.fstat(self._fd).st_size
            try:
                write_all(self._fd, data)
                os.fsync(self._fd)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._fd, size)
                raise
            self._lead = self._tail = b""
            if not size:
                sync_directory(self._path.parent)
        self._end = size + len(data)
        self.require_in_place()

    def require_in_place(self) -> None:
        """Check that what was there and what was appended is what others find under this name.

        Raises:
            LedgerError: the file was replaced, removed or cut meanwhile.
        """
        with reported(self._path, "look at the file"), suppress(FileNotFoundError):
            mine, there = os.fstat(self._fd), self._path.stat()
            if (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino) and there.st_size >= self._end:
                return
        raise LedgerError(
            f"{self._path}: replaced by another program while it was written (a checkout, a stash or an editor?); "
            "bring it back as it was, then run again: what is missing will be added (zhengban ledger recover)"
        )

    def _mend(self, is_whole: Callable[[bytes], bool], at: dt.datetime) -> None:
        size = os.fstat(self._fd).st_size
        start = os.pread(self._fd, len(self._header), 0)
        if start != self._header:
            _require_header(self._path, self._header, start)
            os.ftruncate(self._fd, 0)
            self._lead = self._header
        elif os.pread(self._fd, 1, size - 1) != b"\n":
            begin = _line_start(self._fd, size)
            tail = os.pread(self._fd, size - begin, begin)
            if is_whole(tail):
                # Only the newline is missing (an editor, or a write cut just there): the line counts.
                self._lead, self._tail = b"\n", tail
            else:
                self.set_aside = _set_aside(self._path, tail, at)
                os.ftruncate(self._fd, begin)
        self._end = os.fstat(self._fd).st_size


@contextmanager
def open_lines(path: Path, *, header: bytes, is_whole: Callable[[bytes], bool], at: dt.datetime) -> Iterator[LineFile]:
    """Open a file of lines for appending, making it where missing, and mend what a crash left.

    An unfinished header is written anew; an unfinished last line is moved to ``<file>.torn-<at in UTC>``
    unless ``is_whole`` says that only its newline is missing.

    Raises:
        LedgerError: the file does not begin with ``header``, or the operating system refuses.
    """
    with reported(path, "open the file"):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        lines = LineFile(fd, path, header)
        with reported(path, "mend the end of the file"):
            lines._mend(is_whole, at)
        yield lines
    finally:
        os.close(fd)


def require_appendable(path: Path, header: bytes, is_whole: Callable[[bytes], bool]) -> bytes:
    """Check, without writing, that :func:`open_lines` will accept the file; return what its ``last_line`` would be.

    Raises:
        LedgerError: the file does not begin with ``header``, cannot be read or cannot be written.
    """
    try:
        with reported(path, "open the file"):
            fd = os.open(path, os.O_RDWR)
    except LedgerError as err:
        if isinstance(err.__cause__, FileNotFoundError):
            return b""
        raise
    try:
        with reported(path, "read the file"):
            _require_header(path, header, os.pread(fd, len(header), 0))
            size = os.fstat(fd).st_size
            begin = max(_line_start(fd, size), min(len(header), size))
            tail = os.pread(fd, size - begin, begin)
            return tail if tail and is_whole(tail) else last_line(fd, len(header))
    finally:
        os.close(fd)


def last_line(fd: int, begin: int) -> bytes:
    """The last line after offset ``begin`` that ends in a newline, without it; empty when there is none."""
    end = _line_start(fd, os.fstat(fd).st_size)
    if end <= begin:
        return b""
    start = max(_line_start(fd, end - 1), begin)
    return os.pread(fd, end - 1 - start, start)


def _line_start(fd: int, end: int) -> int:
    """The offset just behind the last newline before ``end``; 0 without one. Reads from the end: O(line), not
    O(file).
    """
    while end > 0:
        begin = max(0, end - _BLOCK)
        found = os.pread(fd, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def _require_header(path: Path, header: bytes, start: bytes) -> None:
    if not header.startswith(start):
        raise LedgerError(
            f"{path}:1: the file begins with {start[:80]!r} instead of {header!r}; nothing was written. "
            "Restore its first lines (see: zhengban ledger verify)"
        )


def _set_aside(path: Path, tail: bytes, at: dt.datetime) -> str:
    stamp = f"{path.name}.torn-{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    names = (stamp if not count else f"{stamp}-{count}" for count in range(1000))
    for name in names:
        try:
            fd = os.open(path.with_name(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            continue
        try:
            write_all(fd, tail)
            os.fsync(fd)
        finally:
            os.close(fd)
        sync_directory(path.parent)
        return name
    raise LedgerError(f"{path}: a thousand unfinished lines were set aside in one second; look at the disk")
