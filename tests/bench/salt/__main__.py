# SPDX-License-Identifier: Apache-2.0
"""Salt measured: from a user's ``dpkg -i`` to the record, bursts of events, and audits of many minions.

Run as ``python -m tests.bench.salt``, as root; exit 1 when a goal is missed. Source: DESIGN 9, 12.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.lab import LabUnavailable
from tests.lab.salt_office import ENGINE, REACTOR, SaltOffice, open_office

NUMBERS = ("PC-0001", "PC-0002", "PC-0003", "PC-0004", "SRV-0001")
GOAL_SECONDS = 5.0
GOAL_GROWTH = 1.5
"""How much more a minion may cost when there are four times as many."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.salt", description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--events", type=int, default=3000, help="in the burst for the engine")
    parser.add_argument("--reactor-events", type=int, default=100, help="in the burst for the reactor")
    parser.add_argument("--computers", type=int, default=2000, help="whose replies are made up")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        from .replies import measure

        print(json.dumps(measure(options.measure)))
        return 0
    missed = [*_replies(options.computers), *_hosts(options)]
    if missed:
        print(f"Missed: {'; '.join(missed)}", file=sys.stderr)
    return bool(missed)


def _replies(computers: int) -> list[str]:
    each = []
    for count in (computers // 4, computers // 2, computers):
        # A process of its own: the peak of its memory is that of nothing else.
        command = [sys.executable, "-m", __package__, "--measure", str(count)]
        measured: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        each.append(measured["first"] / count)
        print(
            f"audit of {count:>5,} made-up minions: {measured['first'] * 1000 / count:.1f} ms each, unchanged"
            f" {measured['unchanged'] * 1000 / count:.1f} ms each, peak memory {measured['peak']} MB",
            flush=True,
        )
    return ["time grows faster than the fleet"] if each[-1] > each[0] * GOAL_GROWTH else []


def _hosts(options: argparse.Namespace) -> list[str]:
    missed = []
    try:
        with (
            tempfile.TemporaryDirectory(prefix="zhengban-bench-") as folder,
            open_office(Path(folder), NUMBERS) as office,
        ):
            office.run("enforce")
            for way, settings, events in (
                ("engine", ENGINE, options.events),
                ("reactor", REACTOR, options.reactor_events),
            ):
                office.restart_master(**settings)
                median = _trials(office, way, options.trials)
                if median > GOAL_SECONDS:
                    missed.append(f"the median through the {way} is over {GOAL_SECONDS:.0f} s")
                if way == "engine":
                    missed += _burst_for_engine(office, events)
                else:
                    missed += _burst_for_reactor(office, events)
    except LabUnavailable as err:
        return [f"no hosts for Salt: {err}"]
    return missed


def _trials(office: SaltOffice, way: str, trials: int) -> float:
    """Seconds from the end of a user's dpkg to the record, on one minion after the other."""
    seconds = []
    for trial in range(trials):
        number = NUMBERS[trial % len(NUMBERS)]
        # Not in step with the passes of the beacon.
        time.sleep(0.13 * (trial % 7))
        office.install(number)
        started = time.monotonic()
        office.wait_for_removal(number)
        seconds.append(time.monotonic() - started)
    print(
        f"{way}: {trials} trials from dpkg's end to the record: median {statistics.median(seconds):.2f} s,"
        f" {min(seconds):.2f} to {max(seconds):.2f} s",
        flush=True,
    )
    return statistics.median(seconds)


def _burst_for_engine(office: SaltOffice, events: int) -> list[str]:
    names = [host.name for host in office.hosts.values()]
    looked = office.lab.listen("zhengban/looked")
    for number in NUMBERS[:2]:
        office.install(number)
    started = time.monotonic()
    office.lab.burst([f"salt/beacon/{names[count % len(names)]}/zhengban/changed" for count in range(events)])
    fired = time.monotonic() - started
    answered, runs = 0, list[str]()
    while answered < events and time.monotonic() - started < 300:
        for event in looked():
            answered += sum(event["hints"].values())
            runs += event["runs"]
        time.sleep(0.05)
    seconds = time.monotonic() - started
    office.wait_for_removal(*NUMBERS[:2])
    sound = not office.ledger.verify()
    # A run's id begins with the moment it began: one after the other, so the looks at each minion are in order too.
    began = [run.split("-")[0] for run in runs]
    in_order = began == sorted(began)
    print(
        f"engine: {events:,} events fired in {fired:.1f} s, answered after {seconds:.1f} s by {len(runs)} runs,"
        f" {'one after the other' if in_order else 'OUT OF ORDER'}, {max(0, events - answered)} lost;"
        f" ledger {'sound' if sound else 'NOT SOUND'}",
        flush=True,
    )
    return [
        *(["the engine lost events"] if answered < events else []),
        *([] if in_order else ["the engine's runs were out of order"]),
        *([] if sound else ["the ledger is not sound after the burst"]),
    ]


def _burst_for_reactor(office: SaltOffice, events: int) -> list[str]:
    names = [host.name for host in office.hosts.values()]
    ended = office.lab.listen("salt/run/")
    started = time.monotonic()
    office.lab.burst([f"salt/beacon/{names[count % len(names)]}/zhengban/changed" for count in range(events)])
    done, codes = 0, dict[int, int]()
    last = started
    while done < events and time.monotonic() - last < 60:
        for event in ended():
            if event.get("fun") == "runner.zhengban.enforce" and "return" in event:
                done, last = done + 1, time.monotonic()
                code = event["return"].get("retcode", -1) if isinstance(event["return"], dict) else -1
                codes[code] = codes.get(code, 0) + 1
        time.sleep(0.05)
    seconds = time.monotonic() - started
    print(
        f"reactor: {events:,} events, {done:,} runs in {seconds:.1f} s ({done / seconds:.1f} a second), exit codes"
        f" {codes}; at that rate 3,000 events take {3000 * seconds / max(done, 1) / 60:.0f} min (extrapolated)",
        flush=True,
    )
    # How many it manages is stated, not promised; what it does manage ends well.
    return ["runs of the reactor failed"] if set(codes) - {0} else []


if __name__ == "__main__":
    sys.exit(main())
