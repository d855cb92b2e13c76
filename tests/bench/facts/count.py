# SPDX-License-Identifier: Apache-2.0
"""Between ssh and a host: counts what passes. ``python count.py FILE COMMAND…`` adds a line ``sent received``."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO


def pump(source: IO[bytes], target: IO[bytes], counts: list[int]) -> None:
    while chunk := source.read1(65536):  # type: ignore[attr-defined]
        counts[0] += len(chunk)
        target.write(chunk)
        target.flush()
    target.close()


def main() -> int:
    path, *command = sys.argv[1:]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    sent, received = [0], [0]
    threading.Thread(target=pump, args=(sys.stdin.buffer, process.stdin, sent), daemon=True).start()
    pump(process.stdout, sys.stdout.buffer, received)
    with Path(path).open("a", encoding="ascii") as file:
        file.write(f"{sent[0]} {received[0]}\n")
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
