# SPDX-License-Identifier: Apache-2.0
"""How far this workspace has written its own chains: notes beside them that git does not take back.

``git checkout``, ``git stash`` and a restored copy replace the ledger by an older one. Writing on there would fork the
chain, judge limits and seats by a past that is over, and keep the newer lines from ever coming back. Source: DESIGN 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from .files import reported

FOLDER = ".heads"

WAY_BACK = (
    "a checkout, a stash or an old copy has taken lines back: bring them back (git checkout, git stash pop, zhengban "
    "ledger merge with a copy that has them), then run zhengban ledger recover. Only if they are to be gone for good, "
    "remove ledger/.writer: this copy then goes on under another id"
)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last line written: its place in the chain from 1, its SHA-256."""

    seq: int
    sha256: str

    def what_is_missing(self, seq: int, sha256: str) -> str:
        """What is wrong with a chain that ends with this line, empty when nothing is; ahead of the note is right."""
        if seq > self.seq or (seq, sha256) == (self.seq, self.sha256):
            return ""
        if seq == self.seq:
            return f"its line of seq {seq} is not the one this workspace wrote"
        return f"it ends at seq {seq}, and this workspace has written it up to seq {self.seq}"


_DECODER = msgspec.json.Decoder(Head)


class Heads:
    """The notes on the chains of one kind; writing needs the writer lock, held by the caller.

    Args:
        root: the ledger.
        kind: the folder of the chains.
    """

    def __init__(self, root: Path, kind: str) -> None:
        self._folder = root / FOLDER
        self._kind = kind

    def read(self, writer: str) -> Head | None:
        """The note on a writer's chain; ``None`` where nothing is known: it is another workspace's, or the machine died
        before the note was on disk.
        """
        path = self._path(writer)
        with reported(path, "read the file"):
            try:
                return _DECODER.decode(path.read_bytes())
            except (FileNotFoundError, msgspec.DecodeError):
                return None

    @contextmanager
    def noting(self, writer: str, head: Head) -> Iterator[None]:
        """Note a line once it is on disk, which it is when the body ends well.

        Not flushed: a note that is older than its chain is right too. Written before, and only renamed after the body:
        a full disk refuses before a line is there.
        """
        path = self._path(writer)
        new = path.with_name(f".{path.name}.tmp")
        with reported(new, "write the file"):
            self._folder.mkdir(exist_ok=True)
            new.write_bytes(msgspec.json.encode(head))
        yield
        with reported(path, "write the file"):
            new.replace(path)

    def _path(self, writer: str) -> Path:
        return self._folder / f"{self._kind}-{writer}.json"
