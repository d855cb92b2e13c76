# SPDX-License-Identifier: Apache-2.0
"""Break-glass: for some minutes the guard only records. The deadline survives reboots and a changed clock.

Two clocks are asked and the stricter one decides: the wall clock, and the seconds since the machine started. Source:
DESIGN 10.
"""

import json
import os
from typing import Any, Dict

from .guard_ticket import read_uptime

FILE = "guard-open.json"
MAX_MINUTES = 24 * 60
_KEYS = {"minutes": int, "reason": str, "who": str, "at": float, "uptime": float, "boot": str}


def open_guard(minutes: int, reason: str, who: str, state_dir: str, now: float) -> Dict[str, Any]:
    """Open it from now on; an earlier opening is replaced. Returns what was written. Raises OSError."""
    entry = {
        "minutes": minutes,
        "reason": reason,
        "who": who,
        "at": float(now),
        "uptime": read_uptime(),
        "boot": _boot_id(),
    }
    path = os.path.join(state_dir, FILE)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(json.dumps(entry).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
    return entry


def close_guard(state_dir: str) -> None:
    """End an opening now; without one nothing happens. Raises OSError."""
    try:
        os.unlink(os.path.join(state_dir, FILE))
    except FileNotFoundError:
        pass


def read_opening(state_dir: str, now: float) -> Dict[str, Any]:
    """The opening that still runs with its ``seconds_left``, else ``{}``; one that cannot be read is none."""
    try:
        with open(os.path.join(state_dir, FILE), "rb") as file:
            entry = json.loads(file.read().decode("ascii"))
    except (OSError, ValueError):
        return {}
    if not isinstance(entry, dict) or any(entry.get(key).__class__ is not kind for key, kind in _KEYS.items()):
        return {}
    left = seconds_left(entry, now, read_uptime(), _boot_id())
    return dict(entry, seconds_left=left) if left > 0 else {}


def seconds_left(entry: Dict[str, Any], now: float, uptime: float, boot: str) -> float:
    """How long an opening still runs; nothing or less when it has ended.

    Args:
        entry: as :func:`open_guard` wrote it.
        now: seconds UTC by the wall clock.
        uptime: seconds since the machine started.
        boot: which start of the machine that was.
    """
    length = min(entry["minutes"], MAX_MINUTES) * 60
    by_wall = entry["at"] + length - now
    if boot == entry["boot"]:
        return min(by_wall, entry["uptime"] + length - uptime)
    # Since another start: at least this start's seconds have passed, and a clock before the opening was turned back.
    return min(by_wall, length - uptime) if now >= entry["at"] else 0.0


def _boot_id() -> str:
    with open("/proc/sys/kernel/random/boot_id", "rb") as file:
        return file.read().decode("ascii").strip()
