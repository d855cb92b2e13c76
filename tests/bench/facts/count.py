# SPDX-License-Identifier: Apache-2.0
"""Between ssh and a host: counts what passes. ``python count.py FILE COMMAND…`` adds a line ``sent received``."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path


def pump(source: int, target: int, counts: list[int]) -> None:
    with contextlib.suppress(BrokenPipeError):
        while chunk := os.read(source, 65536):
            counts[0] += len(chunk)
            os.write(target, chunk)
    os.close(target)


def main() -> int:
    path, *command = sys.argv[1:]
    sent, received = [0], [0]

    def note(*_: object) -> None:
        with Path(path).open("a", encoding="ascii") as file:
            file.write(f"{sent[0]} {received[0]}\n")
        os._exit(0)

    # ssh ends what stands between it and the host, once it has what it wants.
    signal.signal(signal.SIGHUP, note)
    signal.signal(signal.SIGTERM, note)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    threading.Thread(target=pump, args=(0, process.stdin.fileno(), sent), daemon=True).start()
    pump(process.stdout.fileno(), 1, received)
    note()
    return 0


if __name__ == "__main__":
    sys.exit(main())
