# SPDX-License-Identifier: Apache-2.0
"""What a crash or a hand can leave at the end of a file, and what the next append makes of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.ledger.examples import NOW
from zhengban.ledger.linefile import open_lines, require_appendable
from zhengban.model.errors import LedgerError

HEADER = b'number: "X"\nrecords:\n'


def is_whole(line: bytes) -> bool:
    return line.endswith(b"}")


def append(path: Path, *lines: bytes) -> str:
    with open_lines(path, header=HEADER, is_whole=is_whole, at=NOW) as file:
        file.append(lines)
    return file.set_aside


@pytest.mark.parametrize("before", [None, b"", HEADER[:5], HEADER[:-1], HEADER])
def test_header_is_written_once(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "X.yml"
    if before is not None:
        path.write_bytes(before)
    assert append(path, b"- {1}") == ""
    assert append(path, b"- {2}", b"- {3}") == ""
    assert path.read_bytes() == HEADER + b"- {1}\n- {2}\n- {3}\n"


def test_torn_line_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "X.yml"
    path.write_bytes(HEADER + b'- {1}\n- {"half')
    assert append(path, b"- {2}") == "X.yml.torn-20261123T093000Z"
    assert path.read_bytes() == HEADER + b"- {1}\n- {2}\n"
    assert (tmp_path / "X.yml.torn-20261123T093000Z").read_bytes() == b'- {"half'


def test_second_torn_line_of_a_second_has_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "X.yml"
    for tail in (b"- a", b"- b"):
        path.write_bytes(HEADER + tail)
        append(path)
    assert (tmp_path / "X.yml.torn-20261123T093000Z").read_bytes() == b"- a"
    assert (tmp_path / "X.yml.torn-20261123T093000Z-1").read_bytes() == b"- b"


def test_line_that_lacks_only_its_newline_counts(tmp_path: Path) -> None:
    """An editor that strips the last newline must not cost a record."""
    path = tmp_path / "X.yml"
    path.write_bytes(HEADER + b"- {1}")
    assert append(path) == ""
    assert path.read_bytes() == HEADER + b"- {1}\n"


def test_foreign_header_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "X.yml"
    path.write_bytes(b'number: "Y"\nrecords:\n- {1}\n')
    for attempt in (lambda: append(path, b"- {2}"), lambda: require_appendable(path, HEADER, is_whole)):
        with pytest.raises(LedgerError, match=r'X\.yml:1: the file begins with b\'number: "Y"'):
            attempt()
    assert path.read_bytes() == b'number: "Y"\nrecords:\n- {1}\n'


def test_last_line_needs_only_the_end(tmp_path: Path) -> None:
    path = tmp_path / "X.yml"
    assert require_appendable(path, HEADER, is_whole) == b""
    path.write_bytes(HEADER)
    assert require_appendable(path, HEADER, is_whole) == b""
    path.write_bytes(HEADER + b"- {1}\n- " + b"x" * 200_000 + b"\n")
    assert require_appendable(path, HEADER, is_whole) == b"- " + b"x" * 200_000
    path.write_bytes(HEADER + b"- {1}\n- half")
    assert require_appendable(path, HEADER, is_whole) == b"- {1}"


def _full_disk(write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    calls = 0

    def half_then_full(fd: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data[: len(data) // 2])

    return half_then_full


def test_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "X.yml"
    append(path, b"- {1}")
    monkeypatch.setattr(os, "write", _full_disk(os.write))
    with pytest.raises(LedgerError, match=r"X\.yml: cannot append to the file: No space left.*free some space"):
        append(path, b"- {2}")
    monkeypatch.undo()
    assert path.read_bytes() == HEADER + b"- {1}\n"


def test_file_replaced_while_it_was_written(tmp_path: Path) -> None:
    """A checkout puts another file in place: the lines went into one that nobody reads any more."""
    path = tmp_path / "X.yml"
    append(path, b"- {1}")
    with open_lines(path, header=HEADER, is_whole=is_whole, at=NOW) as file:
        other = tmp_path / "other"
        other.write_bytes(HEADER)
        other.rename(path)
        with pytest.raises(LedgerError, match="replaced by another program"):
            file.append([b"- {2}"])
