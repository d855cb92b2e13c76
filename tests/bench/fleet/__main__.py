# SPDX-License-Identifier: Apache-2.0
"""An audit with nothing to do against a playbook with ``package_facts`` alone, over the same hosts, side by side.

Light hosts, made with namespaces, with real dpkg databases. Run as ``python -m tests.bench.fleet``; exit 1 when the
audit is slower. Source: DESIGN 12.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lab.ansible import ansible_environment_in
from tests.lab.chroot import ChrootRuntime
from tests.lab.hosts import Lab
from tests.lab.image import Recipe
from tests.lab.office import enforce_everything
from tests.lab.workspace import assemble_workspace

# The peer reads dpkg's packages through this; ours needs nothing.
WITH_PEER = Recipe(packages=("python3-apt",))
PEER = [{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.package_facts": {}}]}]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet", description=__doc__)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhengban-bench-") as folder, Lab(ChrootRuntime()) as lab:
        numbers = [f"PC-{number:04}" for number in range(1001, 1001 + options.hosts)]
        hosts = lab.start((number.lower() for number in numbers), recipe=WITH_PEER)
        root = assemble_workspace(Path(folder) / "workspace", lab=lab, computers=dict(zip(numbers, hosts, strict=True)))
        # Nothing to do: what is found is reported only.
        enforce_everything(root, mode="audit", actions={})
        (root / "peer.yml").write_text(json.dumps(PEER), encoding="utf-8")
        # The peer needs no register to be read: a plain inventory is the faster one.
        plain = {"all": {"hosts": {host.name: {} for host in hosts}, "vars": lab.ssh_variables()}}
        (root / "plain.json").write_text(json.dumps(plain), encoding="utf-8")
        commands = {
            "audit": ["-i", "inventories/hosts.yml", "zhengban.baseline.audit"],
            "package_facts": ["-i", "plain.json", "peer.yml"],
        }
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for number in range(options.rounds + 1):
            for name in sorted(commands, reverse=bool(number % 2)):
                took = _run(root, [*commands[name], "--forks", str(options.forks)])
                # The first round reads the facts, and opens the connections' sockets.
                if number:
                    measured[name].append(took)
    return _show(measured, options)


def _run(root: Path, arguments: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor, of one ansible-playbook run with its workers."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        ["ansible-playbook", *arguments],
        cwd=root,
        env={**ansible_environment_in(root.parent), "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal"},
        capture_output=True,
        text=True,
    )
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout[-4000:] + done.stderr[-4000:])
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _show(measured: dict[str, list[tuple[float, float]]], options: argparse.Namespace) -> int:
    print(f"{options.hosts} hosts, {options.forks} forks, {options.rounds} rounds, {os.cpu_count()} cores; medians:")
    clock = {name: statistics.median(one[0] for one in rounds) for name, rounds in measured.items()}
    for name, rounds in measured.items():
        print(
            f"  {name}: {clock[name]:.1f} s, controller's processor {statistics.median(one[1] for one in rounds):.1f} s"
        )
    ratio = clock["audit"] / clock["package_facts"]
    print(f"  the audit takes {ratio:.2f} of the time (goal: not more than 1)")
    return int(ratio > 1)


if __name__ == "__main__":
    sys.exit(main())
