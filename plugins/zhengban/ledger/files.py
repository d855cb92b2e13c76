# SPDX-License-Identifier: Apache-2.0
"""Writing that survives a crash: files and folders that are there whole or not at all. Source: DESIGN 6."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zhengban.model.errors import LedgerError

_HINTS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of the quota",
    errno.EROFS: "make the file system writable",
    errno.EACCES: "give this user the right to write there",
    errno.EPERM: "give this user the right to write there",
}


@contextmanager
def reported(path: Path, doing: str) -> Iterator[None]:
    """Turn an error of the operating system into a :class:`LedgerError`: where, what and what to do."""
    try:
        yield
    except OSError as err:
        hint = _HINTS.get(err.errno or 0, "look at the file and the disk")
        if err.errno in (errno.EACCES, errno.EPERM) and doing.startswith(("read", "list")):
            hint = "give this user the right to read it"
        raise LedgerError(f"{path}: cannot {doing}: {err.strerror or err}; {hint} and run again") from err


def names_in(folder: Path, suffix: str) -> list[str]:
    """The names in a folder that end in ``suffix``, sorted and without it; none when there is no such folder.

    Raises:
        LedgerError: the folder cannot be listed. ``Path.glob`` would find nothing in it.
    """
    with reported(folder, "list the directory"):
        try:
            with os.scandir(folder) as found:
                return sorted(item.name.removesuffix(suffix) for item in found if item.name.endswith(suffix))
        except FileNotFoundError:
            return []


def sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def make_directory(path: Path) -> None:
    """Make a directory and its parents where missing, and put the new names on disk."""
    with reported(path, "make the directory"):
        missing = [place for place in (path, *path.parents) if not place.is_dir()]
        for place in reversed(missing):
            place.mkdir(exist_ok=True)
            sync_directory(place.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` so that a crash leaves the old file or the new one, never a part.

    The temporary name is fixed: the caller holds the lock that makes it the only writer of ``path``. Its mode and, as
    far as we may, its owner are those of the file that was there.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with reported(path, "write the file"):
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            _keep_access(fd, path)
            write_all(fd, data)
            os.fsync(fd)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        finally:
            os.close(fd)
        temporary.rename(path)
        sync_directory(path.parent)


def _keep_access(fd: int, path: Path) -> None:
    try:
        there = path.stat()
    except FileNotFoundError:
        return
    with suppress(PermissionError):
        os.fchown(fd, there.st_uid, there.st_gid)
    os.fchmod(fd, there.st_mode & 0o7777)


def remove_file(path: Path) -> None:
    """Remove a file that may be gone already, and put its absence on disk."""
    with reported(path, "remove the file"):
        path.unlink(missing_ok=True)
        sync_directory(path.parent)
