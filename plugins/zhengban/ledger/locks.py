# SPDX-License-Identifier: Apache-2.0
"""Locks of the ledger: flock on files that are never removed.

The one order to take them in: workspace, computer, books (sorted), writer. Source: DESIGN 6.
"""

from __future__ import annotations

import fcntl
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zhengban.model.errors import Busy

from .files import reported

# Book and writer locks are held for a few disk writes; somebody who holds one for longer is stopped or stuck.
WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.005
# What a process has open besides locks.
_OTHER_FILES = 256


@contextmanager
def hold(path: Path, *, busy: str) -> Iterator[None]:
    """Hold a lock; refuse at once when somebody else does.

    Raises:
        Busy: with ``busy`` as its reason.
    """
    fd = _try_lock(path)
    if fd is None:
        raise Busy([busy])
    try:
        yield
    finally:
        os.close(fd)


@contextmanager
def wait_for(path: Path, *, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold a lock that others hold only briefly, waiting for it.

    Raises:
        Busy: still held after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while (fd := _try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise Busy([f"{path} has been locked for {seconds:g} s; end the process that holds it and run again"])
        time.sleep(_PAUSE_SECONDS)
    try:
        yield
    finally:
        os.close(fd)


def allow_open_files(count: int) -> None:
    """Let this process hold ``count`` locks at once, as far as the system allows: each is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))


def _try_lock(path: Path) -> int | None:
    with reported(path, "lock the file"):
        while True:
            fd = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as err:
                os.close(fd)
                if isinstance(err, BlockingIOError):
                    return None
                raise
            # A lock on a file that was removed meanwhile (a clean-up of ignored files) locks nobody out.
            with suppress(FileNotFoundError):
                mine, there = os.fstat(fd), path.stat()
                if (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino):
                    return fd
            os.close(fd)
