# SPDX-License-Identifier: Apache-2.0
"""The spool of attempts: who tried what, for root alone and never larger than agreed. Source: DESIGN 10.

One JSON object of texts a line. The next facts run takes them to the ledger; ``id`` tells one it has already.
"""

import fcntl
import json
import os
import time
from typing import Any, Dict, Iterable, List

FILE = "attempts.jsonl"
MAX_BYTES = 256 * 1024
_MAX_TEXT = 1000


def record_attempt(state_dir: str, fields: Dict[str, str], now: float) -> str:
    """Add an attempt, the oldest ones making room; returns why that was not possible, or an empty text.

    ``at`` and ``id`` are added. Whoever calls has decided already: nothing depends on the disk.
    """
    entry = {key: printable(value) for key, value in fields.items()}
    entry.update(at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)), id=os.urandom(8).hex())
    line = json.dumps(entry, sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n"
    path = os.path.join(state_dir, FILE)
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            content = file.read()
            # A torn last line was never whole.
            content = content[: content.rfind(b"\n") + 1]
            if len(content) + len(line) > MAX_BYTES:
                half = content[-MAX_BYTES // 2 :]
                content = half[half.find(b"\n") + 1 :]
                file.seek(0)
                file.write(content)
            file.seek(len(content))
            file.write(line)
            file.truncate()
    except OSError as err:
        return "{}: {}".format(path, err.strerror)
    return ""


def read_attempts(state_dir: str) -> List[Dict[str, str]]:
    """The attempts, oldest first; a line that this module would not write is left out, and so is what is too much."""
    try:
        with open(os.path.join(state_dir, FILE), "rb") as file:
            lines = file.read()[-MAX_BYTES:].split(b"\n")[:-1]
    except OSError:
        return []
    return [entry for entry in map(_entry, lines) if entry]


def printable(text: str) -> str:
    r"""Text of any origin for people to read: control characters and broken bytes as ``\xNN``, cut when too long."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return shown if len(shown) <= _MAX_TEXT else shown[: _MAX_TEXT - 1] + "…"


def command_line(pid: int) -> str:
    """The command line of a process, empty when it is gone."""
    try:
        with open("/proc/{}/cmdline".format(pid), "rb") as file:
            return b" ".join(file.read().split(b"\0")).decode("utf-8", "backslashreplace").strip()
    except OSError:
        return ""


def login_uid() -> str:
    """The user who logged in, whoever it is now; empty when nobody did (a service)."""
    try:
        with open("/proc/self/loginuid", "rb") as file:
            number = file.read().decode("ascii").strip()
    except OSError:
        return ""
    return "" if number == "4294967295" else number


def _entry(line: bytes) -> Dict[str, str]:
    try:
        entry: Any = json.loads(line.decode("ascii"))
    except ValueError:
        return {}
    texts: Iterable[Any] = entry.values() if isinstance(entry, dict) else (None,)
    return entry if all(isinstance(text, str) and len(text) <= _MAX_TEXT for text in texts) else {}
