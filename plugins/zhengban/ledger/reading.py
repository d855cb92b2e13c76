# SPDX-License-Identifier: Apache-2.0
"""Reading the files of the ledger: every line that can be read, and a problem for each that cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from zhengban.model.errors import Problem

from .files import reported
from .lines import decode_line

T = TypeVar("T")

VERIFY_HINT = "restore the line as it was written (version control, a backup), or record a correction"


class Line(msgspec.Struct, Generic[T], frozen=True, kw_only=True, gc=False):
    """One line: its number from 1, its bytes without newline, and its value, or ``None`` and what is wrong
    with it.
    """

    number: int
    raw: bytes
    value: T | None = None
    error: str = ""


class Content(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A file of the ledger. ``lines`` are in file order, without header, comments and empty lines.

    ``bad_header`` and ``torn`` are the problems a whole file can have; ``torn`` is an unfinished last line,
    which a crash leaves and the next append sets aside: nothing that counts was in it.
    """

    file: str
    lines: tuple[Line[T], ...] = ()
    bad_header: Problem | None = None
    torn: Problem | None = None

    def values(self) -> tuple[T, ...]:
        return tuple(line.value for line in self.lines if line.value is not None)

    def problems(self) -> tuple[Problem, ...]:
        """What keeps the file from being understood; an unfinished last line does not."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[Problem]:
        if self.bad_header:
            yield self.bad_header
        for line in self.lines:
            if line.value is None:
                yield Problem(file=self.file, line=line.number, message=line.error, hint=VERIFY_HINT)


def read_content(path: Path, *, shown_as: str, header: bytes, decoder: msgspec.json.Decoder[T]) -> Content[T]:
    """Read a file of the ledger; a missing file has no lines.

    Args:
        path: the file.
        shown_as: its name in problems, relative to the workspace.
        header: the bytes it begins with.
        decoder: of the type of its lines.

    Raises:
        LedgerError: the operating system does not let us read it.
    """
    with reported(path, "read the file"):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return Content(file=shown_as)
    if header.startswith(data) and data != header:
        return Content(file=shown_as, torn=_torn(shown_as, 1))
    has_header = data.startswith(header)
    raws = data.split(b"\n")
    tail = raws.pop()
    torn = None
    if has_header:
        skipped = header.count(b"\n")
        lines = [*read_lines(raws[skipped:], skipped + 1, shown_as=shown_as, decoder=decoder).lines]
    else:
        lines = [_read_line(raw, number, decoder) for number, raw in enumerate(raws, 1) if raw.startswith(b"- ")]
    if tail:
        torn = _torn(shown_as, len(raws) + 1)
        last = _read_line(tail, len(raws) + 1, decoder)
        if last.value is not None:
            lines.append(last)
    return Content(
        file=shown_as,
        lines=tuple(lines),
        bad_header=None if has_header else _bad_header(shown_as, header, data),
        torn=torn,
    )


def read_lines(raws: Iterable[bytes], first: int, *, shown_as: str, decoder: msgspec.json.Decoder[T]) -> Content[T]:
    """Read lines of a file behind its header; ``first`` is the number of the first one."""
    return Content(
        file=shown_as,
        lines=tuple(
            _read_line(raw, number, decoder)
            for number, raw in enumerate(raws, first)
            if raw and not raw.startswith(b"#")
        ),
    )


def _read_line(raw: bytes, number: int, decoder: msgspec.json.Decoder[T]) -> Line[T]:
    try:
        return Line(number=number, raw=raw, value=decode_line(raw, decoder))
    except ValueError as err:
        return Line(number=number, raw=raw, error=f"not a line of this file: {err}")


def _torn(file: str, line: int) -> Problem:
    return Problem(
        file=file,
        line=line,
        message="the file does not end in a newline: a write was cut short here",
        hint="the next write mends it; run zhengban ledger recover",
    )


def _bad_header(file: str, header: bytes, data: bytes) -> Problem:
    found = data[: len(header)].decode(errors="backslashreplace")
    return Problem(
        file=file,
        line=1,
        message=f"the file begins with {found!r} instead of {header.decode()!r}",
        hint="restore its first lines; nothing is appended until then",
    )
