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
import json, os, subprocess, sys, time
rounds, names = json.load(sys.stdin)
hooks = ("/etc/dpkg/dpkg.cfg.d/zhengban-guard", "/etc/apt/apt.conf.d/99zhengban-guard")
apt = ["apt-get", "-qq", "-y", "-o", "Dpkg::Use-Pty=0"]

def switch(on):
    for hook in hooks:
        aside = os.path.join("/root", os.path.basename(hook))
        source, target = (aside, hook) if on else (hook, aside)
        if os.path.exists(source):
            os.rename(source, target)

def run(*arguments):
    began = time.perf_counter()
    subprocess.run([*apt, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began

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
    parser.add_argument("--many-rounds", type=int, default=5, help=f"of {MANY} packages")
    options = parser.parse_args()
    names = [f"bulk{number}" for number in range(MANY)]
    with tempfile.TemporaryDirectory(prefix="zhengban-bench-") as folder, Lab(choose_runtime()) as lab:
        Path(folder).chmod(0o755)
        debs = [Deb(name=name, version="1.0") for name in ("small", "required", "recorded", *names)]
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
    """(milliseconds, percent) that the guard adds to an installation, by the medians."""
    done = guarded.host.run(["python3", "-c", PROGRAM], input=json.dumps([rounds, names]), check=True, timeout=3600)
    with_guard, without = (statistics.median(seconds) * 1000 for seconds in json.loads(done.stdout))
    added, percent = with_guard - without, (with_guard / without - 1) * 100
    print(
        f"apt-get install of {len(names):>3} packages, median of {rounds}: {with_guard:.0f} ms with the guard,"
        f" {without:.0f} ms without: {added:+.0f} ms, {percent:+.1f} %",
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
