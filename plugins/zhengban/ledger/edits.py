# SPDX-License-Identifier: Apache-2.0
"""Files of the workspace that change together with records: register and policy. Source: DESIGN 6, 8."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from zhengban.model.errors import LedgerError
from zhengban.model.record import FileEdit

from .files import make_directory, replace_file, reported

# What people decide and the ledger never touches by itself.
_FOLDERS = ("inventories/register", "policies")


def edit_of(root: Path, path: str, text: str) -> FileEdit:
    """An edit of a file as it is now.

    Args:
        root: the workspace.
        path: relative to it, below the register or the policies.
    """
    return FileEdit(path=path, before=_hash(_read(root / path)), text=text)


def require_appliable(root: Path, edits: Iterable[FileEdit]) -> None:
    """Check that every file is as an edit found it, or as it will leave it.

    Raises:
        LedgerError: somebody changed one meanwhile, or it is none the ledger may write.
    """
    for edit in edits:
        _find_state(root, edit)


def apply_edits(root: Path, edits: Iterable[FileEdit]) -> None:
    """Write the files; those that are written already stay, so that it may be done again after a crash.

    Raises:
        LedgerError: as :func:`require_appliable`; no file was written.
    """
    edits = tuple(edits)
    waiting = [edit for edit in edits if _find_state(root, edit) == "before"]
    for edit in waiting:
        path = root / edit.path
        make_directory(path.parent)
        replace_file(path, edit.text.encode())


def _find_state(root: Path, edit: FileEdit) -> str:
    place = PurePosixPath(edit.path)
    if ".." in place.parts or not any(place.is_relative_to(folder) for folder in _FOLDERS):
        raise LedgerError(
            f"{edit.path}: not a file of the register or the policies, so it does not change with records"
        )
    there = _hash(_read(root / edit.path))
    if there == _hash(edit.text.encode()):
        return "after"
    if there == edit.before:
        return "before"
    raise LedgerError(
        f"{edit.path}: changed by somebody else while a change to it was under way; make it again on top of theirs, or "
        "restore the file and run: zhengban ledger recover"
    )


def _read(path: Path) -> bytes | None:
    with reported(path, "read the file"):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _hash(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""
