# SPDX-License-Identifier: Apache-2.0
"""Many processes, one ledger: no record lost or doubled, every book loads with plain YAML tools."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from tests.unit.ledger.examples import NOW, assert_settled, carry_out, install_intent, read_as_yaml
from zhengban.ledger import Ledger
from zhengban.model.record import Intent

PROCESSES = 8
INTENTS = 25
BOOKS = 5


def intents_of(process: int) -> list[Intent]:
    return [
        install_intent(f"PC-{process}-{number:02}", f"dpkg:软件{number}:amd64", f"COM-{(process + number) % BOOKS:04}")
        for number in range(INTENTS)
    ]


def work(root: Path, process: int) -> None:
    ledger = Ledger(root)
    for intent in intents_of(process):
        carry_out(ledger, intent)
        ledger.append_events([("notice", intent.run, intent.computer, {"process": process})], at=NOW)


def test_eight_processes_write_five_books(tmp_path: Path) -> None:
    root = tmp_path / "ledger"
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=work, args=(root, process)) for process in range(PROCESSES)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        # A reader among the writers never sees anything amiss.
        assert Ledger(root).verify() == ()
        workers[0].join(timeout=0.05)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    assert_settled(root, *(intent for process in range(PROCESSES) for intent in intents_of(process)))
    assert len(Ledger(root).books()) == BOOKS
    rows = []
    for path in sorted((root / "books").iterdir()):
        document = read_as_yaml(path)
        assert isinstance(document, dict)
        rows += document["records"]
    assert len({row["id"] for row in rows}) == len(rows) == PROCESSES * INTENTS
    assert len(Ledger(root).events()) == PROCESSES * INTENTS
    assert len(list((root / "runs").iterdir())) == 1
