# SPDX-License-Identifier: Apache-2.0
"""What a run took away or upgraded, to be put back. Source: DESIGN 5."""

from __future__ import annotations

import msgspec

from .cause import RESTORE


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A package that left or gave way: ``package`` was there in ``version``, in the book ``number``.

    ``now`` is what came in its place with its version ``now_version``; both are empty where it only left.
    """

    package: str
    version: str
    number: str
    now: str = ""
    now_version: str = ""


class Restoration(msgspec.Struct, frozen=True, kw_only=True):
    """What a run took on one computer, in the order it did."""

    run: str
    taken: tuple[Taken, ...] = ()

    @property
    def cause(self) -> str:
        """The cause of the records."""
        return f"{RESTORE}{self.run}"
