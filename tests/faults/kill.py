# SPDX-License-Identifier: Apache-2.0
"""Where a signal is to land, sending it, and finding out where it did land."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Scope = Literal["parent", "group", "everyone"]

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SCOPES: tuple[Scope, ...] = ("parent", "group", "everyone")
TOKEN = "ZHENGBAN_FAULT_TOKEN"


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One kill. ``aim`` is a phase to wait for, or ``any``: ``delay`` alone decides, in seconds."""

    aim: str
    delay: float
    how: signal.Signals
    scope: Scope

    def __str__(self) -> str:
        return f"{self.how.name} to {self.scope}, {self.delay * 1000:.0f} ms after {self.aim}"


def draw_kills(
    chance: random.Random, aims: tuple[str, ...], *, seconds: float, scopes: tuple[Scope, ...] = SCOPES
) -> Iterator[Kill]:
    """Kills without end: every second one anywhere in ``seconds``, the others shortly after each aim in turn."""
    while True:
        for aim in aims:
            yield _draw(chance, "any", seconds, scopes)
            # Some at once: what follows a phase may be over in a millisecond.
            yield _draw(chance, aim, chance.choice((0.0, 0.05)), scopes)


def _draw(chance: random.Random, aim: str, seconds: float, scopes: tuple[Scope, ...]) -> Kill:
    delay = chance.uniform(0, seconds)
    return Kill(aim=aim, delay=delay, how=chance.choice(SIGNALS), scope=chance.choice(scopes))


def processes_of(token: str, *, program: bytes = b"") -> list[int]:
    """The processes that carry a token in their environment, whoever their parent is by now.

    Args:
        program: only those with this in their command line.
    """
    needle = f"{TOKEN}={token}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if needle in place.joinpath("environ").read_bytes().split(b"\0") and (
                program in place.joinpath("cmdline").read_bytes()
            ):
                found.append(int(place.name))
    return found


def send(kill: Kill, parent: int, token: str) -> None:
    """Send the signal; a process that is gone already is no error."""
    targets = processes_of(token) if kill.scope == "everyone" else []
    with contextlib.suppress(ProcessLookupError):
        if kill.scope == "group":
            os.killpg(parent, kill.how)
        else:
            os.kill(parent, kill.how)
    for pid in targets:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, kill.how)


def wait_until(happened: Callable[[], bool], *, seconds: float, what: str, pause: float = 0.002) -> None:
    """Wait for something, failing when it does not happen in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{what}: it did not happen in {seconds:g} s"
        time.sleep(pause)
