# SPDX-License-Identifier: Apache-2.0
"""The one lock of this host: whoever holds it may run a transaction or say what became of one."""

import fcntl
import os
import stat


def path_in(state_dir: str) -> str:
    """The lock file of a state directory; it may not exist yet."""
    return os.path.join(state_dir, "lock")


class LockedByAnother(Exception):
    """Another transaction holds the lock; nothing is wrong and nothing was changed."""


class Lock:
    """A context manager over ``<state_dir>/lock``, taken at once or not at all; the file is never removed.

    The directory is made for its owner alone. ``descriptor`` may be inherited: the lock then lasts until the last
    process that has it ends, so that a transaction whose starter was killed still keeps others away.

    Raises:
        LockedByAnother: on entering.
        OSError: the directory cannot be made, or is somebody else's.
    """

    def __init__(self, state_dir: str) -> None:
        self._folder = state_dir
        self.descriptor = -1

    def __enter__(self) -> "Lock":
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        found = os.stat(self._folder)
        if found.st_uid != os.geteuid():
            raise PermissionError(
                "{} belongs to user {}: it must belong to {}".format(self._folder, found.st_uid, os.geteuid())
            )
        if stat.S_IMODE(found.st_mode) != 0o700:
            os.chmod(self._folder, 0o700)
        self.descriptor = os.open(path_in(self._folder), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.descriptor)
            raise LockedByAnother("another transaction is running on this host; try again when it has ended") from None
        return self

    def __exit__(self, *_raised: object) -> None:
        # Closing, not unlocking: a child that inherited the descriptor keeps the lock.
        os.close(self.descriptor)
