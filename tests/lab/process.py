# SPDX-License-Identifier: Apache-2.0
"""Processes by number and start time: a number alone may be another process's by now. Source: proc(5)."""

from pathlib import Path


def process_identity(pid: int) -> str:
    """The process's start time in clock ticks after boot; empty when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def process_is(pid: int, identity: str) -> bool:
    """Whether process ``pid`` still runs and is the one that had ``identity``."""
    return identity != "" and process_identity(pid) == identity
