# SPDX-License-Identifier: Apache-2.0
"""What is measured, each in a process of its own: the peak of its memory is that of nothing else."""

from __future__ import annotations

import datetime as dt
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from zhengban.derive.detail import derive_detail
from zhengban.derive.summary import derive_summary
from zhengban.ledger import Ledger
from zhengban.ledger.books import Books
from zhengban.ledger.lines import encode_json, encode_line
from zhengban.model.record import Record

from .office import SEED, Office

TODAY = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
APPENDS = 300


def write(records: int, root: Path) -> None:
    """Make the ledger that is measured."""
    Office(records).write(root)


def derive(records: int, root: Path) -> dict[str, Any]:
    """Load the ledger and derive forms 7 and 8 from it."""
    office = Office(records)
    before = _peak()
    started = time.process_time()
    standing = Ledger(root).standing()
    loaded = time.process_time()
    summary = derive_summary(office.policy, office.register, standing, as_of=TODAY)
    detail = derive_detail(office.policy, office.register, standing, as_of=TODAY)
    derived = time.process_time()
    return {
        "loading": loaded - started,
        "deriving": derived - loaded,
        "seconds": derived - started,
        "rows": len(summary.software) + len(detail.installs),
        "before": before,
        "peak": _peak(),
    }


def remember(records: int, root: Path) -> dict[str, Any]:
    """Read everything a task asks for, first whole, then once more with nothing new."""
    ledger = Ledger(root)
    times = []
    for _turn in range(2):
        started = time.process_time()
        ledger.history(now=AT, window_hours=24, armed_dir=root / "none")
        times.append(time.process_time() - started)
    return {"records": records, "first": times[0], "again": times[1], "peak": _peak()}


def parse(records: int, root: Path) -> dict[str, Any]:
    """Load the same files with PyYAML's C loader: the books alone, and the commit lines, which say their order."""
    seconds = {}
    for folder in ("books", "runs"):
        seconds[folder] = 0.0
        for path in sorted((root / folder).iterdir()):
            content = path.read_bytes()
            started = time.process_time()
            yaml.load(content, Loader=yaml.CSafeLoader)
            seconds[folder] += time.process_time() - started
    return {"records": records, **seconds}


def append(records: int) -> dict[str, Any]:
    """The median time of an append, flush to the disk included, to a book of 1,000 and to one of ``records``, in
    turns.
    """
    with tempfile.TemporaryDirectory() as folder:
        books = {size: _make_book(Path(folder) / str(size), size) for size in (1_000, records)}
        taken: dict[int, list[float]] = {size: [] for size in books}
        for turn in range(APPENDS):
            # Whoever comes second finds the disk warm.
            for size in sorted(books, reverse=bool(turn % 2)):
                line = encode_line(_record(turn))
                started = time.perf_counter()
                books[size].append("COM-0001", [line], at=AT)
                taken[size].append(time.perf_counter() - started)
    return {
        "records": records,
        "small": statistics.median(taken[1_000]),
        "big": statistics.median(taken[records]),
    }


def _make_book(root: Path, size: int) -> Books:
    books = Books(root)
    path = books.path("COM-0001")
    path.parent.mkdir(parents=True)
    line = encode_line(_record(SEED)) + b"\n"
    with path.open("wb") as stream:
        stream.write(b"number: " + encode_json("COM-0001") + b"\nrecords:\n")
        for _block in range(size // 1_000):
            stream.write(line * 1_000)
    return books


def _record(index: int) -> Record:
    run = "20261123T093000Z-a3f0c1"
    return Record(
        id=f"{run}/PC-00001/{index}",
        action="install",
        computer="PC-00001",
        package="dpkg:commercial-01:amd64",
        brand="Lenovo",
        user="张三",
        user_id="E00001",
        department="财务处",
        version="11.1.0.11719",
        date=TODAY,
        quantity=1,
        cause="deployment",
        evidence="verified",
        run=run,
        by="ops@controller",
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
