# SPDX-License-Identifier: Apache-2.0
"""Files of the workspace that change together with records: register and policy. Source: DESIGN 6, 8."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Literal

from zhengban.model.errors import LedgerError
from zhengban.model.record import FileEdit

from .files import make_directory, replace_file, reported

# What people decide and the ledger never touches by itself.
_FOLDERS = ("inventories/register", "policies")


def edit_of(root: Path, path: str, text: str, *, was: str | None = None) -> FileEdit:
    """An edit of a file as it is now, or as it was when it was read.

    Args:
        root: the workspace.
        path: relative to it, below the register or the policies.
        was: the text the edit was made from: what anybody else writes there meanwhile refuses it.
    """
    return FileEdit(path=path, before=_hash(_read(root / path) if was is None else was.encode()), text=text)


def edit_of_row(path: str, row: str, text: str) -> FileEdit:
    """An edit of one row, the lines of an item of a list; whoever changes other rows meanwhile is in nobody's way."""
    return FileEdit(path=path, before=_hash(row.encode()), text=text, part=row)


def require_appliable(root: Path, edits: Iterable[FileEdit]) -> None:
    """Check that every file is as an edit found it, or as it will leave it, and can be written.

    Raises:
        LedgerError: somebody changed one meanwhile, or it is none the ledger may write.
    """
    for edit in edits:
        if _find_state(root, edit) == "before":
            _require_writable(root, edit.path)


def apply_edits(root: Path, edits: Iterable[FileEdit]) -> None:
    """Write the files, each once; what is written already stays, so that it may be done again after a crash.

    Raises:
        LedgerError: as :func:`require_appliable`; no file was written.
    """
    edits = tuple(edits)
    waiting = [edit for edit in edits if _find_state(root, edit) == "before"]
    texts: dict[str, bytes] = {}
    for edit in waiting:
        if edit.part:
            there = texts.get(edit.path) or _read(root / edit.path) or b""
            at, row = _place_of(there, edit.part), edit.part.encode()
            texts[edit.path] = there[:at] + edit.text.encode() + there[at + len(row) :]
        else:
            texts[edit.path] = edit.text.encode()
    for name, text in texts.items():
        # Where a link of theirs leads to, people keep the file.
        path = (root / name).resolve()
        make_directory(path.parent)
        replace_file(path, text)


def require_not_undone(root: Path, edits: Iterable[FileEdit]) -> None:
    """Check that no file that was written is again as the edit found it; what people wrote on top of it is theirs.

    Raises:
        LedgerError: one is.
    """
    for edit in edits:
        if _compare(_read(root / edit.path), edit) == "before":
            raise LedgerError(
                f"{edit.path}: taken back while a change to it was written (a checkout, a stash or an editor?); bring "
                "it back as it was, then run again: what is missing will be added (zhengban ledger recover)"
            )


def _find_state(root: Path, edit: FileEdit) -> str:
    place = PurePosixPath(edit.path)
    if ".." in place.parts or not any(place.is_relative_to(folder) for folder in _FOLDERS):
        raise LedgerError(
            f"{edit.path}: not a file of the register or the policies, so it does not change with records"
        )
    state = _compare(_read(root / edit.path), edit)
    if state != "neither":
        return state
    raise LedgerError(
        f"{edit.path}: changed by somebody else while a change to it was under way; make it again on top of theirs, or "
        "restore the file and run: zhengban ledger recover"
    )


def _compare(there: bytes | None, edit: FileEdit) -> Literal["after", "before", "neither"]:
    """Whether a file is as an edit leaves it, or as it found it."""
    if edit.part:
        is_after, is_before = (_place_of(there or b"", row) >= 0 for row in (edit.text, edit.part))
    else:
        found = _hash(there)
        is_after, is_before = (found == one for one in (_hash(edit.text.encode()), edit.before))
    return "after" if is_after else "before" if is_before else "neither"


def _place_of(text: bytes, row: str) -> int:
    """Where the lines of a row stand, -1 where they do not: whole lines, with another row or nothing behind them."""
    lines = row.encode()
    at = text.find(lines)
    while at >= 0:
        end = at + len(lines)
        is_whole = (not at or text[at - 1 : at] == b"\n") and (end == len(text) or lines.endswith(b"\n"))
        if is_whole and (end == len(text) or text[end : text.find(b"\n", end)].lstrip(b" ").startswith(b"-")):
            return at
        at = text.find(lines, at + 1)
    return -1


def _require_writable(root: Path, path: str) -> None:
    """A file that is marked read-only stays as it is, though its folder would let us replace it; also for root."""
    with suppress(FileNotFoundError):
        if not (root / path).stat().st_mode & 0o222:
            raise LedgerError(f"{path}: is marked read-only; if it may change, make it writable and run again")
        for place in (root / path, (root / path).resolve().parent):
            if not os.access(place, os.W_OK):
                code = errno.EROFS if os.statvfs(place).f_flag & os.ST_RDONLY else errno.EACCES
                with reported(place, "write there"):
                    raise OSError(code, os.strerror(code))


def _read(path: Path) -> bytes | None:
    with reported(path, "read the file"):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _hash(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""
