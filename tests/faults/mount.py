# SPDX-License-Identifier: Apache-2.0
"""A small file system of one's own, in a mount namespace that nobody else sees. Needs root."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

_KEEP = 'mount -t tmpfs -o "$2" tmpfs "$1" && echo ready && exec cat'


class PrivateMount:
    """A tmpfs in a namespace of its own, there as long as a keeper process; use it as a context manager.

    Args:
        place: an empty directory; outside of the namespace it stays one.
        options: of the mount, such as ``size=256k``.

    Attributes:
        within: the command prefix that runs a command where the mount is.
        inside: the directory as ``within`` sees it.
        outside: the same directory as everybody else reaches it.
    """

    def __init__(self, place: Path, options: str) -> None:
        place.mkdir()
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", _KEEP, "sh", str(place), options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._keeper.stdout is not None
        if (said := self._keeper.stdout.readline()) != b"ready\n":
            pytest.fail(f"no private mount: {said.decode(errors='replace')} (the fault tests need root)", pytrace=False)
        self.inside = place
        self.outside = Path(f"/proc/{self._keeper.pid}/root") / place.relative_to("/")
        self.within = ("nsenter", "-t", str(self._keeper.pid), "-m", "--")

    def remount(self, options: str) -> bool:
        """Change its options; False while a file is open for writing there."""
        command = [*self.within, "mount", "-o", f"remount,{options}", str(self.inside)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0 or "busy" in done.stderr, done.stderr
        return done.returncode == 0

    def close(self) -> None:
        """Let the keeper end; the mount goes with it."""
        self._keeper.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def filled(mount: PrivateMount, *, left: int) -> Iterator[None]:
    """Fill the file system inside the block, all but ``left`` pages; afterwards the space is free again."""
    filler = mount.outside / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(4096))
                except OSError:
                    break
            file.truncate(max(0, file.tell() // 4096 - left) * 4096)
        yield
    finally:
        filler.unlink()
