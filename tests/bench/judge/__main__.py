# SPDX-License-Identifier: Apache-2.0
"""Judge a made-up fleet: the processor's time and the memory that takes, and the time regorus needs for the same.

Run as ``python -m tests.bench.judge``; exit 1 when a goal is missed. Source: DESIGN 12.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from zhengban.judge import judge
from zhengban.model.facts import read_facts
from zhengban.policy.compile import PolicyCompiler

from .fleet import Fleet

TODAY = dt.date(2026, 11, 23)

GOAL_SECONDS = 60.0
GOAL_RATIO = 5.0
GOAL_GROWTH = 1.25
"""How much more memory ten times the computers may take; the register itself is ten times as long."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.judge", description=__doc__)
    parser.add_argument("--computers", type=int, default=10_000)
    parser.add_argument("--packages", type=int, default=2_000)
    parser.add_argument("--compared", type=int, default=1_000, help="how many of them regorus judges too")
    parser.add_argument("--measure", choices=(_alone.__name__, _side_by_side.__name__), help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if options.measure:
        measure = _alone if options.measure == _alone.__name__ else _side_by_side
        print(json.dumps(measure(options.computers, options.packages)))
        return 0
    print(f"one core of {_processor()}, Python {platform.python_version()}", flush=True)
    return _report(options)


def _report(options: argparse.Namespace) -> int:
    few, many = (
        _in_a_process(_alone.__name__, computers, options.packages)
        for computers in (options.computers // 10, options.computers)
    )
    for measured in (few, many):
        each = measured["seconds"] * 1000 / measured["computers"]
        print(
            f"{measured['computers']:>6,} computers x {options.packages:,} packages, {measured['bytes'] / 1e6:,.0f} MB"
            f" of facts: {measured['seconds']:.1f} s ({each:.2f} ms each; read {measured['reading']:.1f} s, compile"
            f" {measured['compiling']:.1f} s, judge {measured['judging']:.1f} s), peak memory {measured['peak']} MB"
        )
    print(f"       findings: {many['findings']}", flush=True)
    both = _in_a_process(_side_by_side.__name__, options.compared, options.packages)
    ratio = both["theirs"] / both["ours"]
    per = 1000 / both["computers"]
    print(
        f"{both['computers']:>6,} computers side by side: zhengban {both['ours'] * per:.2f} ms each, regorus"
        f" {both['theirs'] * per:.2f} ms each: {ratio:.1f} times faster; {both['findings']:,} findings,"
        f" {both['different']} computers judged differently"
    )
    missed = [
        text
        for text, is_missed in (
            (f"over {GOAL_SECONDS:.0f} s", many["seconds"] > GOAL_SECONDS),
            ("memory grows with the fleet", many["peak"] > few["peak"] * GOAL_GROWTH),
            (f"less than {GOAL_RATIO:.0f} times as fast as regorus", ratio < GOAL_RATIO),
            ("regorus decides otherwise", both["different"] > 0),
        )
        if is_missed
    ]
    if missed:
        print(f"Missed: {'; '.join(missed)}", file=sys.stderr)
    return bool(missed)


def _in_a_process(measure: str, computers: int, packages: int) -> dict[str, Any]:
    """Measure in a new process: the peak of its memory is that of nothing else."""
    command = [sys.executable, "-m", __package__, "--measure", measure]
    command += ["--computers", str(computers), "--packages", str(packages)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    measured: dict[str, Any] = json.loads(answer.stdout)
    return measured


def _alone(computers: int, packages: int) -> dict[str, Any]:
    """Judge every computer; making its document does not count, reading it does."""
    fleet = Fleet(computers, packages)
    reading = compiling = judging = size = 0.0
    findings: Counter[str] = Counter()
    started = time.process_time()
    compiler = PolicyCompiler(fleet.policy, fleet.register)
    compiling += time.process_time() - started
    for computer, document in fleet.documents():
        started = time.process_time()
        facts = read_facts(document, source=computer.number)
        read = time.process_time()
        compiled = compiler.for_computer(computer)
        ready = time.process_time()
        assessment = judge(compiled, computer, facts, today=TODAY)
        judged = time.process_time()
        reading, compiling, judging = reading + read - started, compiling + ready - read, judging + judged - ready
        size += len(document)
        findings.update(finding.code for finding in assessment.findings)
    return {
        "computers": computers,
        "seconds": reading + compiling + judging,
        "reading": reading,
        "compiling": compiling,
        "judging": judging,
        "bytes": size,
        "findings": ", ".join(f"{count:,} {code}" for code, count in sorted(findings.items())),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _side_by_side(computers: int, packages: int) -> dict[str, Any]:
    """Judge every computer twice, in turns. Preparing the policy counts for us and not for regorus."""
    from .peer import Peer, read_findings

    fleet = Fleet(computers, packages)
    peer = Peer(fleet.policy, fleet.register)
    compiler = PolicyCompiler(fleet.policy, fleet.register)
    findings = different = 0
    seconds = {"ours": 0.0, "theirs": 0.0}
    assessment, answer = None, ""
    for turn, (computer, document) in enumerate(fleet.documents()):
        # Whoever comes second finds the document in the processor's cache.
        for side in ("ours", "theirs") if turn % 2 else ("theirs", "ours"):
            started = time.process_time()
            if side == "ours":
                facts = read_facts(document, source=computer.number)
                assessment = judge(compiler.for_computer(computer), computer, facts, today=TODAY)
            else:
                answer = peer.judge(document)
            seconds[side] += time.process_time() - started
        assert assessment is not None
        found = {(item.code, item.package, item.version, item.number) for item in assessment.findings}
        findings += len(found)
        different += found != read_findings(answer)
    return {
        "computers": computers,
        **seconds,
        "findings": findings,
        "different": different,
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "an unknown processor")


if __name__ == "__main__":
    sys.exit(main())
