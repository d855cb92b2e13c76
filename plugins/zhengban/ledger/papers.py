# SPDX-License-Identifier: Apache-2.0
"""Requests, needs and purchase plans: a chained file for each, in a folder for each kind. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from zhengban.model.paper import NeedEntry, PlanEntry
from zhengban.model.request import RequestEntry

from .chain import Chain
from .reading import Content

PaperKind = Literal["REQ", "NED", "PUR"]
FOLDERS: dict[PaperKind, str] = {"REQ": "requests", "NED": "needs", "PUR": "purchases"}
"""What an id begins with -> the folder of its file."""


class Papers:
    """The files of every kind; what is asked of one by its id goes to its own folder.

    Used like a :class:`Chain` where all of them are read, merged, mended or compared.
    """

    def __init__(self, root: Path) -> None:
        self.requests = Chain(root, folder=FOLDERS["REQ"], key="entries", kind=RequestEntry, owner="request")
        self.needs = Chain(root, folder=FOLDERS["NED"], key="entries", kind=NeedEntry, owner="need")
        self.plans = Chain(root, folder=FOLDERS["PUR"], key="entries", kind=PlanEntry, owner="purchase")

    def of_kind(self, kind: PaperKind) -> Chain[Any]:
        """The files of one kind."""
        chains: dict[PaperKind, Chain[Any]] = {"REQ": self.requests, "NED": self.needs, "PUR": self.plans}
        return chains[kind]

    def path(self, identity: str) -> Path:
        return self._of(identity).path(identity)

    def name(self, identity: str) -> str:
        """The paper's file as messages show it."""
        return self._of(identity).name(identity)

    def writers(self) -> tuple[str, ...]:
        """The ids of all papers, sorted within their kind."""
        return tuple(name for kind in FOLDERS for name in self.of_kind(kind).writers() if kind_of(name) == kind)

    def read(self, identity: str) -> Content[Any]:
        return self._of(identity).read(identity)

    def append(self, identity: str, entries: Iterable[Any], *, at: dt.datetime) -> str:
        """As :meth:`Chain.append`."""
        return self._of(identity).append(identity, entries, at=at)

    def append_lines(self, identity: str, lines: Iterable[bytes], *, at: dt.datetime) -> str:
        """As :meth:`Chain.append_lines`."""
        return self._of(identity).append_lines(identity, lines, at=at)

    def _of(self, identity: str) -> Chain[Any]:
        return self.of_kind(kind_of(identity))


def kind_of(identity: str) -> PaperKind:
    """What a paper is, by its id; requests had any id before there were others."""
    return "NED" if identity.startswith("NED-") else "PUR" if identity.startswith("PUR-") else "REQ"
