# SPDX-License-Identifier: Apache-2.0
"""What the guard costs: ``apt-get install`` of one small package and of 200, with it and without it, side by side.

Run as ``python -m tests.bench.guard``; exit 1 when a goal is missed. Source: DESIGN 10.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.golden.workspace import make_workspace
from tests.hosts.guarded import Guarded, table_of
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab, choose_runtime
from tests.lab.repository import Deb, build_repository
from tests.lab.workspace import REPOSITORY_ROOT

GOAL_MS = 50.0
GOAL_PERCENT = 5.0
MANY = 200
RULES, BASE = 200, 500
"""Entries of the software lists and names of the base list: those of an office with a large policy."""

# Runs on the host, so that entering it is not measured. What was installed goes away between two measurements.
PROGRAM = """
import json, os, resource, subprocess, sys, time
rounds, names = json.load(sys.stdin)
hooks = ("/etc/dpkg/dpkg.cfg.d/zhengban-guard", "/etc/apt/apt.conf.d/99zhengban-guard")
apt = ["apt-get", "-qq", "-y", "-o", "Dpkg::Use-Pty=0"]

def switch(on):
    for hook in hooks:
        aside = os.path.join("/root", os.path.basename(hook))
        source, target = (aside, hook) if on else (hook, aside)
        if os.path.exists(source):
            os.rename(source, target)

def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), usage.ru_utime + usage.ru_stime

def run(*arguments):
    began = used()
    subprocess.run([*apt, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [after - before for before, after in zip(began, used())]

seconds = {True: [], False: []}
for number in range(rounds + 1):
    for on in ((True, False), (False, True))[number % 2]:
        switch(on)
        took = run("install", *names)
        switch(False)
        run("purge", *names)
        if number:
            seconds[on].append(took)
switch(True)
print(json.dumps([seconds[True], seconds[False]]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.guard", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="of one package")
    parser.add_argument("--many-rounds", type=int, default=11, help=f"of {MANY} packages")
    options = parser.parse_args()
    names = [f"bulk{number}" for number in range(MANY)]
    with tempfile.TemporaryDirectory(prefix="zhengban-bench-") as folder, Lab(choose_runtime()) as lab:
        Path(folder).chmod(0o755)
        debs = [Deb(name=name, version="1.0") for name in ("small", "required", "recorded", "paint", *names)]
        (host,) = lab.start(["guard-bench"], repository=build_repository(Path(folder) / "repository", debs))
        guarded = Guarded(host, pack_host_code(REPOSITORY_ROOT / "collections/ansible_collections/zhengban/baseline"))
        answer = guarded.install(table_of(make_workspace(Path(folder) / "workspace", _policy())))
        assert answer["doors"]["apt"] == answer["doors"]["dpkg"] == "shut", answer
        one = _measure(guarded, options.rounds, ["small"])
        many = _measure(guarded, options.many_rounds, names)
    missed = []
    if one[0] > GOAL_MS:
        missed.append(f"one package costs {one[0]:.0f} ms, the goal is {GOAL_MS:g}")
    if many[1] > GOAL_PERCENT:
        missed.append(f"{MANY} packages cost {many[1]:.1f} %, the goal is {GOAL_PERCENT:g}")
    if missed:
        print(f"Missed: {'; '.join(missed)}", file=sys.stderr)
    return bool(missed)


def _measure(guarded: Guarded, rounds: int, names: Sequence[str]) -> tuple[float, float]:
    """(milliseconds, percent) that the guard adds to an installation: the median of the differences of each round.

    The processor's time is shown beside it: on a busy machine the clock measures the others.
    """
    done = guarded.host.run(["python3", "-c", PROGRAM], input=json.dumps([rounds, names]), check=True, timeout=3600)
    each_with, each_without = json.loads(done.stdout)
    added, percent = 0.0, 0.0
    for place, what in ((1, "of the processor"), (0, "by the clock")):
        pairs = [(one[place] * 1000, other[place] * 1000) for one, other in zip(each_with, each_without, strict=True)]
        without = statistics.median(other for _one, other in pairs)
        added = statistics.median(one - other for one, other in pairs)
        percent = added / without * 100
        print(
            f"apt-get install of {len(names):>3} packages, {rounds} rounds, {what}: {without:.0f} ms without the guard,"
            f" with it {added:+.0f} ms, {percent:+.1f} %",
            flush=True,
        )
    return added, percent


def _policy() -> str:
    rules = "".join(
        f"- {{name: Software {number}, number: FREE-1{number:03}, type: free, category: other, vendor: Lab,"
        f" made_in: domestic, packages: [{{manager: dpkg, name: software-{number}, versions: '>=1, <2'}}]}}\n"
        for number in range(RULES)
    )
    base = ", ".join(f"package-{number}" for number in range(BASE))
    return f"""\
baseline:
  name: office
  mode: enforce
  guard: {{mode: enforce, message: 信息中心}}
software:
- {{name: Debian, number: FREE-0001, type: free, category: os, vendor: Debian, made_in: foreign,
   packages: [{{manager: platform, name: debian, versions: ">=12, <13"}}]}}
- {{name: Small, number: FREE-0002, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{{manager: dpkg, name: small}}, {{manager: dpkg, name: "bulk*"}}]}}
{rules}platforms:
- {{number: FREE-0001, manager: dpkg, base: {{names: [{base}]}}}}
"""


if __name__ == "__main__":
    sys.exit(main())
