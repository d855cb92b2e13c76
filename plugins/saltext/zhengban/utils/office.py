# SPDX-License-Identifier: Apache-2.0
"""The workspace of a master's configuration, as runner and engine use it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import salt.utils.event
import salt.utils.minions

from zhengban.remote.access import AccessFile, read_access
from zhengban.run.threads import prepare_for_threads
from zhengban.run.workspace import Workspace, stamp_of

from .fleet import Fleet
from .minions import Minions
from .settings import Settings, read_settings
from .ways import Ways

log = logging.getLogger(__name__)

PROGRESS_TAG = "zhengban/progress"
# So many steps of progress a run says, however long it is.
_STEPS = 20


class Office:
    """One workspace, its minions, and its Windows computers without one.

    Args:
        workspace: another directory than the configured one.
        wait_seconds: see :class:`Fleet`.

    Raises:
        InputError: the configuration or the directory is wrong.
    """

    def __init__(self, opts: Mapping[str, Any], *, workspace: str | None = None, wait_seconds: float = 0) -> None:
        # A runner started by the reactor is one thread of the master's among others, and so is the engine's worker.
        prepare_for_threads()
        self._opts = opts
        self._wait_seconds = wait_seconds
        self.settings: Settings = read_settings(opts)
        self.workspace = Workspace(Path(workspace or self.settings.workspace))

    def fleet(self) -> Fleet:
        return Fleet(
            self.workspace,
            Ways(
                Minions(self._opts, timeout_seconds=self.settings.timeout_seconds),
                lambda: self._access,
                self.workspace.root,
            ),
            batch=self.settings.batch,
            wait_seconds=self._wait_seconds,
            progress=self._say,
        )

    def accepted(self) -> frozenset[str]:
        """Ids of the minions whose keys were accepted; that says nothing about adoption."""
        found = salt.utils.minions.CkMinions(self._opts).check_minions("*")
        return frozenset(found["minions"])

    def over_winrm(self) -> frozenset[str]:
        """Numbers of the computers that the file ``winrm`` of the configuration names.

        Raises:
            InputError: it cannot be read, or others may read it.
        """
        return frozenset(self._access.numbers if self._access is not None else ())

    @cached_property
    def _access(self) -> AccessFile | None:
        return read_access(Path(self.settings.winrm)) if self.settings.winrm else None

    def _say(self, what: str, done: int, whole: int) -> None:
        """Progress on the master's event bus: standard output belongs to the answer."""
        if done == whole or done % max(1, whole // _STEPS) == 0:
            log.info("zhengban: %s: %d of %d", what, done, whole)
            with salt.utils.event.get_master_event(self._opts, self._opts["sock_dir"], listen=False) as event:
                event.fire_event({"what": what, "done": done, "of": whole}, PROGRESS_TAG)


class OfficeDoor:
    """Opens one office again and again, loading policy and register only when a file of them has changed."""

    def __init__(self, opts: Mapping[str, Any], *, wait_seconds: float) -> None:
        self._opts = opts
        self._wait_seconds = wait_seconds
        self._last: tuple[object, Office] | None = None

    def open(self) -> Office:
        """The office as it is now. Raises as :class:`Office`."""
        office = Office(self._opts, wait_seconds=self._wait_seconds)
        stamp = stamp_of(office.workspace.root)
        if self._last is None or self._last[0] != stamp:
            self._last = stamp, office
        return self._last[1]
