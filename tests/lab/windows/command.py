# SPDX-License-Identifier: Apache-2.0
"""One command line in a Wine prefix: started, fed, read, ended; with the code page and exit code Windows would give."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import select
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from .template import WINE

PRETENDERS = frozenset(
    (
        *("cacls", "dism", "fsutil", "gpresult", "gpupdate", "icacls", "powershell", "pwsh", "schtasks", "secedit"),
        *("systeminfo", "tasklist", "wevtutil", "where", "wmic", "wusa"),
    )
)
"""Programs that Wine only pretends to have: they exit 0 and do nothing, so what rests on one would prove nothing."""
NOT_RECOGNISED = 9009
_CHUNK = 65536
_PROGRAM = re.compile(r'^\s*(?:"([^"]*)"|(\S+))')


def pretender_of(line: str, *, through_cmd: bool) -> str:
    """The program of a command line that Wine only pretends to have; empty when there is none."""
    parts = re.split(r"[&|]+", line) if through_cmd else [line]
    for part in parts:
        found = _PROGRAM.match(part)
        name = re.split(r"[\\/]", (found.group(1) or found.group(2)) if found else "")[-1].lower().removesuffix(".exe")
        if name in PRETENDERS:
            return name
    return ""


class Command:
    """A running command. Output is recoded from the prefix's OEM code page to the one the client asked for.

    ``drive`` is the prefix's drive_c; ``environment`` that of Wine. What a command leaves running goes on after it.
    """

    def __init__(
        self, line: str, *, drive: Path, environment: Mapping[str, str], through_cmd: bool, oem: str, wanted: str
    ) -> None:
        self.id = str(uuid.uuid4()).upper()
        self.code: int | None = None
        self._news = threading.Condition()
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._oem, self._wanted = oem, wanted
        self._process: subprocess.Popen[bytes] | None = None
        if pretender := pretender_of(line, through_cmd=through_cmd):
            self._output["stderr"] += f"{pretender}: Wine only pretends to have it; refused here\r\n".encode()
            self.code = NOT_RECOGNISED
            return
        self._code_file = drive / "lab" / self.id
        extra = {
            "LAB_LINE": line,
            "LAB_CMD": "1" if through_cmd else "0",
            "LAB_CODE": f"C:\\lab\\{self.id}",
        }
        self._process = subprocess.Popen(
            [*WINE, r"C:\lab\winrshost.exe"],
            env={**environment, **extra},
            cwd=drive / "users",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        threading.Thread(target=self._watch, daemon=True).start()

    def feed(self, data: bytes, *, is_last: bool) -> None:
        """Standard input; what nobody reads any more is dropped."""
        if self._process is None or self._process.stdin is None or self._process.stdin.closed:
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(data)
            self._process.stdin.flush()
            if is_last:
                self._process.stdin.close()

    def receive(self, seconds: float) -> tuple[dict[str, bytes], int | None] | None:
        """Output since the last call and the exit code once all of it is fetched; None after so long without news."""
        with self._news:
            if not self._news.wait_for(lambda: self.code is not None or any(self._output.values()), seconds):
                return None
            output = {name: bytes(data[:_CHUNK]) for name, data in self._output.items()}
            for name, data in output.items():
                del self._output[name][: len(data)]
            return output, None if any(self._output.values()) else self.code

    def end(self) -> None:
        """End it with everything in its job."""
        if self._process is not None:
            self._process.terminate()
            self.feed(b"", is_last=True)

    def _watch(self) -> None:
        assert self._process is not None
        readers = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in self._output]
        for reader in readers:
            reader.start()
        status = self._process.wait()
        for reader in readers:
            reader.join()
        try:
            # The whole 32 bits; without the file it was ended from outside.
            code = int(self._code_file.read_text())
            self._code_file.unlink()
        except (OSError, ValueError):
            code = status
        with self._news:
            self.code = code
            self._news.notify_all()

    def _read(self, name: str) -> None:
        """Read until the process has ended and the pipe is empty; not to the pipe's end, Wine's desktop inherits it."""
        assert self._process is not None
        pipe = getattr(self._process, name)
        decoder = codecs.getincrementaldecoder(self._oem)("replace")
        while True:
            is_over = self._process.poll() is not None
            if not select.select([pipe], [], [], 0 if is_over else 0.02)[0]:
                if is_over:
                    return
                continue
            data = os.read(pipe.fileno(), _CHUNK)
            if not data:
                # Closed early; do not spin until the process ends.
                time.sleep(0.02)
                if is_over:
                    return
                continue
            with self._news:
                self._output[name] += decoder.decode(data).encode(self._wanted, "replace")
                self._news.notify_all()
