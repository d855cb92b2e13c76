# SPDX-License-Identifier: Apache-2.0
"""A Windows computer asked over connections of our own, for front ends that have none. Source: DESIGN 9."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zhengban.guard.windows import WindowsGuard
from zhengban.model.facts import Identity
from zhengban.windows.guarding import GuardChange
from zhengban.windows.host import WindowsHost

from .access import Access
from .connect import winrm_shell


class HostOverWinRM:
    """One computer; each question opens a connection and closes it, so that none has to be kept between them.

    Args:
        workspace: where the policy's files lie.
        now: the controller's clock.

    Every question raises :class:`Unreachable` when there is no connection, else as :class:`WindowsHost`.
    """

    def __init__(self, access: Access, workspace: Path, *, now: Callable[[], dt.datetime]) -> None:
        self._access = access
        self._workspace = workspace
        self._now = now

    def software_info(self, known_digest: str, outside: Mapping[str, Any] | None = None) -> dict[str, Any]:
        with self._opened() as host:
            return host.software_info(known_digest, outside)

    def simulate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._opened() as host:
            return host.simulate(request)

    def apply(self, order: Mapping[str, Any]) -> dict[str, Any]:
        with self._opened() as host:
            return host.apply(order)

    def settle(self, intent: str) -> dict[str, Any]:
        with self._opened() as host:
            return host.settle(intent)

    def guard(
        self, guard: WindowsGuard | None, identity: Identity, *, check: bool
    ) -> tuple[GuardChange, dict[str, str]]:
        with self._opened() as host:
            return host.guard(guard, identity, check=check)

    @contextmanager
    def _opened(self) -> Iterator[WindowsHost]:
        with winrm_shell(self._access) as shell:
            yield WindowsHost(shell, self._workspace, now=self._now)
