# SPDX-License-Identifier: Apache-2.0
"""Append to small and big books, and load a made-up ledger of a million records and derive forms 7 and 8 from it, next
to PyYAML's C loader reading the same kind of files.

Run as ``python -m tests.bench.ledger``; exit 1 when a goal is missed. Times are of the processor, but appends are of
the clock. ``ZHENGBAN_BENCH_RECORDS`` makes it small; goals count at the full size only. Source: DESIGN 12.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import measure

RECORDS = 1_000_000
PARSED = (25_000, 50_000, 100_000)
GOAL_RATIO = 50.0
"""How much longer PyYAML takes for the same files, by the largest that it was measured with."""
GOAL_APPEND = 1.5
"""How much longer an append to the big book may take; the disk's flush, which is most of it, varies as much."""


def main() -> int:
    if len(sys.argv) > 1:
        what, records, *place = sys.argv[1:]
        print(json.dumps(getattr(measure, what)(int(records), *map(Path, place))))
        return 0
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    records = int(os.environ.get("ZHENGBAN_BENCH_RECORDS", RECORDS))
    print(f"one core of {_processor()}, Python {platform.python_version()}", flush=True)
    return _report(records)


def _report(records: int) -> int:
    appended = _in_a_process("append", records)
    growth = appended["big"] / appended["small"]
    print(
        f"append to a book of 1,000 records: {appended['small'] * 1e3:.2f} ms, of {records:,}:"
        f" {appended['big'] * 1e3:.2f} ms (medians of {measure.APPENDS}), {growth:.2f} times as long",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        root = _write(Path(folder), records)
        derived = _in_a_process("derive", records, root)
        remembered = _in_a_process("remember", records, root)
    print(
        f"{records:>9,} records: load {derived['loading']:.2f} s, derive forms 7 and 8 {derived['deriving']:.2f} s"
        f" ({derived['rows']:,} rows): {derived['seconds'] * 1e6 / records:.2f} us a record; peak memory"
        f" {derived['peak']} MB, {derived['before']} MB of it before"
    )
    print(
        f"          what a task of a run asks for: {remembered['first']:.2f} s, once more in the same process"
        f" {remembered['again'] * 1e3:.0f} ms; peak memory {remembered['peak']} MB"
    )
    both = 0.0
    for size in (size for size in PARSED if size <= records) if records >= PARSED[0] else (records,):
        with tempfile.TemporaryDirectory() as folder:
            parsed = _in_a_process("parse", size, _write(Path(folder), size))
        books, each = parsed["books"], (parsed["books"] + parsed["runs"]) / size
        # PyYAML takes more for each record the more there are: in line from the largest is still too little for it.
        alone, both = books / size * records / derived["seconds"], each * records / derived["seconds"]
        print(
            f"{size:>9,} records, PyYAML's C loader: books {books:.2f} s ({books * 1e6 / size:.0f} us a record), commit"
            f" lines {parsed['runs']:.2f} s; extrapolated in line to {records:,}: {books / size * records:.0f} s and"
            f" {each * records:.0f} s; {both:.1f} times as long for the files that were loaded, {alone:.1f} times for"
            " the books alone, which do not say their order",
            flush=True,
        )
    missed = [
        text
        for text, is_missed in (
            (f"less than {GOAL_RATIO:.0f} times as fast as PyYAML reading the same files", both < GOAL_RATIO),
            ("an append takes longer in a big book", growth > GOAL_APPEND),
        )
        if is_missed and records >= RECORDS
    ]
    if missed:
        print(f"Missed: {'; '.join(missed)}", file=sys.stderr)
    return bool(missed)


def _write(folder: Path, records: int) -> Path:
    # A process counts the memory of the one that started it as its own: this one stays small.
    _in_a_process("write", records, folder / "ledger")
    return folder / "ledger"


def _in_a_process(what: str, records: int, *place: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", __package__, what, str(records), *map(str, place)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    measured: dict[str, Any] = json.loads(answer.stdout)
    return measured


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "an unknown processor")


if __name__ == "__main__":
    sys.exit(main())
